"""Questions in words with one numeric answer: each form is a pattern whose numbers are all that the prompt holds.

A pattern is tried only where one of its words stands in the prompt, and counts only if the prompt has
no number besides those that it takes up: another number may change the question.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from curate.patterns import Topic, has_any, regex
from curate.rules.arithmetic import evaluate
from curate.rules.conversions import DATE, date_of

Answers = tuple[Fraction, ...]
Question = tuple[str, Answers, Fraction]
_EXACT, _CLOSE = Fraction(0), Fraction(1, 100)
_PI = Fraction(math.pi)
_MOST_YEARS = 1000
_N = r"[$€£]?(-?\d[\d,]*(?:\.\d+)?)"
_NUMERALS = regex(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_OTHERWISE = regex(
    r"\b(?:function|program|script|code|python|java|formula|write|explain|story|twice|estimate|approximate|squared?\b.*\bsquared?|per)\b",
    re.I,
)


def _interest(principal: Fraction, rate: Fraction, years: Fraction) -> Answers:
    simple = principal * rate * years / 100
    return simple, principal + simple


def compound(principal: Fraction, rate: Fraction, years: Fraction) -> Answers:
    """Compound interest, and the sum with it; nothing for times that no number of sensible length answers."""
    if not 0 <= years <= _MOST_YEARS:
        return ()
    total = principal * (1 + rate / 100) ** int(years)
    return total - principal, total


def _sum_to(first: Fraction, last: Fraction, even: bool | None) -> Answers:
    numbers = range(int(first), int(last) + 1)
    return (Fraction(sum(n for n in numbers if even is None or (n % 2 == 0) == even)),)


_YEARS = r"\D{0,12}(?:for|over|after|in|and)\D{0,24}"
# Words of which one must stand in the prompt, the pattern, the answers that are right, and how near a claim must be.
_FORMS: tuple[tuple[tuple[str, ...], re.Pattern[str], Callable[..., Answers], Fraction], ...] = (
    (("triangle",), regex(rf"\barea of an? (?:right(?:-angled)? )?triangle\b\D*\b(?:base|height|width)\D{{0,12}}{_N}\D*\b(?:base|height)\D{{0,12}}{_N}", re.I), lambda a, b: (a * b / 2,), _EXACT),
    (("rectang",), regex(rf"\bperimeter of (?:an?|the) rectang\w*\D*{_N}\D+{_N}", re.I), lambda a, b: (2 * (a + b),), _EXACT),
    (("cylinder",), regex(rf"\bvolume of (?:an?|the) cylinder\b\D*\bradius\D{{0,12}}{_N}\D*\bheight\D{{0,12}}{_N}", re.I), lambda r, h: (_PI * r * r * h,), _CLOSE),
    (("cone",), regex(rf"\bvolume of (?:an?|the) cone\b\D*\bradius\D{{0,12}}{_N}\D*\bheight\D{{0,12}}{_N}", re.I), lambda r, h: (_PI * r * r * h / 3,), _CLOSE),
    (("sphere",), regex(rf"\bvolume of (?:an?|the) sphere\b\D*\bradius\D{{0,12}}{_N}", re.I), lambda r: (4 * _PI * r**3 / 3,), _CLOSE),
    (("sphere",), regex(rf"\bsurface area of (?:an?|the) sphere\b\D*\bradius\D{{0,12}}{_N}", re.I), lambda r: (4 * _PI * r * r,), _CLOSE),
    (("legs", "sides"), regex(rf"\bhypotenuse\b\D*\b(?:legs|sides)\D*{_N}\D+{_N}", re.I), lambda a, b: (Fraction(math.hypot(a, b)),), _CLOSE),
    (("percent",), regex(r"(?<![\d/])(\d+)/(\d+) (?:as|in|into|to) (?:an? )?percent", re.I), lambda a, b: (a * 100 / b,), _CLOSE),
    (("fraction",), regex(r"\b(?:convert|change|express|write|turn) (?:the )?(?:decimal )?(?:number )?(\d*\.\d+) (?:in|as|into|to) (?:an? )?(?:simple |common )?fraction", re.I), lambda a: (a,), _EXACT),
    (("leap year",), regex(r"\bhow many days (?:are )?(?:there )?in an? leap year\b", re.I), lambda: (Fraction(366),), _EXACT),
    (("binary",), regex(r"\bbinary (?:number |code |value )?([01]{2,16}) (?:in|as|into|to) (?:an? )?(?:decimal|base 10|base ten)", re.I), lambda a: (Fraction(int(str(a), 2)),), _EXACT),
    (("natural", "integers", "numbers"), regex(r"\bsum of the first (\d{1,3}) (?:natural|positive|counting|whole)?\s*(?:numbers|integers)\b", re.I), lambda n: (n * (n + 1) / 2,), _EXACT),
    (("sum",), regex(r"\bsum of (?:all )?(?:the )?(?:numbers|integers|natural numbers) from (\d{1,4}) (?:to|through) (\d{1,4})\b", re.I), lambda a, b: _sum_to(a, b, None), _EXACT),
    (("even",), regex(r"\bsum of (?:all )?(?:the )?even (?:numbers|integers) from (\d{1,4}) (?:to|through) (\d{1,4})\b", re.I), lambda a, b: _sum_to(a, b, True), _EXACT),
    (("odd",), regex(r"\bsum of (?:all )?(?:the )?odd (?:numbers|integers) from (\d{1,4}) (?:to|through) (\d{1,4})\b", re.I), lambda a, b: _sum_to(a, b, False), _EXACT),
    (("add", "sum"), regex(r"\b(?:add|sum of) (\d+)/(\d+) (?:and|to) (\d+)/(\d+)", re.I), lambda a, b, c, d: (a / b + c / d,), _CLOSE),
    (("subtract",), regex(r"\bsubtract (\d+)/(\d+) from (\d+)/(\d+)", re.I), lambda a, b, c, d: (c / d - a / b,), _CLOSE),
    (("multiply", "product"), regex(r"\b(?:multiply|product of) (\d+)/(\d+) (?:and|by|with) (\d+)/(\d+)", re.I), lambda a, b, c, d: (a * c / (b * d),), _CLOSE),
    (("simplif", "reduce"), regex(r"\b(?:simplify|reduce) (?:the )?(?:following )?(?:fraction )?:?\s*(\d+)/(\d+)(?: to (?:its )?(?:lowest|simplest) (?:terms|form))?\s*\.?$", re.I), lambda a, b: (a / b,), _EXACT),
    (("off", "discount"), regex(rf"{_N}\D*\b(?:is|on|with|at|has|gets?|and|for|of)\b\D{{0,30}}{_N}\s*(?:%|percent) (?:off|discount)\D*\b(?:price|cost|pay|much)\b", re.I), lambda a, b: (a * (100 - b) / 100, a * b / 100), _CLOSE),
    (("tip",), regex(rf"\btip\b\D*{_N}\s*(?:%|percent)\D*{_N}", re.I), lambda b, a: (a * b / 100, a * (100 + b) / 100), _CLOSE),
    (("tip",), regex(rf"{_N}\s*(?:%|percent) tip\b\D*{_N}", re.I), lambda b, a: (a * b / 100, a * (100 + b) / 100), _CLOSE),
    (("speed", "velocity"), regex(rf"{_N} ?(?:miles?|km|kilomet(?:er|re)s?|met(?:er|re)s?|m) in {_N} ?(?:hours?|minutes?|seconds?|h|s)\b", re.I), lambda a, b: (a / b, a / b * 60, a / b * 1000 / 60), _CLOSE),
    (("distance", "how far"), regex(rf"{_N} ?(?:mph|km/?h|miles per hour|kilomet(?:er|re)s per hour|m/s)\D{{1,30}}{_N} ?(?:hours?|seconds?)\b", re.I), lambda a, b: (a * b,), _CLOSE),
    (("simple interest",), regex(rf"{_N}\D{{1,40}}{_N} ?(?:%|percent){_YEARS}{_N} years?", re.I), _interest, _CLOSE),
    (("compound interest", "compounded annually"), regex(rf"{_N}\D{{1,40}}{_N} ?(?:%|percent){_YEARS}{_N} years?", re.I), compound, _CLOSE),
    (("remainder",), regex(rf"\bremainder (?:when|of|if) (?:dividing )?{_N} (?:is )?(?:divided )?(?:by|and) {_N}", re.I), lambda a, b: (Fraction(int(a) % int(b)),), _EXACT),
    (("half",), regex(rf"\b(?:what is|find|calculate|give me) (?:one[- ])?half of {_N}\s*[.?]?$", re.I), lambda a: (a / 2,), _EXACT),
    (("double", "twice"), regex(rf"\b(?:double (?:the (?:number|value) )?|what is (?:twice|double) ){_N}\s*[.?]?$", re.I), lambda a: (2 * a,), _EXACT),
    (("cube root",), regex(r"\bcube root of (\d{1,9})\s*[.?]?$", re.I), lambda a: (Fraction(round(float(a) ** (1 / 3), 6)),), _CLOSE),
    (("multiply", "multiplied", "product"), regex(rf"\bmultiply {_N} (?:by|and|with) {_N}", re.I), lambda a, b: (a * b,), _EXACT),
)  # fmt: skip
_LONGEST = 160
_ANNUAL_ONLY = regex(
    r"\b(?:monthly|quarterly|daily|semi|half-?yearly|continuously|increase|down|each)\b", re.I
)
_SIDES = {
    "triangle": 3, "quadrilateral": 4, "square": 4, "rectangle": 4, "pentagon": 5, "hexagon": 6, "heptagon": 7,
    "octagon": 8, "nonagon": 9, "decagon": 10, "dodecagon": 12,
}  # fmt: skip
_POLYGON = regex(rf"\bhow many (?:sides|vertices|angles|corners) (?:does|are (?:there )?(?:in|on)) an? (?:regular )?({'|'.join(_SIDES)})\b", re.I)  # fmt: skip
_WITH_VALUES = regex(
    r"\b(?:evaluate|find the value of|calculate|compute|determine|what is(?: the value of)?|solve)\b(?: the)?(?: following)?(?: algebraic)?(?: expression| equation)?:?\s+([-\d(]?[\dxyab +*/^().-]*[xyab][\dxyab +*/^().-]*?),? (?:when|if|for|where|given(?: that)?|with) ([xyab]) ?= ?(-?\d+)(?:,? (?:and )?([xyab]) ?= ?(-?\d+))?\s*[.?]?$",
    re.I,
)
_ROUND = regex(r"\bround (?:off )?(?:the )?(?:number |decimal )?(\d[\d,]*(?:\.\d+)?) to (?:the )?(?:nearest )?(whole number|integer|unit|tenth|hundredth|thousandth|ten|hundred|thousand|(?:one|two|three|1|2|3) decimal ?(?:places?|digits?|points?)?)", re.I)  # fmt: skip
_PLACES = {
    "whole number": 0, "integer": 0, "unit": 0, "tenth": 1, "hundredth": 2, "thousandth": 3, "ten": -1, "hundred": -2,
    "thousand": -3, "one": 1, "two": 2, "three": 3, "1": 1, "2": 2, "3": 3,
}  # fmt: skip
_DAYS = regex(r"\bhow many days\b|\bnumber of days\b|\bdays (?:are )?between\b", re.I)
_DETERMINANT = regex(r"\bdeterminant\b", re.I)
_MATRIX = regex(
    r"\[\s*\[?\s*(-?\d+)\s*,?\s*(-?\d+)\s*\]?\s*[,;]?\s*\[?\s*(-?\d+)\s*,?\s*(-?\d+)\s*\]\s*\]?"
)

HINT = (
    r"(?i-u:\bhypotenuse\b|\bas an? percent|\bto (?:an? )?fraction|leap year|binary (?:number |code |value )?[01]|sum of (?:the|all)|fraction|\bround (?:off )?[a-z ]{0,12}[0-9]|(?:%|percent) (?:off|discount)"
    r"|\btip\b|\bspeed\b|how far|\bdistance\b|interest|remainder|how many days|number of days|\bhalf of|\bdouble\b|cube root|how many (?:sides|vertices|angles|corners)|determinant|(?:when|if|where|for|with) [xyab] ?= ?-?[0-9])"
)

_IN_FORMS = Topic(*(pattern for _, pattern, _, _ in _FORMS))
# Of what is asked otherwise, all but the values of expressions, which hold a sign of equality.
_IN_FEW_WORDS = Topic(_POLYGON, _ROUND, _DAYS, _DETERMINANT)


def worded(prompt: str) -> Iterator[Question]:
    """What a prompt asks for in words, the answers that are right, and how near a claim must come."""
    if len(prompt) > _LONGEST:
        return
    forms, in_few_words = _IN_FORMS.which(prompt), _IN_FEW_WORDS.may_match(prompt)
    if not (forms or in_few_words or "=" in prompt) or _OTHERWISE.search(prompt):
        return
    lower = prompt.lower()
    for words, pattern, of, near in (_FORMS[i] for i in forms):
        match = pattern.search(prompt) if has_any(lower, words) else None
        if match is None or (of is compound and _ANNUAL_ONLY.search(prompt)):
            continue
        values = [_value(group) for group in match.groups()]
        # An input may give a number of the order again.
        if {_value(n) for n in _NUMERALS.findall(prompt)} <= {abs(v) for v in values}:
            digits = (match[1],) if "binary" in words else values
            yield match[0], of(*digits), near
            return
    yield from _of_few_words(prompt)


def _value(text: str) -> Fraction:
    return Fraction(text.strip(",").replace(",", ""))


def _of_few_words(prompt: str) -> Iterator[Question]:
    polygon = _POLYGON.search(prompt)
    if polygon and not _NUMERALS.search(prompt):
        yield polygon[0], (Fraction(_SIDES[polygon[1].lower()]),), _EXACT
    given = _WITH_VALUES.search(prompt) if "=" in prompt else None
    if given:
        values = {given[2].lower(): given[3]} | ({given[4].lower(): given[5]} if given[4] else {})
        expression = _filled(given[1].lower(), values)
        if expression is not None:
            yield given[0], (evaluate(expression),), _CLOSE
    rounded = _ROUND.search(prompt)
    if rounded and len(_NUMERALS.findall(prompt.replace(rounded[2], ""))) == 1:
        yield rounded[0], _rounded(rounded[1], rounded[2].lower()), _EXACT
    days = DATE.finditer(prompt) if _DAYS.search(prompt) else ()
    dates = [date for date in map(date_of, days) if date]
    if len(dates) == 2:
        yield "the days between two dates", _days_between(*dates), _EXACT
    matrix = _MATRIX.search(prompt) if _DETERMINANT.search(prompt) else None
    if matrix and len(_NUMERALS.findall(prompt)) == 4:
        a, b, c, d = (Fraction(v) for v in matrix.groups())
        yield "the determinant", (a * d - b * c,), _EXACT


def _filled(expression: str, values: dict[str, str]) -> str | None:
    """An expression with values in place of its letters; None where a letter has none."""
    if set(re.findall(r"[a-z]", expression)) != set(values) or re.search(r"[a-z]\d|\)\d", expression):  # fmt: skip
        return None
    # A letter beside a letter or a parenthesis is multiplied, as the parser does with parentheses.
    return re.sub(r"[a-z]", lambda m: f"(0{values[m[0]]})" if values[m[0]].startswith("-") else f"({values[m[0]]})", expression)  # fmt: skip


def _rounded(digits: str, place: str) -> Answers:
    places = _PLACES[place if place in _PLACES else place.split()[0]]
    number = Decimal(digits.replace(",", ""))
    unit = Decimal(1).scaleb(-places)
    ways = (ROUND_HALF_UP, ROUND_HALF_EVEN)
    return tuple(dict.fromkeys(Fraction(number.quantize(unit, rounding=way)) for way in ways))


def _days_between(first: datetime.date, second: datetime.date) -> Answers:
    """The days from one date to another, with one or both ends counted or none."""
    days = abs((second - first).days)
    return Fraction(days), Fraction(days + 1), Fraction(days - 1)
