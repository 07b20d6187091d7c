"""The overfitting watch, on scripted curves: first the runs that must not be called overfitting."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.schemas.options.watch import DecideBy, WatchOptions
from curate.schemas.verdicts import Verdict, VerdictName
from curate.train.watch import Evaluation, ExampleLosses, TaskScores, Watch

ROWS = 64


class Script:
    """Makes evaluations whose token-weighted losses follow a script, plus noise per example."""

    def __init__(self, rows: int = ROWS, noise: float = 0.01, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.noise = noise
        self.tokens = self.rng.integers(10, 120, (2, rows))
        self.hardness = self.rng.normal(0.0, 0.3, (2, rows))
        self.step = 0

    def losses(self, side: int, level: float, names: str) -> ExampleLosses:
        tokens = self.tokens[side]
        per_token = level + self.hardness[side] + self.rng.normal(0.0, self.noise, len(tokens))
        per_token += level - float((per_token * tokens).sum() / tokens.sum())
        per_token += self.rng.normal(0.0, self.noise / len(tokens) ** 0.5)
        hits = np.round(tokens * np.exp(-np.abs(per_token)))
        ids = [f"{names}{i}" for i in range(len(tokens))]
        return ExampleLosses.of(ids, per_token * tokens, tokens, hits)

    def at(self, val: float, probe: float, metric: float | None = None) -> Evaluation:
        """The next evaluation: ten steps later, a quarter of an epoch."""
        step = self.step
        self.step += 10
        scores = None
        if metric is not None:
            passed = np.arange(ROWS) < round(metric * ROWS)
            ids = tuple(f"v{i}" for i in range(ROWS))
            scores = TaskScores("exact match", ids, passed.astype(np.float64))
        return Evaluation(
            step=step,
            val=self.losses(0, val, "v"),
            probe=self.losses(1, probe, "p"),
            epoch=step / 40,
            metric=scores,
        )


def follow(
    curve: Iterable[tuple[float, ...]],
    options: WatchOptions | None = None,
    *,
    rows: int = ROWS,
    noise: float = 0.01,
    seed: int = 0,
) -> tuple[Watch, list[Verdict]]:
    """Observe a curve of (validation loss, probe loss[, metric])."""
    watch = Watch(options or WatchOptions())
    script = Script(rows, noise, seed)
    return watch, [watch.observe(script.at(*levels)) for levels in curve]


def names(verdicts: list[Verdict]) -> list[VerdictName]:
    return [verdict.name for verdict in verdicts]


HEALTHY = [(2.0, 2.0), (1.5, 1.5), (1.3, 1.29), (1.2, 1.18), (1.13, 1.10), (1.08, 1.04)]


def test_a_healthy_run_is_improving_and_never_stopped() -> None:
    _, verdicts = follow(HEALTHY)
    assert names(verdicts) == [VerdictName.WARMING_UP] + [VerdictName.IMPROVING] * 5
    assert not any(verdict.stop for verdict in verdicts)


def test_a_validation_set_that_is_merely_harder_shows_no_gap() -> None:
    _, verdicts = follow([(v + 0.8, p) for v, p in HEALTHY])
    assert verdicts[-1].name is VerdictName.IMPROVING
    assert verdicts[-1].gap is not None
    assert verdicts[-1].gap < 0.1


def test_one_bad_evaluation_does_not_stop_a_run() -> None:
    _, verdicts = follow([*HEALTHY, (1.4, 1.0), (1.02, 0.95)])
    assert not any(verdict.stop for verdict in verdicts)
    assert verdicts[-1].name is VerdictName.IMPROVING


def test_validation_loss_that_rises_with_the_probe_is_not_overfitting() -> None:
    _, verdicts = follow([*HEALTHY, (1.3, 1.3), (1.35, 1.35), (1.4, 1.4)])
    assert names(verdicts)[-3:] == [VerdictName.UNSTABLE] * 3
    assert not verdicts[-1].stop


def test_overfitting_stops_after_the_patience_and_keeps_the_best_step() -> None:
    watch, verdicts = follow([*HEALTHY, (1.15, 0.8), (1.25, 0.6)])
    assert names(verdicts)[-1] is VerdictName.OVERFITTING
    assert [verdict.stop for verdict in verdicts[-2:]] == [False, True]
    assert watch.best_step == verdicts[-1].best_step == 50
    assert "at step 50" in verdicts[-1].evidence
    assert "best 1.08 at step 50" in verdicts[-1].evidence
    assert watch.conclude(budget_exhausted=False).name is VerdictName.OVERFITTING


def test_overfitting_without_stopping_is_still_said_and_the_best_step_is_kept() -> None:
    watch, verdicts = follow(
        [*HEALTHY, (1.15, 0.8), (1.25, 0.6), (1.35, 0.5)], WatchOptions(stop_early=False)
    )
    assert verdicts[-1].name is VerdictName.OVERFITTING
    assert not verdicts[-1].stop
    assert watch.conclude(budget_exhausted=True).best_step == 50


def test_longer_patience_stops_later() -> None:
    tail = [(1.15 + 0.1 * i, 0.9 - 0.1 * i) for i in range(5)]
    for patience in (1, 2, 3, 4):
        _, verdicts = follow([*HEALTHY, *tail], WatchOptions(patience=patience))
        assert next(i for i, v in enumerate(verdicts) if v.stop) == len(HEALTHY) + patience - 1


def test_a_base_model_that_training_only_harms_is_itself_the_best_step() -> None:
    watch, verdicts = follow([(1.0, 1.0), (1.1, 0.8), (1.2, 0.6)])
    assert verdicts[-1].name is VerdictName.OVERFITTING
    assert watch.best_step == 0


def test_plateau() -> None:
    flat = [(1.08, 1.04)] * 6
    _, verdicts = follow([*HEALTHY, *flat], noise=0.004)
    assert verdicts[-1].name is VerdictName.PLATEAU
    assert not verdicts[-1].stop
    _, stopping = follow([*HEALTHY, *flat], WatchOptions(stop_on_plateau=True), noise=0.004)
    assert any(verdict.stop and verdict.name is VerdictName.PLATEAU for verdict in stopping)


def test_memorising_warns_and_goes_on() -> None:
    _, verdicts = follow([*HEALTHY, (1.08, 0.9), (1.08, 0.8), (1.08, 0.7), (1.08, 0.6)], noise=0.02)
    assert verdicts[-1].name is VerdictName.MEMORISING
    assert not verdicts[-1].stop
    assert verdicts[-1].gap is not None
    assert verdicts[-1].gap > 0.3


def test_underfitting_is_a_run_that_ends_while_it_gains() -> None:
    watch, _ = follow(HEALTHY)
    final = watch.conclude(budget_exhausted=True)
    assert final.name is VerdictName.UNDERFITTING
    assert "More steps" in final.evidence
    interrupted, _ = follow(HEALTHY)
    assert interrupted.conclude(budget_exhausted=False).name is VerdictName.IMPROVING


def test_a_run_that_gains_by_memorising_is_not_underfitting() -> None:
    watch, _ = follow([(v, p - 0.12 * i) for i, (v, p) in enumerate(HEALTHY)])
    assert watch.conclude(budget_exhausted=True).name is VerdictName.IMPROVING


def test_a_loss_that_falls_to_almost_nothing_is_not_underfitting_once_the_probe_is_ahead() -> None:
    curve = [(1.39, 1.31), (0.2, 0.18), (0.12, 0.1), (0.09, 0.06), (0.068, 0.04), (0.063, 0.03)]
    watch, verdicts = follow(curve, noise=0.001)
    assert verdicts[-1].name is VerdictName.IMPROVING
    final = watch.conclude(budget_exhausted=True)
    assert final.name is VerdictName.IMPROVING
    assert "from 1.39 to 0.06" in final.evidence


def test_gains_too_small_to_matter_are_a_plateau() -> None:
    tail = [(1.08 - 0.0005 * i, 1.04 - 0.0005 * i) for i in range(8)]
    _, verdicts = follow([*HEALTHY, *tail], noise=0.001)
    assert verdicts[-1].name is VerdictName.PLATEAU


def test_divergence() -> None:
    _, verdicts = follow([(1.5, 1.5), (9.0, 9.1), (16.2, 16.1)])
    assert not verdicts[1].stop
    assert verdicts[2].name is VerdictName.DIVERGED
    assert verdicts[2].stop


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_divergence(bad: float) -> None:
    watch = Watch(WatchOptions())
    script = Script()
    watch.observe(script.at(2.0, 2.0))
    watch.observe(script.at(1.5, 1.5))
    broken = script.at(1.4, 1.4)
    broken.val.nll[3] = bad
    verdict = watch.observe(broken)
    assert verdict.name is VerdictName.DIVERGED
    assert verdict.stop
    assert verdict.best_step == 10
    json.dumps(watch.state_dict(), allow_nan=False)


def test_twins_of_training_rows_are_a_leak() -> None:
    script = Script()
    first = script.at(2.0, 2.0)
    verdict = Watch(WatchOptions(), train_ids=["v3", "v9", "x"]).observe(first)
    assert verdict.name is VerdictName.LEAK_SUSPECTED
    assert "2 validation rows are also in the training data" in verdict.evidence
    probe = ExampleLosses.of(
        ["v5", *first.probe.ids[1:]], first.probe.nll, first.probe.tokens, first.probe.hits
    )
    shared = Evaluation(0, first.val, probe, 0.0)
    assert Watch(WatchOptions()).observe(shared).name is VerdictName.LEAK_SUSPECTED


def test_validation_rows_that_fall_as_repeated_rows_do_are_a_leak() -> None:
    falling = [(2.0, 2.0), (1.5, 1.5), (1.3, 1.3), (1.2, 1.2), (1.1, 1.1)]
    falling += [(1.0 - 0.11 * i, 1.0 - 0.11 * i) for i in range(9)]
    _, verdicts = follow(falling)
    assert verdicts[-1].name is VerdictName.LEAK_SUSPECTED
    assert "DUP" in verdicts[-1].evidence
    clean = [(v + 0.02 * i, p) for i, (v, p) in enumerate(falling)]
    assert VerdictName.LEAK_SUSPECTED not in names(follow(clean)[1])


def test_a_set_too_small_to_tell_says_how_many_rows_would_do() -> None:
    _, verdicts = follow([(2.0, 2.0)] * 4, rows=6, noise=0.5)
    last = verdicts[-1]
    assert last.name is VerdictName.INCONCLUSIVE
    assert last.rows_needed is not None
    assert last.rows_needed > 100
    assert str(last.rows_needed) in last.evidence
    # The number is right: with so many rows, the smallest detectable change is the one that matters.
    _, enough = follow([(2.0, 2.0)] * 4, rows=last.rows_needed, noise=0.5)
    assert enough[-1].smallest_detectable == pytest.approx(0.01, rel=0.5)


def test_one_row_is_never_enough() -> None:
    _, verdicts = follow([*HEALTHY, (2.0, 0.5), (2.5, 0.3)], rows=1)
    assert verdicts[-1].name is VerdictName.INCONCLUSIVE
    assert not any(verdict.stop for verdict in verdicts)


def test_the_task_metric_can_decide_and_disagreement_is_said() -> None:
    rising = [(1.2, 0.8, 0.5), (1.4, 0.6, 0.7), (1.6, 0.4, 0.8)]
    curve = [(2.0, 2.0, 0.1), (1.0, 1.0, 0.3), *rising]
    by_loss, verdicts = follow(curve)
    assert verdicts[-1].name is VerdictName.OVERFITTING
    assert verdicts[-1].disagreement is not None
    assert "exact match disagrees" in verdicts[-1].evidence
    assert by_loss.best_step == 10
    by_metric, verdicts = follow(curve, WatchOptions(decide_by=DecideBy.METRIC))
    assert verdicts[-1].name is VerdictName.IMPROVING
    assert "validation loss disagrees" in verdicts[-1].evidence
    assert by_metric.best_step == 40


def test_a_falling_metric_stops_a_run_that_it_decides() -> None:
    curve = [(2.0, 2.0, 0.1), (1.0, 1.0, 0.8), (0.9, 0.8, 0.4), (0.8, 0.6, 0.2)]
    _, verdicts = follow(curve, WatchOptions(decide_by=DecideBy.METRIC))
    assert verdicts[-1].name is VerdictName.OVERFITTING
    assert verdicts[-1].stop
    assert verdicts[-1].best_step == 10


def test_accuracy_that_rises_while_the_loss_does_is_said() -> None:
    watch = Watch(WatchOptions())
    script = Script()
    for val, probe in HEALTHY:
        watch.observe(script.at(val, probe))
    for val, probe in ((1.2, 0.7), (1.3, 0.5)):
        worse = script.at(val, probe)
        worse.val.hits[:] = worse.val.tokens
        verdict = watch.observe(worse)
    assert "Next-token accuracy disagrees" in verdict.evidence


def test_misuse_is_refused() -> None:
    script = Script()
    watch = Watch(WatchOptions())
    with pytest.raises(ValueError, match="nothing was observed"):
        watch.conclude(budget_exhausted=True)
    first = script.at(2.0, 2.0)
    watch.observe(first)
    with pytest.raises(ValueError, match="came after"):
        watch.observe(first)
    with pytest.raises(ValueError, match="other examples"):
        watch.observe(Script(rows=10).at(1.0, 1.0))
    with pytest.raises(ValueError, match="task metric decides"):
        Watch(WatchOptions(decide_by=DecideBy.METRIC)).observe(first)
    with pytest.raises(ValueError, match="without labelled tokens"):
        ExampleLosses.of(["a"], [1.0], [0], [0])


levels = st.floats(0.2, 3.0)
curves = st.lists(st.tuples(levels, levels), min_size=2, max_size=9)


@given(curves, st.integers(0, 8), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_a_restored_watch_gives_the_same_later_verdicts(
    curve: list[tuple[float, float]], cut: int, seed: int
) -> None:
    _, straight = follow(curve, seed=seed)
    script, watch = Script(seed=seed), Watch(WatchOptions())
    broken = []
    for i, (val, probe) in enumerate(curve):
        if i == cut:
            state = json.loads(json.dumps(watch.state_dict(), allow_nan=False))
            watch = Watch(WatchOptions())
            watch.load_state_dict(state)
        broken.append(watch.observe(script.at(val, probe)))
    assert broken == straight


def permuted(losses: ExampleLosses, order: np.ndarray) -> ExampleLosses:
    ids = [losses.ids[i] for i in order]
    return ExampleLosses.of(ids, losses.nll[order], losses.tokens[order], losses.hits[order])


@given(curves, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_examples_does_not_matter(
    curve: list[tuple[float, float]], random: object
) -> None:
    order = np.random.default_rng(len(curve)).permutation(ROWS)
    script, one, other = Script(), Watch(WatchOptions()), Watch(WatchOptions())
    for val, probe in curve:
        e = script.at(val, probe)
        shuffled = Evaluation(e.step, permuted(e.val, order), permuted(e.probe, order), e.epoch)
        a, b = one.observe(e), other.observe(shuffled)
        assert (a.name, a.stop, a.best_step) == (b.name, b.stop, b.best_step)
        assert a.val_loss == pytest.approx(b.val_loss)


@given(curves)
@settings(max_examples=60, deadline=None)
def test_the_best_step_has_the_lowest_validation_loss_and_only_grave_verdicts_stop(
    curve: list[tuple[float, float]],
) -> None:
    watch, verdicts = follow(curve)
    lowest = min(verdicts, key=lambda verdict: verdict.val_loss or 0.0)
    assert watch.best_step == lowest.step
    for verdict in verdicts:
        if verdict.stop:
            assert verdict.name in (VerdictName.OVERFITTING, VerdictName.DIVERGED)
        assert verdict.evidence.endswith(".")


@pytest.mark.parametrize(("rows", "evaluations"), [(16, 40), (64, 12)])
def test_false_alarms_stay_below_the_nominal_rate(rows: int, evaluations: int) -> None:
    """Runs that do not change (a probe that falls all the while, which is the worst case)."""
    runs, stopped, named = 200, 0, 0
    for seed in range(runs):
        curve = [(1.0, 1.0 - 0.01 * i) for i in range(evaluations)]
        _, verdicts = follow(curve, rows=rows, noise=0.1, seed=seed)
        stopped += any(verdict.stop for verdict in verdicts)
        named += any(verdict.name is VerdictName.OVERFITTING for verdict in verdicts)
    assert stopped / runs <= 0.05
    assert named / runs <= 0.05


def test_intervals_of_the_change_have_their_coverage() -> None:
    covered = 0
    runs = 400
    for seed in range(runs):
        script = Script(rows=32, noise=0.2, seed=seed)
        watch = Watch(WatchOptions())
        tokens = script.tokens[0]
        first = script.at(1.0, 1.0)
        watch.observe(first)
        drop = np.random.default_rng(seed + 10_000).normal(0.1, 0.3, len(tokens))
        second = script.at(1.0, 1.0)
        val = ExampleLosses.of(first.val.ids, first.val.nll - drop * tokens, tokens, first.val.hits)
        verdict = watch.observe(Evaluation(10, val, second.probe, 1.0))
        assert verdict.change_interval is not None
        covered += verdict.change_interval[0] <= -0.1 <= verdict.change_interval[1]
    assert 0.92 <= covered / runs <= 0.98
