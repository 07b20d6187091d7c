"""The gradients of the learnt weights: one flat buffer, cleared, summed and clipped as a whole.

Each parameter's `.grad` is a view of the buffer for as long as the run lasts. Clearing is one
operation instead of one a parameter, exchanging them between processes is one all-reduce without
copies, and their addresses stay what they are, which CUDA graphs (`curate.train.graphs`) rely on.
Weights that are cut up over processes (FSDP2) keep gradients of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import distributed, nn
from torch.distributed.tensor import DTensor

# NCCL and gloo work on an exchange in pieces of their own; this only bounds what one call names.
_PIECE = 256 << 20


class Gradients:
    """The gradients of `parameters`, those that are learnt."""

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        learnt = [p for p in parameters if p.requires_grad]
        self._sharded = [p for p in learnt if isinstance(p, DTensor)]
        self._whole = [p for p in learnt if not isinstance(p, DTensor)]
        self._buffers: list[torch.Tensor] = []
        for key in dict.fromkeys((p.dtype, p.device) for p in self._whole):
            self._lay_out([p for p in self._whole if (p.dtype, p.device) == key])

    def _lay_out(self, parameters: list[nn.Parameter]) -> None:
        first = parameters[0]
        buffer = torch.zeros(
            sum(p.numel() for p in parameters), dtype=first.dtype, device=first.device
        )
        views = buffer.split([p.numel() for p in parameters])
        for parameter, view in zip(parameters, views, strict=True):
            parameter.grad = view.view_as(parameter)
        self._buffers.append(buffer)

    def clear(self) -> None:
        """Set all to zero."""
        for buffer in self._buffers:
            buffer.zero_()
        for parameter in self._sharded:
            parameter.grad = None

    def sum_over_processes(self) -> None:
        """Add up those of replicated weights; sharded ones were added in the backward pass."""
        for buffer in self._buffers:
            for piece in buffer.split(_PIECE):
                distributed.all_reduce(piece)

    def clip(self, max_norm: float) -> torch.Tensor:
        """Scale all so that their norm is at most `max_norm` (0: any); returns the norm before.

        Squares are summed in float64, so that the norm does not depend on how weights are cut up.
        """
        total = sum((_square(b) for b in self._buffers), torch.zeros(()))
        parts = [p.grad.to_local() for p in self._sharded if isinstance(p.grad, DTensor)]
        if self._sharded:
            mine = torch.stack([_square(part) for part in parts]).sum()
            distributed.all_reduce(mine)
            total = total.to(mine.device) + mine
        norm = total.sqrt().float()
        if max_norm:
            scale = torch.clamp(max_norm / (norm + 1e-6), max=1.0)  # as clip_grad_norm_ does
            for grad in (*self._buffers, *parts):
                grad.mul_(scale)
        return norm


def _square(tensor: torch.Tensor) -> torch.Tensor:
    """The sum of squares."""
    exact = torch.float32 if tensor.device.type == "mps" else torch.float64
    squares: torch.Tensor = torch.linalg.vector_norm(tensor, dtype=exact).square()
    return squares
