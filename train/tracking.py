"""Experiment trackers through accelerate: tensorboard, wandb, trackio; never asking for an account."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import UserError
from curate.schemas.options.train import Tracker, TrainOptions
from curate.schemas.training_artifacts import EvaluationEvent, Event, SpeedEvent, StepEvent
from curate.train.dashboard import Reporter

if TYPE_CHECKING:
    from accelerate import Accelerator


class Tracked:
    """A reporter that passes everything on, and numbers to the tracker as well."""

    def __init__(self, inner: Reporter, accelerator: Accelerator) -> None:
        self._inner = inner
        self._accelerator = accelerator

    def show(self, event: Event) -> None:
        """Show the event, and log its numbers."""
        self._inner.show(event)
        if values := _numbers(event):
            self._accelerator.log(values, step=event.step)

    def say(self, line: str) -> None:
        """Pass the line on."""
        self._inner.say(line)

    def close(self) -> None:
        """Finish the tracker's run."""
        self._inner.close()
        self._accelerator.end_training()


def tracked(
    inner: Reporter, accelerator: Accelerator, options: TrainOptions, folder: Path
) -> Reporter:
    """`inner`, or one that logs to the chosen tracker as well, with files under the run's folder.

    Raises:
        UserError: the tracker is not installed.
    """
    if options.tracker is None:
        return inner
    name = options.tracker.value
    if importlib.util.find_spec(name) is None:
        raise UserError(f"--tracker {name}: not installed; `pip install {name}`")
    if options.tracker is Tracker.WANDB and "WANDB_API_KEY" not in os.environ:
        os.environ.setdefault("WANDB_MODE", "offline")  # it would ask for an account
    from accelerate.utils import ProjectConfiguration

    accelerator.project_configuration = ProjectConfiguration(
        project_dir=str(folder), logging_dir=str(folder / "tracker")
    )
    accelerator.log_with = [name]
    config = {
        k: v for k, v in options.model_dump(mode="json").items() if isinstance(v, str | int | float)
    }
    accelerator.init_trackers(folder.name, config=config)
    return Tracked(inner, accelerator)


def _numbers(event: Event) -> dict[str, Any]:
    match event:
        case StepEvent():
            return {
                "train/loss": event.loss,
                "train/learning_rate": event.learning_rate,
                "train/gradient_norm": event.gradient_norm,
                **{f"train/{name}": value for name, value in event.metrics.items()},
            }
        case EvaluationEvent():
            verdict = event.verdict
            values = {
                "validation/loss": event.val_loss,
                "probe/loss": event.probe_loss,
                "validation/gap": verdict.gap,
                "validation/accuracy": verdict.val_accuracy,
                "validation/metric": verdict.metric,
                **{f"validation/{name}": value for name, value in event.metrics.items()},
            }
            return {name: value for name, value in values.items() if value is not None}
        case SpeedEvent():
            return {
                "speed/tokens_per_second": event.tokens_per_second,
                "speed/memory_gib": event.memory_bytes / 2**30,
            }
        case _:
            return {}
