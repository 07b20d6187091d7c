"""The overfitting watch: from paired per-example losses to a verdict with its evidence.

The deciding quantity (validation loss, or a task metric with its sign turned) is compared with its
value at the best step *on the same examples*, so that what makes one example harder than another
cancels. The gap between validation set and train probe is measured relative to the first
evaluation, so that a validation set that is merely harder shows no gap.

The best step is the lowest of all evaluations so far, which makes every later one look worse than
it is, and each evaluation is one more chance of a false alarm. Evaluation k is therefore tested at
`a / k` (Bonferroni over the steps that could have been the best), and it takes `patience` such
evaluations in a row; with these two, a run that does not change is stopped in less than `a` of
cases over 60 evaluations, by simulation. A single evaluation counts only at `a / (k k (k + 1))`:
over k steps and all evaluations together these levels sum to `a`. With `a` half of `watch_alpha`,
both together stay below `watch_alpha` (tests/train/test_watch.py simulates that).
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from curate.schemas.options.watch import DecideBy, WatchOptions
from curate.schemas.verdicts import Verdict, VerdictName
from curate.train.evaluations import Evaluation, ExampleLosses, TaskScores
from curate.train.judging import DIVERGED_Z, Judgement, disagreement, judge, levels, twins
from curate.train.progress import (
    GAIN_ALPHA,
    Measured,
    Progress,
    Yardstick,
    loss_change,
    metric_change,
)

__all__ = ["Evaluation", "ExampleLosses", "TaskScores", "Watch"]

# How far, as a share, the probe's loss may have run ahead of the validation loss since the start for
# a run to count as underfitting. A share, because losses may fall to a twentieth.
_PROBE_AHEAD = 0.1

_EVALUATIONS = ("start", "best", "gained", "other_best", "first_epoch")
_COUNTS = ("leaked", "seen", "since_gain", "worse_in_a_row", "above_start_in_a_row")


class Watch:
    """Follows one run. `observe` each evaluation in order, the first one before any training.

    Args:
        options: thresholds.
        train_ids: ids of all training examples, when known; the probe's are always checked.
    """

    def __init__(self, options: WatchOptions, train_ids: Collection[str] = ()) -> None:
        self._options = options
        self._train_ids = frozenset(train_ids)
        self._progress: Progress | None = None
        self._last: Verdict | None = None

    @property
    def best_step(self) -> int:
        """The step whose weights should be kept: the best so far by what decides."""
        return self._progress.best.step if self._progress is not None else 0

    @property
    def last(self) -> Verdict | None:
        """The verdict at the last evaluation."""
        return self._last

    def observe(self, evaluation: Evaluation, warning: str | None = None) -> Verdict:
        """Take in the next evaluation, and say how the run stands.

        Args:
            evaluation: what was measured.
            warning: a known failure of the method that shows in it, in a sentence.

        Raises:
            ValueError: it measured other examples than the first, goes back in steps, or lacks
                the task metric that is to decide.
        """
        if self._options.decide_by is DecideBy.METRIC and evaluation.metric is None:
            raise ValueError("the task metric decides, but this evaluation has none")
        if self._progress is None:
            verdict = self._begin(evaluation)
        else:
            evaluation.require_same_examples(self._progress.start)
            if self._last is not None and evaluation.step <= self._last.step:
                raise ValueError(f"step {evaluation.step} came after step {self._last.step}")
            if evaluation.val.finite and evaluation.probe.finite:
                verdict = self._follow(evaluation, self._progress)
            else:
                verdict = _not_finite(evaluation, self.best_step)
        if warning is not None:
            evidence = f"{verdict.evidence} {warning}"
            verdict = verdict.model_copy(update={"evidence": evidence, "warning": warning})
        self._last = verdict
        return verdict

    def conclude(self, budget_exhausted: bool) -> Verdict:
        """The verdict on the whole run, once no evaluation follows.

        Args:
            budget_exhausted: the run ended because its steps were used up (not by the watch's own
                stop, nor by the user's).

        Raises:
            ValueError: nothing was observed.
        """
        if self._last is None or self._progress is None:
            raise ValueError("nothing was observed")
        if budget_exhausted and self._last.name is VerdictName.IMPROVING:
            self._last = self._ended_improving(self._last, self._progress)
        return self._last

    def _begin(self, first: Evaluation) -> Verdict:
        leaked = set(first.val.ids) & (self._train_ids | set(first.probe.ids))
        self._progress = Progress(
            start=first,
            best=first,
            gained=first,
            recent=[first],
            other_best=first if first.metric is not None else None,
            leaked=len(leaked),
        )
        if not (first.val.finite and first.probe.finite):
            return _not_finite(first, first.step)
        yardstick = Yardstick.of(self._options, first)
        name, evidence = (
            (VerdictName.LEAK_SUSPECTED, twins(len(leaked)))
            if leaked
            else (
                VerdictName.WARMING_UP,
                f"The {yardstick.name} is {yardstick.show(first)} before training.",
            )
        )
        return _verdict(Judgement(name, evidence), first, first.step)

    def _follow(self, now: Evaluation, progress: Progress) -> Verdict:
        yardstick = Yardstick.of(self._options, progress.start)
        measured = Measured.of(now, progress.start, progress.best, yardstick)
        _count(measured, progress, yardstick)
        judgement = judge(measured, progress, yardstick)
        best = progress.best
        _remember(now, progress, yardstick)
        # Only now: where this evaluation is the best of all, nothing disagrees with it.
        against = disagreement(now, best, progress, yardstick, judgement.name)
        evidence = judgement.evidence
        if progress.leaked and judgement.name is not VerdictName.LEAK_SUSPECTED:
            evidence += " " + twins(progress.leaked)
        if against:
            evidence += " " + against
        smallest = measured.smallest
        return _verdict(
            Judgement(judgement.name, evidence, judgement.stop),
            now,
            progress.best.step,
            gap=measured.gap.value,
            gap_interval=_finite(measured.gap.interval()),
            change=measured.change.value,
            change_interval=_finite(measured.change.interval()),
            smallest_detectable=smallest if math.isfinite(smallest) else None,
            rows_needed=measured.rows_needed(yardstick) if smallest > yardstick.smallest else None,
            disagreement=against,
        )

    def _ended_improving(self, last: Verdict, progress: Progress) -> Verdict:
        """`last`, told as the end of a run: underfitting where it was still clearly gaining.

        The gain has to be one that matters, over the last evaluations, and the probe must not
        have run ahead: a model that fits its training rows much better than others has not been
        trained too little.
        """
        yardstick = Yardstick.of(self._options, progress.start)
        start, earlier, now = progress.start, progress.recent[0], progress.recent[-1]
        gain = -yardstick.change(earlier, now)
        # Products, not ratios: a loss may be zero.
        even = now.probe.loss * start.val.loss
        fits_others_as_well = now.val.loss * start.probe.loss <= (1.0 + _PROBE_AHEAD) * even
        losses = f"validation {now.val.loss:.4g}, train probe {now.probe.loss:.4g}"
        fell = (
            f"the {yardstick.name} went from {yardstick.show(start)} to {yardstick.show(now)}, "
            f"from {yardstick.show(earlier)} since step {earlier.step}"
        )
        if (
            gain.exceeds_zero(GAIN_ALPHA)
            and yardstick.matters(gain.value, earlier)
            and fits_others_as_well
        ):
            evidence = (
                f"The steps were used up while it was still getting better: {fell} ({losses}). "
                "More steps or a higher learning rate would help."
            )
            name = VerdictName.UNDERFITTING
        else:
            evidence = f"The run ended at step {now.step} without harm: {fell} ({losses})."
            name = VerdictName.IMPROVING
        for also in (last.disagreement, last.warning):
            if also:
                evidence += " " + also
        return last.model_copy(update={"name": name, "evidence": evidence})

    def state_dict(self) -> dict[str, Any]:
        """Everything that later verdicts depend on, as JSON; floats survive exactly."""
        progress = self._progress
        if progress is None or self._last is None:
            return {"progress": None, "last": None}
        kept: dict[str, Any] = {name: getattr(progress, name) for name in _COUNTS}
        for name in _EVALUATIONS:
            evaluation: Evaluation | None = getattr(progress, name)
            kept[name] = evaluation.to_json() if evaluation is not None else None
        kept["recent"] = [evaluation.to_json() for evaluation in progress.recent]
        return {"progress": kept, "last": self._last.model_dump(mode="json")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`, with the options this watch was made with."""
        kept = state["progress"]
        if kept is None:
            self._progress = self._last = None
            return
        other, epoch = kept["other_best"], kept["first_epoch"]
        self._progress = Progress(
            start=Evaluation.from_json(kept["start"]),
            best=Evaluation.from_json(kept["best"]),
            gained=Evaluation.from_json(kept["gained"]),
            recent=[Evaluation.from_json(evaluation) for evaluation in kept["recent"]],
            other_best=Evaluation.from_json(other) if other is not None else None,
            first_epoch=Evaluation.from_json(epoch) if epoch is not None else None,
            **{name: int(kept[name]) for name in _COUNTS},
        )
        self._last = Verdict.model_validate(state["last"])


def _count(m: Measured, progress: Progress, yardstick: Yardstick) -> None:
    """Count evaluations, those since the last gain, and those in a row that are worse.

    A gain is significant, and at least half of a change that matters: small ones add up until
    they are.
    """
    options, now = yardstick.options, m.now
    progress.seen += 1
    gain = -yardstick.change(progress.gained, now)
    if gain.exceeds_zero(GAIN_ALPHA) and yardstick.matters(2.0 * gain.value, progress.gained):
        progress.gained, progress.since_gain = now, 0
    else:
        progress.since_gain += 1
    alone, repeated = levels(options, progress.seen)
    level = alone if options.patience == 1 else repeated
    overfits = m.change.exceeds_zero(level) and m.probe_change.value < 0.0
    progress.worse_in_a_row = progress.worse_in_a_row + 1 if overfits else 0
    above_start = (
        loss_change(progress.start.val, now.val).z > DIVERGED_Z
        and loss_change(progress.start.probe, now.probe).z > DIVERGED_Z
    )
    progress.above_start_in_a_row = progress.above_start_in_a_row + 1 if above_start else 0


def _remember(now: Evaluation, progress: Progress, yardstick: Yardstick) -> None:
    """Keep what later evaluations are compared with."""
    if yardstick.change(progress.best, now).value < 0.0:
        progress.best = now
    other = progress.other_best
    if other is not None and now.metric is not None:
        better = (
            metric_change(other, now).value > 0.0
            if yardstick.is_loss
            else loss_change(other.val, now.val).value < 0.0
        )
        progress.other_best = now if better else other
    if progress.first_epoch is None and now.epoch >= 1.0:
        progress.first_epoch = now
    progress.recent = [*progress.recent, now][-(yardstick.options.plateau_patience + 1) :]


def _not_finite(evaluation: Evaluation, best_step: int) -> Verdict:
    evidence = (
        f"A loss is not a finite number at step {evaluation.step}: the learning rate is too high, "
        "or a number overflowed."
    )
    judgement = Judgement(VerdictName.DIVERGED, evidence, stop=True)
    return _verdict(judgement, evaluation, best_step)


def _verdict(judgement: Judgement, now: Evaluation, best_step: int, **measured: Any) -> Verdict:
    finite = now.val.finite and now.probe.finite
    return Verdict(
        name=judgement.name,
        step=now.step,
        epoch=now.epoch,
        evidence=judgement.evidence,
        stop=judgement.stop,
        best_step=best_step,
        val_loss=now.val.loss if finite else None,
        probe_loss=now.probe.loss if finite else None,
        val_accuracy=now.val.accuracy,
        metric=now.metric.mean if now.metric is not None else None,
        **measured,
    )


def _finite(interval: tuple[float, float]) -> tuple[float, float] | None:
    return interval if all(math.isfinite(x) for x in interval) else None
