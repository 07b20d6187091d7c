"""One sentence of advice from a comparison's numbers, and nothing that the numbers do not say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from curate.schemas.comparison import ConstantAnswer, MethodResult

# A method does as well as another that is surely no better than by this (of 1, or of its value).
AS_GOOD = 0.05
# Fewer rows than this tell nothing apart: all of five on one side are no rarity (sign test, 6%).
_FEWEST_ROWS = 6
# Even the best is of no use where it is surely below this share of the rows.
_USELESS = 0.1
# Characters of an answer that are shown.
_SHOWN = 80
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
    constant: tuple[ConstantAnswer, Gap] | None = None,
) -> str:
    """What to do.

    Args:
        methods: results by name.
        gaps: for each ordered pair of methods (a, b), the difference a - b.
        primary: name of the deciding metric.
        title: what it measures.
        rows: test rows.
        share: the metric lies between 0 and 1, and is told in points of a hundred.
        constant: the answer that needs no model, and what the best method has over it.
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
    told = _Told(methods, gaps, prompted, tuned, primary, title, rows, share)
    if constant is not None and (said := told.no_better_than(*constant)):
        return said
    return told.verdict() + told.caution()


@dataclass(frozen=True)
class _Told:
    """The best method that only prompts against the best tuned one, in words."""

    methods: Mapping[str, MethodResult]
    gaps: Mapping[tuple[str, str], Gap]
    prompted: str
    tuned: str
    primary: str
    title: str
    rows: int
    share: bool

    def quality(self, name: str) -> float:
        """The deciding metric of a method."""
        return self.methods[name].metrics[self.primary].value

    def level(self, name: str) -> str:
        """The same, in words."""
        return _level(self.quality(name), self.share)

    def verdict(self) -> str:
        """What the difference says."""
        gap = self.gaps[self.tuned, self.prompted]
        ours, theirs = self.methods[self.tuned], self.methods[self.prompted]
        levels = f"{self.level(self.tuned)} against {self.level(self.prompted)}"
        turned = f"{self.level(self.prompted)} against {self.level(self.tuned)}"
        small = AS_GOOD if self.share else AS_GOOD * abs(self.quality(self.prompted))
        if self.rows >= _FEWEST_ROWS:
            if gap.low > 0.0:
                return self._looking_it_up(gap) or (
                    f"{_cap(ours.title)} wins by {_amount(gap, self.share)} in {self.title} over "
                    f"{theirs.title} ({levels}){_tokens(ours, theirs)}."
                )
            if gap.high < 0.0:
                return (
                    f"{_cap(theirs.title)} does better by {_amount(gap.negated, self.share)} in "
                    f"{self.title} ({turned}): don't fine-tune."
                )
            if gap.high <= small:
                return (
                    f"{_cap(theirs.title)} does as well in {self.title} ({turned}; difference "
                    f"{_signed(gap, self.share)}): don't fine-tune."
                )
        return (
            f"The test set is too small to tell {ours.title} and {theirs.title} apart in "
            f"{self.title} ({levels}; difference {_signed(gap, self.share)}); about "
            f"{_rows_needed(gap, self.rows, small)} rows would, and there are {self.rows}."
        )

    def no_better_than(self, constant: ConstantAnswer, more: Gap) -> str | None:
        """Where the same answer to everything does as well: the methods differ, and none of them helps."""
        small = AS_GOOD if self.share else AS_GOOD * abs(constant.value)
        if self.rows < _FEWEST_ROWS or more.high > small:
            return None
        return (
            f"The same answer to every request, {_cut(constant.text)}, does as well in {self.title} "
            f"({_level(constant.value, self.share)}) as the best of these, "
            f"{self.methods[constant.best].title} ({self.level(constant.best)}; difference "
            f"{_signed(more, self.share)}): don't fine-tune. Look whether the answers follow from "
            "the requests at all."
        )

    def _looking_it_up(self, on_top: Gap) -> str | None:
        """Where retrieval brings more than the training that stands on it: retrieve first."""
        without = [n for n in self.methods if not _retrieves(n)]
        if not (_retrieves(self.prompted) and _retrieves(self.tuned) and without):
            return None
        best = max(without, key=self.quality)
        gain = self.gaps[self.prompted, best]
        if gain.low <= 0.0 or gain.value <= on_top.value:
            return None
        title = self.methods[best].title
        return (
            f"Retrieve first: retrieval wins by {_amount(gain, self.share)} in {self.title} over "
            f"{title}, the best without it ({self.level(self.prompted)} against "
            f"{self.level(best)}); fine-tuning on top of it adds {_amount(on_top, self.share)} "
            f"({self.level(self.tuned)})."
        )

    def caution(self) -> str:
        """A word where even the best method hardly ever succeeds."""
        best = max(self.methods, key=self.quality)
        interval = self.methods[best].metrics[self.primary].interval
        if not self.share or interval is None or interval[1] > _USELESS:
            return ""
        return (
            f" But nothing here does the task: the best reaches {self.level(best)}, surely no more "
            f"than {_level(interval[1], True)}. Try a larger base model."
        )


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _retrieves(name: str) -> bool:
    return "retrieval" in name


def _rows_needed(gap: Gap, rows: int, small: float) -> int:
    """Rows at which a difference of this size (or `small`, where it is larger) would show."""
    error = (gap.high - gap.low) / (2.0 * 1.96)
    wanted = max(abs(gap.value), small) or error
    return max(rows + 1, _FEWEST_ROWS, math.ceil(rows * (_DETECTABLE * error / wanted) ** 2))


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
