"""Estimates with their uncertainty: token-weighted means, paired changes, bootstrap intervals.

Everything here is numpy on one number (or one pair of numbers) per example; the example is the
unit that is sampled, never the token, because the tokens of one example are not independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value, its standard error, and the rows it rests on."""

    value: float
    se: float
    rows: int

    @property
    def z(self) -> float:
        """Value over standard error; infinite (with the value's sign) where the error is zero."""
        if self.se == 0.0:
            return math.copysign(math.inf, self.value) if self.value else 0.0
        return self.value / self.se

    def interval(self, alpha: float = 0.05) -> tuple[float, float]:
        """The two-sided interval that holds the true value with probability 1 - alpha."""
        margin = student_quantile(1.0 - alpha / 2.0, self.rows - 1) * self.se
        return self.value - margin, self.value + margin

    def exceeds_zero(self, alpha: float) -> bool:
        """Whether a one-sided test at level `alpha` says that the true value is above zero."""
        return self.z > student_quantile(1.0 - alpha, self.rows - 1)

    def __neg__(self) -> Estimate:
        return Estimate(-self.value, self.se, self.rows)


def student_quantile(p: float, degrees: int) -> float:
    """The quantile of Student's t distribution; infinite below one degree of freedom.

    One and two degrees are exact. From three on: the Cornish-Fisher series in 1/degrees around
    the normal quantile (Abramowitz & Stegun 26.7.5) with the normal's own quantile from the
    standard library; its error is below 1% for p <= 0.999 from five degrees on.
    """
    if degrees < 1:
        return math.inf if p > 0.5 else -math.inf
    if degrees == 1:
        return math.tan(math.pi * (p - 0.5))
    if degrees == 2:
        return float((2.0 * p - 1.0) / math.sqrt(2.0 * p * (1.0 - p)))
    z = NormalDist().inv_cdf(p)
    z2 = z * z
    terms = (
        (z2 + 1.0) / 4.0,
        ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0,
        (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0,
        ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92160.0,
    )
    return z * (1.0 + math.fsum(term / float(degrees) ** (i + 1) for i, term in enumerate(terms)))


def ratio(values: Floats, weights: Floats) -> Estimate:
    """The sum of `values` over the sum of `weights`, with the ratio estimator's standard error.

    With negative log likelihoods and token counts of examples, this is the token-weighted loss.
    The error linearises the ratio over examples (Cochran, Sampling Techniques, 3rd ed., 6.4):
    the deviation of one example is `value - ratio * weight`.
    """
    rows = len(values)
    total = float(weights.sum())
    value = float(values.sum()) / total
    if rows < 2:
        return Estimate(value, math.inf, rows)
    deviations = values - value * weights
    variance = rows / (rows - 1) * float(deviations @ deviations) / total**2
    return Estimate(value, math.sqrt(variance), rows)


def paired_change(before: Floats, after: Floats, weights: Floats) -> Estimate:
    """How much the weighted mean rose from `before` to `after`, on the same examples."""
    return ratio(after - before, weights)


def difference(a: Estimate, b: Estimate) -> Estimate:
    """`a - b` for estimates on different examples."""
    return Estimate(a.value - b.value, math.hypot(a.se, b.se), min(a.rows, b.rows))


def bootstrap_interval(
    values: Floats,
    *,
    weights: Floats | None = None,
    resamples: int = 2000,
    seed: int = 0,
    alpha: float = 0.05,
) -> tuple[float, float]:
    """The expanded percentile bootstrap interval of a (weighted) mean, examples resampled.

    For a paired comparison, `values` are the differences example by example (Efron & Tibshirani
    1993, chapter 13). Examples with a NaN are left out. Deterministic for a given seed.
    """
    kept = ~np.isnan(values)
    values = values[kept]
    weights = np.ones(len(values)) if weights is None else weights[kept]
    if len(values) == 0:
        return math.nan, math.nan
    draws = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    means = values[draws].sum(axis=1) / weights[draws].sum(axis=1)
    tail = expanded_tail(alpha, len(values))
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(low), float(high)


def expanded_tail(alpha: float, rows: int) -> float:
    """The share of resamples to leave out on each side, so that small samples do not overclaim.

    Resampling `rows` values underestimates their spread by (rows - 1) / rows and knows nothing of
    Student's t; the normal quantile is moved by both (Hesterberg 2015, "What Teachers Should Know
    About the Bootstrap", section 5.3.3). At 100 rows and 5%: 2.3% instead of 2.5%.
    """
    if rows < 2:
        return 0.0
    moved = math.sqrt(rows / (rows - 1)) * student_quantile(1.0 - alpha / 2.0, rows - 1)
    return NormalDist().cdf(-moved)


def allow_for_unseen(
    interval: tuple[float, float],
    rows: int,
    bounds: tuple[float, float],
    *,
    alpha: float = 0.05,
) -> tuple[float, float]:
    """An interval without width, widened by what other rows might have shown.

    Where all rows score the same, resampling them shows no spread. The share of rows that score
    otherwise then has Clopper and Pearson's exact bound (1934) for what `rows` rows never showed:
    3% at 120 rows. Scores, or differences of scores, lie within `bounds`.
    """
    low, high = interval
    if low != high or rows < 1:
        return interval
    unseen = 1.0 - (alpha / 2.0) ** (1.0 / rows)
    return max(bounds[0], low - unseen), min(bounds[1], high + unseen)


def resampled_interval(
    statistic: Callable[[NDArray[np.int64]], float],
    count: int,
    *,
    resamples: int = 1000,
    seed: int = 0,
    alpha: float = 0.05,
) -> tuple[float, float]:
    """The expanded percentile bootstrap interval of any statistic of rows, given as row numbers."""
    rng = np.random.default_rng(seed)
    values = [statistic(rng.integers(count, size=count)) for _ in range(resamples)]
    tail = expanded_tail(alpha, count)
    low, high = np.nanquantile(values, [tail, 1.0 - tail])
    return float(low), float(high)
