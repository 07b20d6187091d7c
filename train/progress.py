"""What the watch measures at one evaluation, and what it remembers of the others.

A yardstick says what decides (the validation loss, or a task metric), `Measured` holds the
comparisons of one evaluation with earlier ones, `Progress` what lasts between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from curate.schemas.options.watch import DecideBy, WatchOptions
from curate.train.evaluations import Evaluation, ExampleLosses
from curate.train.intervals import Estimate, difference, paired_change, student_quantile

# One-sided level at which a gain counts (z of about 2): a false gain only delays a verdict.
GAIN_ALPHA = 0.025
# Power behind "smallest detectable": seen in four cases of five.
_POWER = 0.8
# A change of a task metric (on a scale from 0 to 1) that matters.
_SMALLEST_METRIC_CHANGE = 0.05


def loss_change(before: ExampleLosses, after: ExampleLosses) -> Estimate:
    """The paired, token-weighted change of a loss; positive is a rise."""
    return paired_change(before.nll, after.nll, after.weights)


def metric_change(before: Evaluation, after: Evaluation) -> Estimate:
    """The paired change of the task metric; positive is better.

    Raises:
        ValueError: one of the two has no metric.
    """
    if before.metric is None or after.metric is None:
        raise ValueError("an evaluation has no task metric")
    ones = np.ones_like(after.metric.scores)
    return paired_change(before.metric.scores, after.metric.scores, ones)


@dataclass(frozen=True)
class Yardstick:
    """What decides which step is best: the validation loss, or a task metric."""

    options: WatchOptions
    name: str

    @classmethod
    def of(cls, options: WatchOptions, first: Evaluation) -> Yardstick:
        """The yardstick that the options ask for, named after what `first` measured."""
        if options.decide_by is DecideBy.METRIC and first.metric is not None:
            return cls(options, first.metric.name)
        return cls(options, "validation loss")

    @property
    def is_loss(self) -> bool:
        """Whether the loss decides."""
        return self.options.decide_by is DecideBy.LOSS

    @property
    def smallest(self) -> float:
        """The smallest change that matters: a share of the loss, or a difference of the metric."""
        return self.options.smallest_change if self.is_loss else _SMALLEST_METRIC_CHANGE

    def level(self, evaluation: Evaluation) -> float:
        """Its value at one evaluation."""
        if not self.is_loss and evaluation.metric is not None:
            return evaluation.metric.mean
        return evaluation.val.loss

    def show(self, evaluation: Evaluation) -> str:
        """The value, to four digits."""
        return f"{self.level(evaluation):.4g}"

    def matters(self, change: float, before: Evaluation) -> bool:
        """Whether a change from `before`, in either direction, is as large as what matters."""
        scale = self.level(before) if self.is_loss else 1.0
        return abs(change) >= self.smallest * scale

    def change(self, before: Evaluation, after: Evaluation) -> Estimate:
        """The paired change from one evaluation to a later one; positive is worse."""
        if self.is_loss:
            return loss_change(before.val, after.val)
        return -metric_change(before, after)


@dataclass(frozen=True)
class Measured:
    """The comparisons of one evaluation.

    change: the deciding quantity against the best step before; positive is worse.
    probe_change: the probe's loss against the same step.
    gap: fall of the probe minus fall of the validation set, since the first evaluation.
    smallest: the change that would be detected; relative for a loss, absolute for a metric.
    """

    now: Evaluation
    change: Estimate
    probe_change: Estimate
    gap: Estimate
    smallest: float

    @classmethod
    def of(
        cls, now: Evaluation, start: Evaluation, best: Evaluation, yardstick: Yardstick
    ) -> Measured:
        """Compare `now` with the first evaluation and with the best one."""
        change = yardstick.change(best, now)
        degrees = change.rows - 1
        quantile = student_quantile(0.975, degrees) + student_quantile(_POWER, degrees)
        scale = yardstick.level(best) if yardstick.is_loss else 1.0
        return cls(
            now=now,
            change=change,
            probe_change=loss_change(best.probe, now.probe),
            gap=difference(loss_change(start.val, now.val), loss_change(start.probe, now.probe)),
            smallest=quantile * change.se / scale if scale > 0 else math.inf,
        )

    def rows_needed(self, yardstick: Yardstick) -> int | None:
        """How many validation rows would show the smallest change that matters."""
        if not math.isfinite(self.smallest):
            return None
        return math.ceil(self.change.rows * (self.smallest / yardstick.smallest) ** 2)


@dataclass
class Progress:
    """What the watch remembers: the evaluations that later ones are compared with, and counts.

    `best` is the best by what decides, `other_best` the best by what does not (where both are
    measured), `gained` the last one significantly better than the one before it, `first_epoch`
    the first after a whole epoch, `recent` the last few, oldest first. `seen` does not count the
    first evaluation.
    """

    start: Evaluation
    best: Evaluation
    gained: Evaluation
    recent: list[Evaluation]
    other_best: Evaluation | None = None
    first_epoch: Evaluation | None = None
    leaked: int = 0
    seen: int = 0
    since_gain: int = 0
    worse_in_a_row: int = 0
    above_start_in_a_row: int = 0
