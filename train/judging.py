"""From the comparisons of one evaluation to a verdict's name and its evidence.

Each function here sees numbers only, and keeps nothing: what was measured comes in as `Measured`,
what the watch remembers between evaluations as `Progress` (`curate.train.progress`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.schemas.options.watch import WatchOptions
from curate.schemas.verdicts import VerdictName
from curate.train.evaluations import Evaluation, ExampleLosses
from curate.train.intervals import Estimate, Floats, paired_change
from curate.train.progress import (
    GAIN_ALPHA,
    Measured,
    Progress,
    Yardstick,
    loss_change,
    metric_change,
)

# Both losses above the first evaluation's by this many standard errors: on the way to divergence.
DIVERGED_Z = 3.0
# Two such evaluations in a row: diverged.
_DIVERGED_TIMES = 2
# Leak statistic: after so many epochs, more than this share of the validation rows has fallen
# further, since the end of the first epoch, than the lower quartile of the probe's rows; the
# probe has fallen by at least this factor since then; the gap is at most this share of its fall.
_LEAK_EPOCHS = 3.0
_LEAK_SHARE = 0.5
_LEAK_FALL = 0.5
_LEAK_GAP = 0.1


@dataclass(frozen=True)
class Judgement:
    """A verdict's name, the sentence behind it, and whether training should stop."""

    name: VerdictName
    evidence: str
    stop: bool = False


def judge(m: Measured, progress: Progress, yardstick: Yardstick) -> Judgement:
    """The first verdict that applies, gravest first."""
    options, best, start, now = yardstick.options, progress.best, progress.start, m.now
    losses = f"validation {now.val.loss:.4g}, train probe {now.probe.loss:.4g}"
    if progress.above_start_in_a_row >= _DIVERGED_TIMES:
        evidence = (
            f"Both losses stand above where they began, twice in a row ({losses}; before "
            f"training {start.val.loss:.4g} and {start.probe.loss:.4g}): the learning rate is "
            "too high."
        )
        return Judgement(VerdictName.DIVERGED, evidence, stop=True)
    worse = progress.worse_in_a_row
    sure = m.change.exceeds_zero(levels(options, progress.seen)[0])
    if worse >= options.patience or (worse and sure):
        return _overfitting(m, best, yardstick, worse)
    if progress.leaked:
        return Judgement(VerdictName.LEAK_SUSPECTED, twins(progress.leaked))
    share = _share_following_the_probe(now, progress.first_epoch)
    if share is not None:
        evidence = (
            f"After {now.epoch:.1f} epochs, {share:.0%} of the validation rows have fallen as "
            f"far as training rows do ({losses}): either rows of both sets are twins, or the "
            "task is so regular that nothing is left to memorise. Check with `curate lint "
            "--train FILE --val FILE --select DUP`."
        )
        return Judgement(VerdictName.LEAK_SUSPECTED, evidence)
    if m.change.exceeds_zero(GAIN_ALPHA) and m.probe_change.exceeds_zero(GAIN_ALPHA):
        evidence = (
            f"Both losses have risen since step {best.step} ({losses}; then {best.val.loss:.4g} "
            f"and {best.probe.loss:.4g}): the learning rate may be too high."
        )
        return Judgement(VerdictName.UNSTABLE, evidence)
    return _judge_calm(m, progress, yardstick)


def levels(options: WatchOptions, seen: int) -> tuple[float, float]:
    """The levels at which evaluation number `seen` is tested: one alone, and one of several.

    Why these: see `curate.train.watch`.
    """
    alpha = options.watch_alpha / 2.0
    return alpha / (seen**2 * (seen + 1)), alpha / seen


def _overfitting(m: Measured, best: Evaluation, yardstick: Yardstick, worse: int) -> Judgement:
    stop = yardstick.options.stop_early and worse >= yardstick.options.patience
    times = "" if worse == 1 else f", {worse} evaluations in a row"
    outcome = (
        f"Stopped; the weights of step {best.step} are kept."
        if stop
        else f"Step {best.step} is still the one to keep."
    )
    evidence = (
        f"The {yardstick.name} is {yardstick.show(m.now)}, {_by(m.change)} worse than its best "
        f"{yardstick.show(best)} at step {best.step}{times}, while the train probe went on "
        f"falling ({best.probe.loss:.4g} to {m.now.probe.loss:.4g}). {outcome}"
    )
    return Judgement(VerdictName.OVERFITTING, evidence, stop)


def _judge_calm(m: Measured, progress: Progress, yardstick: Yardstick) -> Judgement:
    """The verdicts that stop nothing, unless the user asked to stop on a plateau."""
    options, best, now = yardstick.options, progress.best, m.now
    name, level = yardstick.name, yardstick.show(m.now)
    gap = f"the gap is {m.gap.value:+.3g} ({_interval(m.gap)})"
    flat = _flat(now, progress.recent, yardstick)
    waited = progress.since_gain >= options.plateau_patience
    stop = options.stop_on_plateau and (flat or waited)
    if _memorising(m, progress):
        evidence = (
            f"The train probe keeps falling ({best.probe.loss:.4g} to {now.probe.loss:.4g} since "
            f"step {best.step}) while the {name} does not follow ({_signed(m.change)}): {gap}."
        )
        return Judgement(VerdictName.MEMORISING, evidence, stop)
    if progress.since_gain == 0 and not flat:
        gain = f"{_by(-m.change)} better than at step {best.step}"
        gain = gain if m.change.value < 0.0 else "better than earlier"
        return Judgement(VerdictName.IMPROVING, f"The {name} is {level}, {gain}; {gap}.")
    if flat or (waited and m.smallest <= yardstick.smallest):
        evidence = (
            f"The {name} has stood still at {level}: {_signed(m.change)} from step {best.step}, "
            f"and its last significant gain was at step {progress.gained.step}; {gap}."
        )
        return Judgement(VerdictName.PLATEAU, evidence, stop)
    if not waited and progress.gained.step > progress.start.step:
        evidence = (
            f"The {name} is {level}; its last clear gain was at step {progress.gained.step}, "
            f"{_evaluations(progress.since_gain)} ago; {gap}."
        )
        return Judgement(VerdictName.IMPROVING, evidence)
    if progress.seen < 2:
        evidence = (
            f"The {name} is {level}, {_signed(m.change)} from step {best.step}: too early to say."
        )
        return Judgement(VerdictName.WARMING_UP, evidence)
    if m.smallest <= yardstick.smallest:
        evidence = f"The {name} has not moved: {_signed(m.change)} from step {best.step}."
        return Judgement(VerdictName.PLATEAU, evidence, stop)
    return Judgement(VerdictName.INCONCLUSIVE, _too_small(m, best, yardstick), stop)


def _memorising(m: Measured, progress: Progress) -> bool:
    """The probe falls and the gap is real, but the validation set neither gains nor loses."""
    low, high = m.change.interval()
    return (
        progress.since_gain > 0
        and m.gap.interval()[0] > 0.0
        and low < 0.0 < high
        and (-m.probe_change).exceeds_zero(GAIN_ALPHA)
    )


def _flat(now: Evaluation, recent: list[Evaluation], yardstick: Yardstick) -> bool:
    """Whether the last `plateau_patience` evaluations surely changed by less than matters."""
    patience = yardstick.options.plateau_patience
    if len(recent) < patience:
        return False
    low, high = yardstick.change(recent[-patience], now).interval()
    band = yardstick.smallest / 2.0
    if yardstick.is_loss:
        band *= yardstick.level(recent[-patience])
    return -band < low and high < band


def _too_small(m: Measured, best: Evaluation, yardstick: Yardstick) -> str:
    unit = "%" if yardstick.is_loss else " points"
    needed = m.rows_needed(yardstick)
    enough = f"about {needed} rows" if needed is not None else "more rows"
    visible = f"{100 * m.smallest:.1f}{unit}" if needed is not None else "any size"
    return (
        f"With {m.change.rows} validation rows, only a change of {visible} or more would show; "
        f"the {yardstick.name} is {yardstick.show(m.now)}, {_signed(m.change)} from step "
        f"{best.step}. To see a change of {100 * yardstick.smallest:g}{unit}, it takes {enough}."
    )


def _share_following_the_probe(now: Evaluation, since: Evaluation | None) -> float | None:
    """The share of validation rows that fall as training rows do, where that is suspicious.

    What falls in the first epoch is learnt from other rows, so it says nothing; a row that goes
    on falling through the later epochs as the rows do that are being repeated was probably
    repeated itself.
    """
    if since is None or now.epoch < _LEAK_EPOCHS:
        return None
    fall = -loss_change(since.probe, now.probe).value
    if fall < _LEAK_FALL * since.probe.loss:
        return None
    if fall + loss_change(since.val, now.val).value > _LEAK_GAP * fall:
        return None
    quartile = np.quantile(_falls(since.probe, now.probe), 0.25)
    share = float((_falls(since.val, now.val) > quartile).mean())
    return share if share > _LEAK_SHARE else None


def disagreement(
    now: Evaluation,
    before: Evaluation,
    progress: Progress,
    yardstick: Yardstick,
    name: VerdictName,
) -> str | None:
    """What the measure that does not decide says against the one that does, if it does.

    Args:
        now: the evaluation that is judged; `progress` has taken it in.
        before: the best one before it.
        progress: with the best of all.
        yardstick: what decides.
        name: the verdict.
    """
    best, other = progress.best, progress.other_best
    if now.metric is None or best.metric is None or other is None:
        return _accuracy_disagrees(before, now) if name is VerdictName.OVERFITTING else None
    for there in (now, other):
        if there.metric is None:
            continue
        if yardstick.is_loss and metric_change(best, there).exceeds_zero(GAIN_ALPHA):
            return (
                f"{now.metric.name} disagrees: it is {there.metric.mean:.3f} at step "
                f"{there.step} against {best.metric.mean:.3f} at step {best.step}, which has the "
                "best validation loss."
            )
        better_loss = (-loss_change(best.val, there.val)).exceeds_zero(GAIN_ALPHA)
        if not yardstick.is_loss and better_loss:
            return (
                f"The validation loss disagrees: it is {there.val.loss:.4g} at step {there.step} "
                f"against {best.val.loss:.4g} at step {best.step}, which has the best "
                f"{yardstick.name}."
            )
    return None


def _accuracy_disagrees(best: Evaluation, now: Evaluation) -> str | None:
    hits = paired_change(
        best.val.hits.astype(np.float64), now.val.hits.astype(np.float64), now.val.weights
    )
    if not hits.exceeds_zero(GAIN_ALPHA):
        return None
    return (
        f"Next-token accuracy disagrees: it rose from {best.val.accuracy:.3f} at step "
        f"{best.step} to {now.val.accuracy:.3f}; answers may still be getting better, which a "
        "task metric would show."
    )


def twins(leaked: int) -> str:
    """The sentence about validation rows that are also training rows."""
    rows = "1 validation row is" if leaked == 1 else f"{leaked} validation rows are"
    return (
        f"{rows} also in the training data, so the validation loss looks better than it is: "
        "see the DUP findings of `curate lint --train FILE --val FILE`, or split again with "
        "`curate split`."
    )


def _falls(before: ExampleLosses, after: ExampleLosses) -> Floats:
    return (before.nll - after.nll) / before.tokens


def _interval(estimate: Estimate) -> str:
    low, high = estimate.interval()
    return f"95% interval {low:+.3g} to {high:+.3g}"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.3g}, {_interval(estimate)}"


def _by(estimate: Estimate) -> str:
    low, high = estimate.interval()
    return f"{estimate.value:.3g} (95% interval {low:.3g} to {high:.3g})"


def _evaluations(count: int) -> str:
    return "1 evaluation" if count == 1 else f"{count} evaluations"
