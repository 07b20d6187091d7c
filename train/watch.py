"""The overfitting watch: from paired per-example losses to a verdict with its evidence.

The deciding quantity (validation loss, or a task metric with its sign turned) is compared with its
value at the best step *on the same examples*, so that what makes one example harder than another
cancels. The gap between validation set and train probe is measured relative to the first
evaluation, so that a validation set that is merely harder shows no gap.

The best step is the lowest of all evaluations so far, which makes every later one look worse than
it is, and each evaluation is one more chance of a false alarm. Evaluation k is therefore tested at
`watch_alpha / k` (Bonferroni over the steps that could have been the best), and it takes
`patience` such evaluations in a row; with these two, a run that does not change is stopped in less
than `watch_alpha` of cases over 60 evaluations, by simulation (tests/train/test_watch.py). A
single evaluation counts only at `watch_alpha / (k (k + 1))`, which sums to `watch_alpha`.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from curate.schemas.options.watch import DecideBy, WatchOptions
from curate.schemas.verdicts import Verdict, VerdictName
from curate.train.evaluations import Evaluation, ExampleLosses, TaskScores
from curate.train.intervals import Estimate, difference, paired_change, student_quantile

__all__ = ["Evaluation", "ExampleLosses", "TaskScores", "Watch"]

# One-sided level at which a gain counts (z of about 2): a false gain only delays a verdict.
_GAIN_ALPHA = 0.025
# Both losses above the first evaluation's by this many standard errors, twice: diverged.
_DIVERGED_Z = 3.0
# Power behind "smallest detectable": seen in four cases of five.
_POWER = 0.8
# A change of a task metric (on a scale from 0 to 1) that matters.
_SMALLEST_METRIC_CHANGE = 0.05
# Leak statistic: after so many epochs, more than this share of the validation rows has fallen
# further, since the end of the first epoch, than the lower quartile of the probe's rows; the
# probe has fallen by at least this factor since then; the gap is at most this share of its fall.
_LEAK_EPOCHS = 3.0
_LEAK_SHARE = 0.5
_LEAK_FALL = 0.5
_LEAK_GAP = 0.1


@dataclass(frozen=True)
class _Measured:
    """The comparisons of one evaluation that the verdicts are made of."""

    now: Evaluation
    change: Estimate  # deciding quantity against the best step before; positive is worse
    probe_change: Estimate  # probe loss against the same step
    gap: Estimate  # fall of the probe minus fall of the validation set, since the first evaluation
    smallest: float  # relative change that would be detected


class Watch:
    """Follows one run. `observe` each evaluation in order, the first one before any training.

    Args:
        options: thresholds.
        train_ids: ids of all training examples, when known; the probe's are always checked.
    """

    def __init__(self, options: WatchOptions, train_ids: Collection[str] = ()) -> None:
        self._options = options
        self._train_ids = frozenset(train_ids)
        self._start: Evaluation | None = None
        self._best: Evaluation | None = None  # by what decides
        self._other_best: Evaluation | None = None  # by the metric where loss decides, or reverse
        self._gained: Evaluation | None = None  # the last one significantly better than before
        self._first_epoch: Evaluation | None = None
        self._recent: list[Evaluation] = []
        self._leaked = 0
        self._seen = 0
        self._since_gain = 0
        self._worse_in_a_row = 0
        self._above_start_in_a_row = 0
        self._last: Verdict | None = None

    @property
    def best_step(self) -> int:
        """The step whose weights should be kept: the best so far by what decides."""
        return self._best.step if self._best is not None else 0

    @property
    def last(self) -> Verdict | None:
        """The verdict at the last evaluation."""
        return self._last

    def observe(self, evaluation: Evaluation) -> Verdict:
        """Take in the next evaluation, and say how the run stands.

        Raises:
            ValueError: it measured other examples than the first, goes back in steps, or lacks
                the task metric that is to decide.
        """
        if self._options.decide_by is DecideBy.METRIC and evaluation.metric is None:
            raise ValueError("the task metric decides, but this evaluation has none")
        if self._start is None or self._best is None:
            self._last = self._begin(evaluation)
            return self._last
        evaluation.require_same_examples(self._start)
        if self._last is not None and evaluation.step <= self._last.step:
            raise ValueError(f"step {evaluation.step} was observed after step {self._last.step}")
        if not (evaluation.val.finite and evaluation.probe.finite):
            self._last = self._not_finite(evaluation)
            return self._last
        measured = self._measure(evaluation, self._start, self._best)
        self._count(measured)
        self._last = self._judge(measured)
        self._remember(evaluation)
        return self._last

    def conclude(self, budget_exhausted: bool) -> Verdict:
        """The verdict on the whole run, once no evaluation follows.

        Args:
            budget_exhausted: the run ended because its steps were used up (not by the watch's own
                stop, nor by the user's).

        Raises:
            ValueError: nothing was observed.
        """
        if self._last is None or self._start is None or self._best is None:
            raise ValueError("nothing was observed")
        last = self._last
        if last.stop or not budget_exhausted or last.name is not VerdictName.IMPROVING:
            return last
        now = self._recent[-1]
        earlier = self._recent[0]
        recent = self._change(earlier, now)
        share = -recent.value / abs(self._level(earlier) or 1.0)
        fall = self._start.probe.loss - now.probe.loss
        if not (
            (-recent).exceeds_zero(_GAIN_ALPHA)
            and share > self._options.smallest_change
            and (last.gap or 0.0) <= _LEAK_GAP * max(fall, 0.0)
        ):
            return last
        evidence = (
            f"The steps were used up while the {self._quantity} was still getting better: "
            f"{self._show(earlier)} at step {earlier.step}, {self._show(now)} at step {now.step}, "
            f"with a gap of only {last.gap:+.3f}. More steps or a higher learning rate would help."
        )
        self._last = last.model_copy(
            update={"name": VerdictName.UNDERFITTING, "evidence": evidence}
        )
        return self._last

    # -- measuring ---------------------------------------------------------------------------

    @property
    def _quantity(self) -> str:
        if self._options.decide_by is DecideBy.LOSS:
            return "validation loss"
        metric = self._start.metric if self._start is not None else None
        return metric.name if metric is not None else "task metric"

    def _level(self, evaluation: Evaluation) -> float:
        if self._options.decide_by is DecideBy.METRIC and evaluation.metric is not None:
            return evaluation.metric.mean
        return evaluation.val.loss

    def _show(self, evaluation: Evaluation) -> str:
        return f"{self._level(evaluation):.3f}"

    def _change(self, before: Evaluation, after: Evaluation) -> Estimate:
        """The deciding quantity's change; positive is worse."""
        if self._options.decide_by is DecideBy.METRIC:
            return -_metric_change(before, after)
        return _loss_change(before.val, after.val)

    def _measure(self, now: Evaluation, start: Evaluation, best: Evaluation) -> _Measured:
        change = self._change(best, now)
        quantile = student_quantile(0.975, change.rows - 1) + student_quantile(
            _POWER, change.rows - 1
        )
        scale = self._level(best) if self._options.decide_by is DecideBy.LOSS else 1.0
        return _Measured(
            now=now,
            change=change,
            probe_change=_loss_change(best.probe, now.probe),
            gap=difference(_loss_change(start.val, now.val), _loss_change(start.probe, now.probe)),
            smallest=quantile * change.se / scale if scale > 0 else math.inf,
        )

    @property
    def _smallest_that_matters(self) -> float:
        if self._options.decide_by is DecideBy.METRIC:
            return _SMALLEST_METRIC_CHANGE
        return self._options.smallest_change

    # -- the state that outlives one evaluation ----------------------------------------------

    def _begin(self, evaluation: Evaluation) -> Verdict:
        self._start = self._best = self._gained = evaluation
        self._recent = [evaluation]
        self._leaked = len(set(evaluation.val.ids) & (self._train_ids | set(evaluation.probe.ids)))
        if not (evaluation.val.finite and evaluation.probe.finite):
            return self._not_finite(evaluation)
        self._other_best = evaluation if evaluation.metric else None
        start = f"{self._show(evaluation)} before training"
        name, evidence = VerdictName.WARMING_UP, f"{self._quantity.capitalize()} is {start}."
        if self._leaked:
            name, evidence = VerdictName.LEAK_SUSPECTED, self._twins()
        return self._verdict(name, evidence, evaluation, None)

    def _count(self, measured: _Measured) -> None:
        assert self._start is not None and self._gained is not None
        options, now = self._options, measured.now
        self._seen += 1
        if (-self._change(self._gained, now)).exceeds_zero(_GAIN_ALPHA):
            self._gained, self._since_gain = now, 0
        else:
            self._since_gain += 1
        level = options.watch_alpha / self._seen
        if options.patience == 1:
            level /= self._seen + 1
        worse = measured.change.exceeds_zero(level)
        falling = measured.probe_change.value < 0.0
        self._worse_in_a_row = self._worse_in_a_row + 1 if worse and falling else 0
        above = all(
            _loss_change(before, after).z > _DIVERGED_Z
            for before, after in ((self._start.val, now.val), (self._start.probe, now.probe))
        )
        self._above_start_in_a_row = self._above_start_in_a_row + 1 if above else 0

    def _remember(self, now: Evaluation) -> None:
        assert self._best is not None
        if self._change(self._best, now).value < 0.0:
            self._best = now
        if self._other_best is not None and now.metric is not None:
            if self._options.decide_by is DecideBy.LOSS:
                better = _metric_change(self._other_best, now).value > 0.0
            else:
                better = now.val.loss < self._other_best.val.loss
            if better:
                self._other_best = now
        if self._first_epoch is None and now.epoch >= 1.0:
            self._first_epoch = now
        self._recent = [*self._recent, now][-(self._options.plateau_patience + 1) :]
        if self._last is not None:
            self._last = self._last.model_copy(update={"best_step": self._best.step})

    # -- judging -----------------------------------------------------------------------------

    def _judge(self, measured: _Measured) -> Verdict:
        name, evidence, stop = self._name(measured)
        if self._leaked and name is not VerdictName.LEAK_SUSPECTED:
            evidence += " " + self._twins()
        return self._verdict(name, evidence, measured.now, measured, stop=stop)

    def _name(self, m: _Measured) -> tuple[VerdictName, str, bool]:
        """Name, evidence and whether to stop: the first that applies, gravest first."""
        options = self._options
        assert self._start is not None and self._best is not None and self._gained is not None
        best, now, start = self._best, m.now, self._start
        losses = f"validation {now.val.loss:.3f}, train probe {now.probe.loss:.3f}"
        if self._above_start_in_a_row >= 2:
            evidence = (
                f"Both losses stand above where they began, twice in a row ({losses}; before "
                f"training {start.val.loss:.3f} and {start.probe.loss:.3f}): the learning rate is "
                "too high."
            )
            return VerdictName.DIVERGED, evidence, True
        worse = self._worse_in_a_row
        alone = options.watch_alpha / (self._seen * (self._seen + 1))
        if worse >= options.patience or (worse and m.change.exceeds_zero(alone)):
            return self._overfitting(m, best, worse)
        if self._leaked:
            return VerdictName.LEAK_SUSPECTED, self._twins(), False
        share = self._follows_the_probe(m)
        if share is not None:
            evidence = (
                f"After {now.epoch:.1f} epochs, {share:.0%} of the validation rows have fallen as "
                f"far as training rows do ({losses}): either rows of both sets are twins, or the "
                "task is so regular that nothing is left to memorise. Check with `curate lint "
                "--train FILE --val FILE --select DUP`."
            )
            return VerdictName.LEAK_SUSPECTED, evidence, False
        if m.change.exceeds_zero(_GAIN_ALPHA) and m.probe_change.exceeds_zero(_GAIN_ALPHA):
            evidence = (
                f"Both losses have risen since step {best.step} ({losses}; then "
                f"{best.val.loss:.3f} and {best.probe.loss:.3f}): the learning rate may be too "
                "high."
            )
            return VerdictName.UNSTABLE, evidence, False
        return self._calm(m, best)

    def _overfitting(
        self, m: _Measured, best: Evaluation, worse: int
    ) -> tuple[VerdictName, str, bool]:
        stop = self._options.stop_early and worse >= self._options.patience
        times = "" if worse == 1 else f", {worse} evaluations in a row"
        evidence = (
            f"The {self._quantity} is {self._show(m.now)}, {_by(m.change)} worse than its best "
            f"{self._show(best)} at step {best.step}{times}, while the train probe went on "
            f"falling ({best.probe.loss:.3f} to {m.now.probe.loss:.3f}). "
        )
        evidence += (
            f"Stopped; the weights of step {best.step} are kept."
            if stop
            else f"Step {best.step} is still the one to keep."
        )
        return VerdictName.OVERFITTING, evidence, stop

    def _calm(self, m: _Measured, best: Evaluation) -> tuple[VerdictName, str, bool]:
        """The verdicts that stop nothing, unless the user asked to stop on a plateau."""
        options, now = self._options, m.now
        assert self._gained is not None
        flat = self._flat(now)
        stop = options.stop_on_plateau and (flat or self._since_gain >= options.plateau_patience)
        gap = f"the gap is {m.gap.value:+.3f} ({_interval(m.gap)})"
        low, high = m.change.interval()
        if (
            m.gap.interval()[0] > 0.0
            and low < 0.0 < high
            and (-m.probe_change).exceeds_zero(_GAIN_ALPHA)
            and self._since_gain > 0
        ):
            evidence = (
                f"The train probe keeps falling ({best.probe.loss:.3f} to {now.probe.loss:.3f} "
                f"since step {best.step}) while the {self._quantity} does not follow "
                f"({_signed(m.change)}): {gap}."
            )
            return VerdictName.MEMORISING, evidence, stop
        if self._since_gain == 0 and not flat:
            evidence = (
                f"The {self._quantity} is {self._show(now)}, {_by(-m.change)} better than at step "
                f"{best.step}; {gap}."
                if m.change.value < 0.0
                else f"The {self._quantity} is {self._show(now)}, better than earlier; {gap}."
            )
            return VerdictName.IMPROVING, evidence, False
        if flat or (
            self._since_gain >= options.plateau_patience
            and m.smallest <= self._smallest_that_matters
        ):
            evidence = (
                f"The {self._quantity} has stood still at {self._show(now)}: {_signed(m.change)} "
                f"from step {best.step}, and no significant gain since step {self._gained.step}; "
                f"{gap}."
            )
            return VerdictName.PLATEAU, evidence, stop
        if self._since_gain < options.plateau_patience and self._gained.step > 0:
            evidence = (
                f"The {self._quantity} is {self._show(now)}; its last clear gain was at step "
                f"{self._gained.step}, {_evaluations(self._since_gain)} ago; {gap}."
            )
            return VerdictName.IMPROVING, evidence, False
        if self._seen < 2:
            evidence = (
                f"The {self._quantity} is {self._show(now)}, {_signed(m.change)} from step "
                f"{best.step}: too early to say."
            )
            return VerdictName.WARMING_UP, evidence, False
        if m.smallest <= self._smallest_that_matters:
            evidence = (
                f"The {self._quantity} has not moved: {_signed(m.change)} from step {best.step}."
            )
            return VerdictName.PLATEAU, evidence, stop
        return VerdictName.INCONCLUSIVE, self._too_small(m, best), stop

    def _flat(self, now: Evaluation) -> bool:
        """Whether the last `plateau_patience` evaluations surely changed by less than matters."""
        if len(self._recent) < self._options.plateau_patience:
            return False
        earlier = self._recent[-self._options.plateau_patience]
        low, high = self._change(earlier, now).interval()
        band = self._smallest_that_matters / 2.0
        if self._options.decide_by is DecideBy.LOSS:
            band *= self._level(earlier)
        return -band < low and high < band

    def _too_small(self, m: _Measured, best: Evaluation) -> str:
        percent, unit = self._smallest_that_matters, "%"
        if self._options.decide_by is DecideBy.METRIC:
            unit = " points"
        return (
            f"With {m.change.rows} validation rows, only a change of {100 * m.smallest:.1f}{unit} "
            f"or more would show; the {self._quantity} is {self._show(m.now)}, "
            f"{_signed(m.change)} from step {best.step}. To see a change of "
            f"{100 * percent:g}{unit}, it takes about {self._rows_needed(m)} rows."
        )

    def _rows_needed(self, m: _Measured) -> int | None:
        if not math.isfinite(m.smallest):
            return None
        return math.ceil(m.change.rows * (m.smallest / self._smallest_that_matters) ** 2)

    def _twins(self) -> str:
        rows = "1 validation row is" if self._leaked == 1 else f"{self._leaked} validation rows are"
        return (
            f"{rows} also in the training data, so the validation loss looks better than it is: "
            "see the DUP findings of `curate lint --train FILE --val FILE`, or split again with "
            "`curate split`."
        )

    def _follows_the_probe(self, m: _Measured) -> float | None:
        """The share of validation rows that fall as training rows do, where that is suspicious.

        What falls in the first epoch is learnt from other rows, so it says nothing; a row that
        goes on falling through the later epochs as the rows do that are being repeated was
        probably repeated itself.
        """
        since, now = self._first_epoch, m.now
        if since is None or now.epoch < _LEAK_EPOCHS:
            return None
        fall = -_loss_change(since.probe, now.probe).value
        if fall < _LEAK_FALL * since.probe.loss:
            return None
        later_gap = difference(
            _loss_change(since.val, now.val), _loss_change(since.probe, now.probe)
        )
        if later_gap.value > _LEAK_GAP * fall:
            return None
        quartile = np.quantile(_falls(since.probe, now.probe), 0.25)
        share = float((_falls(since.val, now.val) > quartile).mean())
        return share if share > _LEAK_SHARE else None

    def _not_finite(self, evaluation: Evaluation) -> Verdict:
        evidence = (
            f"A loss is not a finite number at step {evaluation.step}: the learning rate is too "
            "high, or a number overflowed."
        )
        return self._verdict(VerdictName.DIVERGED, evidence, evaluation, None, stop=True)

    def _disagreement(self, name: VerdictName, now: Evaluation) -> str | None:
        """What the measure that does not decide says against the one that does, if it does."""
        assert self._best is not None
        best, other = self._best, self._other_best
        if now.metric is not None and other is not None:
            others = [now, other]
            if self._options.decide_by is DecideBy.LOSS:
                for there in others:
                    gain = _metric_change(best, there)
                    if gain.exceeds_zero(_GAIN_ALPHA) and best.metric and there.metric:
                        return (
                            f"{now.metric.name} disagrees: it is {there.metric.mean:.3f} at step "
                            f"{there.step} against {best.metric.mean:.3f} at step {best.step}, "
                            "which has the best validation loss."
                        )
                return None
            for there in others:
                if (-_loss_change(best.val, there.val)).exceeds_zero(_GAIN_ALPHA):
                    return (
                        f"The validation loss disagrees: it is {there.val.loss:.3f} at step "
                        f"{there.step} against {best.val.loss:.3f} at step {best.step}, which has "
                        f"the best {now.metric.name}."
                    )
            return None
        if name is not VerdictName.OVERFITTING:
            return None
        hits = paired_change(
            best.val.hits.astype(np.float64), now.val.hits.astype(np.float64), now.val.weights
        )
        if not hits.exceeds_zero(_GAIN_ALPHA):
            return None
        return (
            f"Next-token accuracy disagrees: it rose from {best.val.accuracy:.3f} at step "
            f"{best.step} to {now.val.accuracy:.3f}; answers may still be getting better, which a "
            "task metric would show."
        )

    def _verdict(
        self,
        name: VerdictName,
        evidence: str,
        now: Evaluation,
        m: _Measured | None,
        *,
        stop: bool = False,
    ) -> Verdict:
        finite = now.val.finite and now.probe.finite
        disagreement = self._disagreement(name, now) if m is not None else None
        too_small = m is not None and m.smallest > self._smallest_that_matters
        return Verdict(
            name=name,
            step=now.step,
            epoch=now.epoch,
            evidence=f"{evidence} {disagreement}" if disagreement else evidence,
            stop=stop,
            best_step=self.best_step,
            val_loss=now.val.loss if finite else None,
            probe_loss=now.probe.loss if finite else None,
            val_accuracy=now.val.accuracy,
            metric=now.metric.mean if now.metric else None,
            gap=m.gap.value if m else None,
            gap_interval=_finite(m.gap.interval()) if m else None,
            change=m.change.value if m else None,
            change_interval=_finite(m.change.interval()) if m else None,
            smallest_detectable=m.smallest if m and math.isfinite(m.smallest) else None,
            rows_needed=self._rows_needed(m) if m and too_small else None,
            disagreement=disagreement,
        )

    # -- resume ------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Everything that later verdicts depend on, as JSON; floats survive exactly."""
        kept = {
            "start": self._start,
            "best": self._best,
            "other_best": self._other_best,
            "gained": self._gained,
            "first_epoch": self._first_epoch,
        }
        return {
            **{name: e.to_json() if e is not None else None for name, e in kept.items()},
            "recent": [e.to_json() for e in self._recent],
            "leaked": self._leaked,
            "seen": self._seen,
            "since_gain": self._since_gain,
            "worse_in_a_row": self._worse_in_a_row,
            "above_start_in_a_row": self._above_start_in_a_row,
            "last": self._last.model_dump(mode="json") if self._last is not None else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`, with the options this watch was made with."""

        def evaluation(name: str) -> Evaluation | None:
            return Evaluation.from_json(state[name]) if state[name] else None

        self._start = evaluation("start")
        self._best = evaluation("best")
        self._other_best = evaluation("other_best")
        self._gained = evaluation("gained")
        self._first_epoch = evaluation("first_epoch")
        self._recent = [Evaluation.from_json(e) for e in state["recent"]]
        self._leaked = state["leaked"]
        self._seen = state["seen"]
        self._since_gain = state["since_gain"]
        self._worse_in_a_row = state["worse_in_a_row"]
        self._above_start_in_a_row = state["above_start_in_a_row"]
        self._last = Verdict.model_validate(state["last"]) if state["last"] else None


def _loss_change(before: ExampleLosses, after: ExampleLosses) -> Estimate:
    return paired_change(before.nll, after.nll, after.weights)


def _metric_change(before: Evaluation, after: Evaluation) -> Estimate:
    if before.metric is None or after.metric is None:
        raise ValueError("an evaluation has no task metric")
    ones = np.ones_like(after.metric.scores)
    return paired_change(before.metric.scores, after.metric.scores, ones)


def _falls(before: ExampleLosses, after: ExampleLosses) -> np.ndarray[Any, np.dtype[np.float64]]:
    return (before.nll - after.nll) / before.tokens


def _finite(interval: tuple[float, float]) -> tuple[float, float] | None:
    return interval if all(math.isfinite(x) for x in interval) else None


def _interval(estimate: Estimate) -> str:
    low, high = estimate.interval()
    return f"95% interval {low:+.3f} to {high:+.3f}"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f}, {_interval(estimate)}"


def _by(estimate: Estimate) -> str:
    low, high = estimate.interval()
    return f"{estimate.value:.3f} (95% interval {low:.3f} to {high:.3f})"


def _evaluations(count: int) -> str:
    return "1 evaluation" if count == 1 else f"{count} evaluations"
