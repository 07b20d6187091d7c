"""Options of the overfitting watch; `curate train` has them all."""

from __future__ import annotations

from enum import StrEnum

from curate.schemas.options.base import Options, option


class DecideBy(StrEnum):
    """What says which step is best."""

    LOSS = "loss"
    METRIC = "metric"


class WatchOptions(Options):
    """When a run counts as overfitting, as stuck, or as beyond what its validation set can tell."""

    patience: int = option(
        2,
        "Stop when this many evaluations in a row are significantly worse than the best step.",
        ge=1,
    )
    stop_early: bool = option(
        True, "Stop when overfitting; without it, the verdict is given and training goes on."
    )
    stop_on_plateau: bool = option(False, "Stop, too, when the validation loss has stood still.")
    plateau_patience: int = option(
        3, "Evaluations without a significant gain after which the run is on a plateau.", ge=1
    )
    watch_alpha: float = option(
        0.05,
        "Chance of calling a run that does not change overfitting, over all of its evaluations.",
        gt=0,
        lt=0.5,
    )
    smallest_change: float = option(
        0.01,
        "Smallest change of the validation loss that matters, as a share of the loss; a "
        "validation set too small to see it makes the verdict inconclusive.",
        gt=0,
        lt=1,
    )
    decide_by: DecideBy = option(
        DecideBy.LOSS,
        "What says which step is best: the validation loss, or the task metric on generated answers.",
    )
