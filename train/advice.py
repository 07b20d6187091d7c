"""One sentence of advice from a comparison's numbers, and nothing that the numbers do not say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from curate.schemas.comparison import MethodResult

# A method does as well as another that is surely no better than by this (of 1, or of its value).
AS_GOOD = 0.05
# Standard errors between "no difference" and one that is seen in four of five cases at 5%.
_DETECTABLE = 2.8


@dataclass(frozen=True)
class Gap:
    """A difference of two methods in the deciding metric, row by row, with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def negated(self) -> Gap:
        """The difference the other way round."""
        return Gap(-self.value, -self.high, -self.low)


def advise_on(
    methods: Mapping[str, MethodResult],
    gaps: Mapping[tuple[str, str], Gap],
    *,
    primary: str,
    title: str,
    rows: int,
    share: bool,
) -> str:
    """What to do.

    Args:
        methods: results by name.
        gaps: for each ordered pair of methods (a, b), the difference a - b.
        primary: name of the deciding metric.
        title: what it measures.
        rows: test rows.
        share: the metric lies between 0 and 1, and is told in points of a hundred.
    """

    def quality(name: str) -> float:
        return methods[name].metrics[primary].value

    best = {
        tuned: max((n for n, m in methods.items() if m.tuned is tuned), key=quality, default=None)
        for tuned in (False, True)
    }
    prompted, tuned = best[False], best[True]
    if prompted is None or tuned is None:
        only = max(methods, key=quality)
        return (
            f"{_cap(methods[only].title)} does best in {title} "
            f"({_level(quality(only), share)}); without "
            f"{'a tuned' if tuned is None else 'a prompted'} model beside it, this cannot say "
            "whether fine-tuning pays."
        )
    gap = gaps[tuned, prompted]
    ours, theirs = methods[tuned], methods[prompted]
    levels = f"{_level(quality(tuned), share)} against {_level(quality(prompted), share)}"
    if gap.low > 0.0:
        return (
            f"{_cap(ours.title)} wins by {_amount(gap, share)} in {title} over {theirs.title} "
            f"({levels}){_tokens(ours, theirs)}."
        )
    if gap.high < 0.0:
        return (
            f"{_cap(theirs.title)} does better by {_amount(gap.negated, share)} in {title} "
            f"({_level(quality(prompted), share)} against {_level(quality(tuned), share)}): "
            "don't fine-tune."
        )
    small = AS_GOOD if share else AS_GOOD * abs(quality(prompted))
    if gap.high <= small:
        return (
            f"{_cap(theirs.title)} does as well in {title} ({_level(quality(prompted), share)} "
            f"against {_level(quality(tuned), share)}; difference {_signed(gap, share)}): don't "
            "fine-tune."
        )
    return (
        f"The test set is too small to tell {ours.title} and {theirs.title} apart in {title} "
        f"({levels}; difference {_signed(gap, share)}); about {_rows_needed(gap, rows, small)} "
        f"rows would, and there are {rows}."
    )


def _rows_needed(gap: Gap, rows: int, small: float) -> int:
    """Rows at which a difference of this size (or `small`, where it is larger) would show."""
    error = (gap.high - gap.low) / (2.0 * 1.96)
    wanted = max(abs(gap.value), small) or error
    return max(rows + 1, math.ceil(rows * (_DETECTABLE * error / wanted) ** 2))


def _tokens(ours: MethodResult, theirs: MethodResult) -> str:
    if not ours.prompt_tokens or not theirs.prompt_tokens:
        return ""
    ratio = theirs.prompt_tokens / ours.prompt_tokens
    if ratio >= 1.5:
        return f", with {ratio:.1f} times fewer prompt tokens"
    if ratio <= 1 / 1.5:
        return f", with {1 / ratio:.1f} times the prompt tokens"
    return ""


def _level(value: float, share: bool) -> str:
    return f"{100 * value:.1f}%" if share else f"{value:.3f}"


def _amount(gap: Gap, share: bool) -> str:
    if share:
        return (
            f"{100 * gap.value:.0f} points (95% interval {100 * gap.low:.0f} to "
            f"{100 * gap.high:.0f})"
        )
    return f"{gap.value:.3f} (95% interval {gap.low:.3f} to {gap.high:.3f})"


def _signed(gap: Gap, share: bool) -> str:
    scale, unit, digits = (100, " points", 0) if share else (1, "", 3)
    return (
        f"{scale * gap.value:+.{digits}f}{unit}, 95% interval {scale * gap.low:+.{digits}f} to "
        f"{scale * gap.high:+.{digits}f}"
    )


def _cap(title: str) -> str:
    named = {"fine-tuned": "Fine-tuning", "fine-tuned, retrieval": "Fine-tuning with retrieval"}
    return named.get(title, title[:1].upper() + title[1:])
