"""Estimates against independent oracles: scipy's quantiles, simulation, and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from curate.train.intervals import (
    Estimate,
    allow_for_unseen,
    bootstrap_interval,
    difference,
    expanded_tail,
    paired_change,
    ratio,
    student_quantile,
)


@pytest.mark.parametrize("degrees", [1, 2, 5, 10, 31, 127, 5000])
@pytest.mark.parametrize("p", [0.05, 0.5, 0.8, 0.975, 0.999])
def test_quantiles_equal_scipys(degrees: int, p: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.t.ppf(p, degrees)
    assert student_quantile(p, degrees) == pytest.approx(expected, rel=0.01, abs=1e-9)


def test_the_ratio_is_token_weighted() -> None:
    values, weights = np.array([10.0, 2.0]), np.array([100.0, 1.0])
    assert ratio(values, weights).value == pytest.approx(12.0 / 101.0)


def test_with_equal_weights_the_error_is_that_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(size=50)
    estimate = ratio(values, np.ones(50))
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.se == pytest.approx(values.std(ddof=1) / math.sqrt(50))


def test_the_ratio_error_is_the_spread_over_samples() -> None:
    rng = np.random.default_rng(0)
    estimates = []
    for _ in range(2000):
        weights = rng.integers(5, 100, 80).astype(float)
        estimates.append(ratio(weights * rng.normal(2.0, 0.5, 80), weights))
    spread = np.std([e.value for e in estimates])
    assert np.mean([e.se for e in estimates]) == pytest.approx(spread, rel=0.05)


def test_pairing_removes_what_the_examples_share() -> None:
    rng = np.random.default_rng(0)
    before = rng.normal(5.0, 2.0, 100)
    change = paired_change(before, before + 0.1, np.ones(100))
    assert change.value == pytest.approx(0.1)
    assert change.se < 1e-9
    unpaired = difference(ratio(before + 0.1, np.ones(100)), ratio(before, np.ones(100)))
    assert unpaired.se > 0.1


def test_one_row_has_no_interval() -> None:
    estimate = ratio(np.array([1.0]), np.array([2.0]))
    assert estimate.value == 0.5
    assert estimate.interval() == (-math.inf, math.inf)
    assert not estimate.exceeds_zero(0.05)


def test_a_change_without_spread_is_certain() -> None:
    assert Estimate(0.1, 0.0, 10).exceeds_zero(1e-9)
    assert not Estimate(0.0, 0.0, 10).exceeds_zero(0.4)
    assert (-Estimate(0.1, 0.2, 10)).value == -0.1


def test_the_bootstrap_covers_the_true_mean() -> None:
    covered = 0
    for seed in range(300):
        values = np.random.default_rng(seed).exponential(1.0, 60)
        low, high = bootstrap_interval(values, seed=seed, resamples=500)
        covered += low <= 1.0 <= high
    assert 0.89 <= covered / 300 <= 0.98


@pytest.mark.parametrize("rows", [20, 48, 100])
@pytest.mark.parametrize("kind", ["skewed", "right or wrong", "difference of two methods"])
def test_intervals_have_their_nominal_coverage(kind: str, rows: int) -> None:
    """95% is within three standard errors of 400 draws (1.1 points each), at any size."""
    covered = 0
    for seed in range(400):
        rng = np.random.default_rng([seed, rows])
        if kind == "skewed":
            truth, values = 1.0, rng.exponential(1.0, rows)
        elif kind == "right or wrong":
            truth, values = 0.6, (rng.random(rows) < 0.6).astype(np.float64)
        else:
            tuned, prompted = rng.random(rows) < 0.8, rng.random(rows) < 0.5
            truth, values = 0.3, tuned.astype(np.float64) - prompted
        low, high = bootstrap_interval(values, seed=seed, resamples=600)
        covered += low <= truth <= high
    assert 0.915 <= covered / 400 <= 0.985


def test_small_samples_get_wider_tails() -> None:
    assert expanded_tail(0.05, 10_000) == pytest.approx(0.025, rel=0.01)
    tails = [expanded_tail(0.05, rows) for rows in (2, 4, 10, 100)]
    assert tails == sorted(tails)
    assert expanded_tail(0.05, 1) == 0.0


def test_rows_that_all_agree_are_no_certainty() -> None:
    assert allow_for_unseen((1.0, 1.0), 10, (0.0, 1.0)) == pytest.approx((0.025**0.1, 1.0))
    both = allow_for_unseen((0.0, 0.0), 120, (-1.0, 1.0))
    assert both == pytest.approx((-0.0303, 0.0303), abs=1e-3)
    assert allow_for_unseen((0.2, 0.4), 10, (0.0, 1.0)) == (0.2, 0.4)
    stats = pytest.importorskip("scipy.stats")
    exact = stats.binomtest(10, 10).proportion_ci(0.95, method="exact")
    assert allow_for_unseen((1.0, 1.0), 10, (0.0, 1.0))[0] == pytest.approx(exact.low)


def test_the_bootstrap_is_deterministic_and_leaves_out_what_is_missing() -> None:
    values = np.array([1.0, 2.0, math.nan, 4.0])
    assert bootstrap_interval(values) == bootstrap_interval(np.array([1.0, 2.0, 4.0]))
    assert all(math.isnan(x) for x in bootstrap_interval(np.array([math.nan])))
