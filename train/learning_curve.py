"""How much data is enough: train on nested parts, fit a power law, say what doubling would buy.

Nested subsets of n/8, n/4, n/2 and n examples are trained with the same recipe, each to its own
best step, and measured on one validation set. The losses are fitted with L(n) = E + A n^-β, a
power law with a floor (Hestness et al. 2017, arXiv 1712.00409, report exponents of 0.07 to 0.35;
language models' transfer is of the same form, Zhang et al. 2024, arXiv 2402.17193). The
interval comes from refitting on resampled validation rows, one choice of rows for all sizes, so
that what all sizes share cancels. It is never said beyond twice the data there is: one-shot fits
miss far targets (Mahmood et al. 2022, arXiv 2207.01725).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.train.evaluations import ExampleLosses

Floats = NDArray[np.float64]

# Exponents that are tried: below, the law is a constant; above, no learning curve is so steep.
_EXPONENTS = np.linspace(0.02, 0.7, 69)
_RESAMPLES = 400
_INTERVAL = (0.1, 0.9)


@dataclass(frozen=True)
class PowerLaw:
    """L(n) = floor + scale · n^-exponent, in nats per learnt token."""

    floor: float
    scale: float
    exponent: float

    def at(self, n: float) -> float:
        """The loss with n examples."""
        return self.floor + self.scale * math.pow(n, -self.exponent)


def fit(sizes: Sequence[int], losses: Sequence[float] | Floats) -> PowerLaw:
    """The least-squares power law with floor ≥ 0 and scale ≥ 0."""
    floor, scale, exponent = _fit_all(sizes, np.asarray(losses, np.float64)[None])
    return PowerLaw(float(floor[0]), float(scale[0]), float(exponent[0]))


def _fit_all(sizes: Sequence[int], losses: Floats) -> tuple[Floats, Floats, Floats]:
    """Floors, scales and exponents, [R] each, of the best laws through `losses` [R, sizes].

    For a given exponent the law is linear in floor and scale, so exponents are searched on a
    grid (X of them) and the rest is solved exactly.
    """
    x = np.asarray(sizes, np.float64)[None, :] ** -_EXPONENTS[:, None]  # [X, sizes]
    centred = x - x.mean(1, keepdims=True)
    mean = losses.mean(1, keepdims=True)  # [R, 1]
    scale = losses @ (centred / (centred**2).sum(1, keepdims=True)).T  # [R, X]
    floor = mean - scale * x.mean(1)
    # Where a bound is crossed, the optimum lies on it: no curve at all, or no floor.
    through_zero = losses @ (x / (x**2).sum(1, keepdims=True)).T
    floor, scale = np.where(floor < 0, 0.0, floor), np.where(floor < 0, through_zero, scale)
    floor, scale = np.where(scale < 0, mean, floor), np.maximum(scale, 0.0)
    error = ((floor[..., None] + scale[..., None] * x - losses[:, None]) ** 2).sum(-1)
    best = error.argmin(1)
    rows = np.arange(len(losses))
    return floor[rows, best], scale[rows, best], _EXPONENTS[best]


@dataclass(frozen=True)
class Forecast:
    """What doubling the data would buy.

    Attributes:
        sizes, losses: examples trained on, and validation losses at the best steps.
        gain: predicted fall of the loss from n to 2n examples, nats per learnt token.
        interval: its 80% interval.
        law: the fit.
    """

    sizes: tuple[int, ...]
    losses: tuple[float, ...]
    gain: float
    interval: tuple[float, float]
    law: PowerLaw

    @property
    def below_noise(self) -> bool:
        """Whether the interval reaches zero, so that nothing can be said."""
        return self.interval[0] <= 0.0

    def sentence(self) -> str:
        """The forecast in one sentence."""
        n = self.sizes[-1]
        low, high = self.interval
        if self.below_noise:
            return (
                f"Doubling the {n:,} examples buys less than can be told from noise "
                f"(80% interval {low:+.3f} to {high:+.3f} nats a token off the loss)."
            )
        share = self.gain / self.losses[-1] if self.losses[-1] else 0.0
        return (
            f"Doubling the {n:,} examples to {2 * n:,} would take about {self.gain:.3f} nats a token "
            f"({share:.0%}) off the validation loss of {self.losses[-1]:.3f} "
            f"(80% interval {low:.3f} to {high:.3f})."
        )


def forecast(sizes: Sequence[int], measured: Sequence[ExampleLosses], seed: int = 0) -> Forecast:
    """What doubling the largest of `sizes` would buy.

    Args:
        sizes: examples trained on, increasing; at least three.
        measured: the validation losses of each, over the same rows.
        seed: of the resampling.

    Raises:
        ValueError: fewer than three sizes, or the rows differ.
    """
    if len(sizes) < 3 or len(sizes) != len(measured):
        raise ValueError("a learning curve needs at least three sizes")
    if len({m.ids for m in measured}) != 1:
        raise ValueError("all sizes have to be measured on the same rows")
    nll = np.stack([m.nll for m in measured])
    tokens = measured[0].tokens.astype(np.float64)
    rng = np.random.default_rng(seed)
    law = fit(sizes, nll.sum(1) / tokens.sum())
    residual = nll.sum(1) / tokens.sum() - [law.at(n) for n in sizes]
    # Runs of equal size differ by chance of data and seed, which one run a size cannot show; the
    # scatter about the fit stands in for it. Three parameters are fitted, so that little is free
    # to scatter: how far it really does is drawn anew each time (Student's t).
    free = max(1, len(sizes) - 3)
    scatter = np.sqrt((residual**2).sum() / rng.chisquare(free, size=(_RESAMPLES, 1)))
    rows = rng.integers(0, len(tokens), size=(_RESAMPLES, len(tokens)))
    losses = nll[:, rows].sum(-1).T / tokens[rows].sum(-1)[:, None]  # [resamples, sizes]
    losses = losses + scatter * rng.normal(size=losses.shape)
    _, scales, exponents = _fit_all(sizes, losses)
    gains = scales * float(sizes[-1]) ** -exponents * (1.0 - 2.0**-exponents)
    low, high = np.quantile(gains, _INTERVAL)
    return Forecast(
        tuple(int(n) for n in sizes),
        tuple(float(v) for v in nll.sum(1) / tokens.sum()),
        _gain(law, sizes[-1]),
        (float(low), float(high)),
        law,
    )


def _gain(law: PowerLaw, n: int) -> float:
    return law.at(n) - law.at(2 * n)


def nested_sizes(count: int, *, parts: int = 4, smallest: int = 16) -> list[int]:
    """n/8, n/4, n/2 and n examples (for four parts), none smaller than `smallest`."""
    sizes = [count // 2**k for k in range(parts - 1, -1, -1)]
    return [n for n in sizes if n >= smallest]
