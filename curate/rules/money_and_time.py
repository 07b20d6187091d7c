"""Small sums in words whose form leaves one answer: tips, discounts, rises, prices of several, ages, years before."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction

from curate.patterns import may_hold, regex
from curate.rules.arithmetic import numbers_in
from curate.rules.tasks import Table, Task
from curate.rules.wordings import english

_N = r"\$?£?€?(\d[\d,]*(?:\.\d+)?)"
_LABELLED = r"(?:\s*[:=]\s*|\s+(?:is|of)\s+)"
_NUMBERS = regex(r"\d[\d,]*(?:\.\d+)?")
_MARGIN = Fraction(1, 100)
# Words that make another question of it.
_OTHERWISE = regex(
    r"\b(?:tax|coupon|additional|then|after that|also|split|each person|people|shipping|monthly|compound|per (?:month|year|week|day)|left|remaining|change|ratio|average|twice|half|double|if not|original price if|before the|was the original|what percent|percentage|how many|story|equation|expression)\b",
    re.I,
)


def _value(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def _two(text: str, first: str, second: str) -> tuple[Fraction, Fraction] | None:
    """The values of two labels: a price and a percentage, in either order."""
    a = re.search(rf"\b(?:{first}){_LABELLED}{_N}", text, re.I)
    b = re.search(rf"\b(?:{second}){_LABELLED}{_N} ?%", text, re.I)
    return (_value(a[1]), _value(b[1])) if a and b else None


def _percents(text: str) -> tuple[str, tuple[Fraction, ...]] | None:
    """A tip, a discount, a rise or a fall by so many percent; no other number stands in the text."""
    if not may_hold(text, "%", "percent") or len(_NUMBERS.findall(text)) != 2:
        return None
    tip = _two(text, "bill|total|bill amount|meal|cost|check|total bill|amount", "tip|tip percentage|percentage|tip rate|gratuity")  # fmt: skip
    if tip and re.search(r"\btip\b|gratuity", text, re.I):
        bill, rate = tip
        return f"{float(rate):g}% of {float(bill):g}", (
            bill * rate / 100,
            bill * (100 + rate) / 100,
        )
    off = _two(text, "price|original price|cost|list price|total|regular price|amount", "discount|discount rate|discount percentage|percent off|sale")  # fmt: skip
    inline = re.search(rf"{_N}[^.\n\d]{{0,60}}?\b(?:discount(?:ed)? (?:of|by)|with an?|at an?|has an?|marked down by|reduced by|for|is|on sale (?:for|at)) {_N} ?(?:%|percent)(?: (?:off|discount))?", text, re.I)  # fmt: skip
    if off is None and inline and re.search(r"discount|\boff\b|marked down|reduced", text, re.I):
        off = _value(inline[1]), _value(inline[2])
    if off:
        price, rate = off
        return f"{float(price):g} less {float(rate):g}%", (
            price * (100 - rate) / 100,
            price * rate / 100,
        )
    rise = re.search(rf"\b(increas|decreas|reduc)[a-z]* {_N} by {_N} ?(?:%|percent)", text, re.I)
    if rise:
        base, rate = _value(rise[2]), _value(rise[3])
        sign = 1 if rise[1].lower() == "increas" else -1
        return rise[0], (base * (100 + sign * rate) / 100,)
    return None


def _times(text: str) -> tuple[str, tuple[Fraction, ...]] | None:
    """An age in a year, a year so many years before or after another."""
    if not may_hold(text, "born in ", " years "):
        return None
    born = re.search(r"\bborn in (\d{4})\b[^.\n\d]{0,30}\bin (\d{4})\b|\bin (\d{4})\b[^.\n\d]{0,40}\bborn in (\d{4})\b", text, re.I)  # fmt: skip
    if born and re.search(r"\bhow old\b|\bage\b", text, re.I):
        birth, now = (int(born[1]), int(born[2])) if born[1] else (int(born[4]), int(born[3]))
        return f"the age in {now}", (Fraction(now - birth), Fraction(now - birth - 1))
    moved = re.search(r"\b(\d{1,3}) years (before|after|prior to|from) (\d{4})\b", text, re.I)
    if moved and re.search(r"\b(?:what|which) year\b", text, re.I):
        by = -int(moved[1]) if moved[2].lower() in ("before", "prior to") else int(moved[1])
        return moved[0], (Fraction(int(moved[3]) + by),)
    return None


def _prices(text: str) -> tuple[str, tuple[Fraction, ...]] | None:
    """Several things at a price each; so many for so much, and how much for others."""
    if "$" not in text:
        return None
    each = re.findall(r"(?<![\w.$])(\d{1,3}) [a-z]+(?: [a-z]+)?,? (?:at|for|costing|that costs?|priced at) \$(\d+(?:\.\d+)?) (?:each|apiece|per [a-z]+)", text, re.I)  # fmt: skip
    if each and re.search(r"\b(?:total|cost|price|how much|spend|pay)\b", text, re.I) and len(re.findall(r"\d+(?:\.\d+)?", text)) == 2 * len(each):  # fmt: skip
        total = sum((int(n) * Fraction(p) for n, p in each), Fraction(0))
        return "the total", (total,)
    rule = re.search(r"\b(?:if )?(\d{1,3}) ([a-z]+?)s? costs? \$(\d+(?:\.\d+)?),? (?:how much (?:do|does|would|will)|what (?:is|would be) the (?:cost|price) of) (\d{1,3}) \2s?\b", text, re.I)  # fmt: skip
    if rule and int(rule[1]):
        return rule[0], (Fraction(rule[3]) * int(rule[4]) / int(rule[1]),)
    return None


def _factorials(text: str) -> tuple[str, tuple[Fraction, ...]] | None:
    if not may_hold(text, "factorial"):
        return None
    match = re.search(r"\b(\d{1,2}) factorial\b", text, re.I)
    return (match[0], (Fraction(math.factorial(int(match[1]))),)) if match else None


_QUESTIONS: tuple[Callable[[str], tuple[str, tuple[Fraction, ...]] | None], ...] = (
    _percents,
    _times,
    _prices,
    _factorials,
)


def _sums(task: Task, completion: str) -> str | None:
    """One of these questions, and no number in the answer that is right."""
    text = f"{task.order} {task.given}".replace("\n", ", ")
    if len(text) > 220 or _OTHERWISE.search(text):
        return None
    asked = next((found for of in _QUESTIONS if (found := of(text)) is not None), None)
    said = numbers_in(completion) if asked else []
    if asked is None or not said:
        return None
    what, right = asked
    if any(abs(v - r) <= max(_MARGIN * abs(r) if d == 0 and r.denominator != 1 else _MARGIN, _MARGIN) for v, d in said for r in right):  # fmt: skip
        return None
    return f"{what} is {float(right[0]):.10g}, the completion says {completion.strip()[:40]!r}"


CHECKS: Table = (
    (("tip", "discount", "increase", "decrease", "reduce", "born", "year", "total", "cost", "price", "factorial", "%", "how much"), _sums),
)  # fmt: skip
HINT = english(
    r"(?i)\b(?:tip|gratuity|discount(?:ed)?)\b[^\x00]*[0-9] ?%|\b(?:increase|decrease|reduce) \$?[0-9]|[0-9]%? off\b|born in [0-9]{4}|years (?:before|after|prior to|from) [0-9]{4}|at \$[0-9.]+ (?:each|apiece|per)|costs? \$[0-9.]+,? (?:how much|what)|[0-9] factorial"
)
