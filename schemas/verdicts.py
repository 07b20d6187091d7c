"""What the overfitting watch says of a run, at one evaluation or at the end."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class VerdictName(StrEnum):
    """How the run stands."""

    WARMING_UP = "warming-up"
    IMPROVING = "improving"
    PLATEAU = "plateau"
    MEMORISING = "memorising"
    OVERFITTING = "overfitting"
    OVER_OPTIMISING = "over-optimising"
    UNDERFITTING = "underfitting"
    UNSTABLE = "unstable"
    DIVERGED = "diverged"
    LEAK_SUSPECTED = "leak-suspected"
    INCONCLUSIVE = "inconclusive"


class Verdict(BaseModel):
    """One verdict, and the numbers it rests on.

    Losses are in nats per labelled token, over all labelled tokens of the rows measured. `gap`
    is how much more the train probe has fallen since the first evaluation than the validation
    set; `change` is the deciding quantity now minus its value at the best step before this
    evaluation, positive for worse. Intervals are two-sided at 95%. `smallest_detectable` is the
    relative change that this validation set shows in four of five cases; `rows_needed` is how
    many rows would show the change that matters, where it is too small for that. A number that
    could not be measured is None. `warning` names a known failure of the method when it shows.
    """

    model_config = ConfigDict(frozen=True)

    name: VerdictName
    step: int
    epoch: float
    evidence: str
    stop: bool = False
    best_step: int
    val_loss: float | None = None
    probe_loss: float | None = None
    val_accuracy: float | None = None
    metric: float | None = None
    gap: float | None = None
    gap_interval: tuple[float, float] | None = None
    change: float | None = None
    change_interval: tuple[float, float] | None = None
    smallest_detectable: float | None = None
    rows_needed: int | None = None
    disagreement: str | None = None
    warning: str | None = None
