"""How fast a run is, and how much memory it takes."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import torch

from curate.schemas.training_artifacts import SpeedEvent
from curate.train.flops import TokenCost, peak_flops

if TYPE_CHECKING:
    from accelerate import Accelerator


class Speedometer:
    """Tokens and seconds of training since the last reading."""

    def __init__(self) -> None:
        self.seconds, self.tokens, self.units = 0.0, 0, 0

    def add(self, seconds: float, tokens: int, units: int) -> None:
        self.seconds, self.tokens, self.units = (
            self.seconds + seconds,
            self.tokens + tokens,
            self.units + units,
        )

    def event(self, step: int, cost: TokenCost, accelerator: Accelerator) -> SpeedEvent | None:
        """The speed since the last call; None when nothing was trained."""
        if not self.tokens:
            return None
        flops = cost.total(self.tokens, self.units) / self.seconds / accelerator.num_processes
        peak = peak_flops(accelerator.device)
        event = SpeedEvent(
            step=step,
            seconds=self.seconds,
            tokens_per_second=self.tokens / self.seconds,
            memory_bytes=_peak_memory(accelerator.device),
            flops_per_second=flops,
            flops_share=flops / peak if peak else None,
        )
        self.seconds, self.tokens, self.units = 0.0, 0, 0
        return event


def _peak_memory(device: torch.device) -> int:
    """Most bytes in use so far: the GPU's, else the process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
