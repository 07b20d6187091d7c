"""Statements about numbers that hold or do not hold wherever they stand in a text.

"7 plus 5 is 13", "15% of 80 is 10", "the square root of 81 is 8", "1900 was a leap year", and a measure that
is given twice, "100 km (30 miles)". Rounding is allowed for; what is supposed or asked is left to the caller.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction

from curate.patterns import Topic, regex

_NUM = r"(-?\d[\d,]*(?:\.\d+)?)"
_IS = r"(?: ?(?:,|:))? (?:is|equals|is equal to|gives|makes|will be|(?:and |then )?(?:the )?(?:result|answer|sum|product|difference|quotient|total) (?:is|will be|would be|equals)) "
# Few places have a digit; only there is looked at what stands before.
_BEFORE = r"(?=[-\d])(?<![\w.,/*^+×÷$€£(-])(?<![/*^+×÷=-] )(?<!\d )(?<!of )(?<!by )(?<!plus )(?<!minus )(?<!times )"
_AFTER = r"(?![\w%]|[.,]\d|\s*[-+*/×÷^=%]|\s+(?:plus|minus|times|multiplied|divided|more|less|percent|remainder|with a remainder|r\b|R\b|1/|[a-z]+ and))"
_SUMS: tuple[tuple[re.Pattern[str], Callable[[Fraction, Fraction], Fraction]], ...] = (
    (regex(rf"{_BEFORE}{_NUM} plus {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a + b),
    (regex(rf"{_BEFORE}{_NUM} added to {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a + b),
    (regex(rf"{_BEFORE}{_NUM} minus {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a - b),
    (regex(rf"{_BEFORE}{_NUM} is subtracted from {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: b - a),
    (regex(rf"\bsubtract(?:ing)? {_NUM} from {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: b - a),
    (regex(rf"{_BEFORE}{_NUM} (?:times|multiplied by) {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a * b),
    (regex(rf"{_BEFORE}{_NUM} divided by {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a / b),
    (regex(rf"{_BEFORE}{_NUM} ?(?:%|percent) of {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a * b / 100),
    (regex(rf"\bsum of {_NUM} and {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a + b),
    (regex(rf"\bproduct of {_NUM} and {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a * b),
    (regex(rf"\bdifference between {_NUM} and {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: abs(a - b)),
    (regex(rf"\b(half|a third|one third|a quarter|one quarter|a tenth|one tenth|double|twice|triple) (?:of )?{_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a * b),
    (regex(rf"{_BEFORE}{_NUM} (?:raised )?to the power of {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: power(a, b)),
    (regex(rf"\b(square|cube) of {_NUM}{_IS}{_NUM}{_AFTER}", re.I), lambda a, b: power(b, a)),
    (regex(rf"{_BEFORE}{_NUM} (dozen|gross|scores?){_IS}{_NUM}{_AFTER}", re.I), lambda a, b: a * b),
)  # fmt: skip
# What words stand for: a part, a multiple, an exponent, a number of things.
_WORTH = {
    "half": Fraction(1, 2), "a third": Fraction(1, 3), "one third": Fraction(1, 3), "a quarter": Fraction(1, 4), "one quarter": Fraction(1, 4),
    "a tenth": Fraction(1, 10), "one tenth": Fraction(1, 10), "double": Fraction(2), "twice": Fraction(2), "triple": Fraction(3),
    "square": Fraction(2), "cube": Fraction(3), "dozen": Fraction(12), "gross": Fraction(144), "score": Fraction(20), "scores": Fraction(20),
}  # fmt: skip
_LARGEST_EXPONENT = 64
# The average of a list that stands in the sentence.
_MEAN = regex(
    rf"\b(?:average|mean) of (\d[\d.]*(?:, \d[\d.]*)+,? and \d[\d.]*|\d[\d.]* and \d[\d.]*){_IS}{_NUM}{_AFTER}",
    re.I,
)
# A time that is given twice: "3 hours is 190 minutes".
_SECONDS: dict[str, Fraction | int] = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
}
_METRES: dict[str, Fraction | int] = {
    "km": 1000,
    "kilometer": 1000,
    "kilometre": 1000,
    "m": 1,
    "meter": 1,
    "metre": 1,
    "cm": Fraction(1, 100),
    "mm": Fraction(1, 1000),
}
_GRAMS: dict[str, Fraction | int] = {
    "kg": 1000,
    "kilogram": 1000,
    "g": 1,
    "gram": 1,
    "mg": Fraction(1, 1000),
}
_SAME = regex(
    rf"{_BEFORE}{_NUM} (seconds?|minutes?|hours?|days?|weeks?|km|kilomet(?:er|re)s?|m|met(?:er|re)s?|cm|mm|kg|kilograms?|g|grams?|mg)(?: is| are| equals?| =) {_NUM} (seconds?|minutes?|hours?|days?|km|kilomet(?:er|re)s?|m|met(?:er|re)s?|cm|mm|kg|kilograms?|g|grams?|mg)(?![\w/²³]| per| and| an?\b| (?:longer|shorter|more|less|later|earlier|too|away|long|old|of)\b)",
    re.I,
)
_OF_A_SUM = regex(r"\d[^.\n]*$|\b(?:for|x|times|by|over|per|of|and|plus|minus|in)\s*$", re.I)
_ROOT = regex(rf"\bsquare root of {_NUM}{_IS}{_NUM}{_AFTER}", re.I)
_LEAP = regex(r"\b([12]\d{3}) (?:is|was|will be) (not )?a leap year\b", re.I)
# Kind and worth in the kind's base unit.
_UNITS: dict[str, tuple[str, float]] = {
    "kilometer": ("length", 1000), "kilometre": ("length", 1000), "km": ("length", 1000),
    "meter": ("length", 1), "metre": ("length", 1), "centimeter": ("length", 0.01), "centimetre": ("length", 0.01), "cm": ("length", 0.01),
    "mile": ("length", 1609.344), "yard": ("length", 0.9144), "feet": ("length", 0.3048), "foot": ("length", 0.3048), "inche": ("length", 0.0254), "inch": ("length", 0.0254),
    "kilogram": ("mass", 1), "kg": ("mass", 1), "gram": ("mass", 0.001), "pound": ("mass", 0.45359237), "lb": ("mass", 0.45359237), "ounce": ("mass", 0.028349523),
}  # fmt: skip
_UNIT = r"(kilomet(?:er|re)s?|km|met(?:er|re)s?|centimet(?:er|re)s?|cm|miles?|yards?|feet|foot|inch(?:es)?|kilograms?|kg|grams?|pounds?|lbs?|ounces?)"
_MEASURE = rf"{_NUM} ?(million|billion|thousand)?[ -]?(square )?{_UNIT}"
_TWICE = regex(
    rf"(?<![\w.,/-])(?<!to )(?<!and )(?<!–){_MEASURE} (?:\((?:about |approximately |around |roughly |or |equal to )?|or (?:about |approximately )?|and is approximately |which is (?:about |approximately |equal to )?){_MEASURE}(?![\w/]| per| ?(?:tall|and|by)\b)",
    re.I,
)
_PART = regex(r"(?:feet|foot|ft|pounds?|lbs?|yards?|miles?|['’])[ ,]*(?:and )?$", re.I)
_SCALE = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "": 1.0}
# By so much two measures may differ, the shorter of which shows so many digits.
_FREE = {1: 0.3, 2: 0.15, 3: 0.05}
HINT = (
    r"(?i-u:[0-9] (?:plus|minus|times|multiplied by|divided by|added to) -?[0-9]|subtracted from [0-9]|subtract(?:ing)? [0-9]|[0-9] ?(?:%|percent) of [0-9][0-9.,]* (?:is|equals)|(?:sum|product) of [0-9][0-9.,]* and [0-9]|difference between [0-9][0-9.,]* and [0-9]|(?:half of|third of|quarter of|tenth of|double|twice|triple) [0-9][0-9.,]* (?:is|equals)|power of [0-9]+ (?:is|equals|gives)|(?:square|cube) of [0-9][0-9.,]* (?:is|equals)|[0-9] dozen (?:is|equals)|(?:average|mean) of [0-9][0-9., ]* and [0-9]"
    r"|[0-9] (?:seconds?|minutes?|hours?|days?|weeks?|km|kilomet(?:er|re)s?|m|met(?:er|re)s?|kg|kilograms?|grams?|g) (?:is|are|equals?|=) [0-9]"
    r"|square root of [0-9]|leap year|[-0-9 ](?:km|kilomet(?:er|re)s?|feet|miles?|kg|kilograms?|pounds|met(?:er|re)s?|inches|cm|yards|lbs) (?:\(|or |and is approx|which is )[a-z ]{0,16}[0-9])"
)
# How each statement of a result goes on, and what stands between a measure and the same again.
_RESULT = regex(r" (?:is|are|equals?|=|to|gives|makes|be) -?\d", re.I)
_AGAIN = regex(r" \(| or | and is approx| which is ", re.I)
# What stands in each statement of a measure, which has no rarer words.
_MEASURES = regex(
    r" (?:seconds?|minutes?|hours?|days?|weeks?|km|kilomet(?:er|re)s?|m|met(?:er|re)s?|cm|mm|kg|kilograms?|g|grams?|mg) ",
    re.I,
)
_OF_SUMS = Topic(*(pattern for pattern, _ in _SUMS))
_OF_RESULTS = Topic(*_OF_SUMS.patterns, _MEAN, _ROOT, _MEASURES)
_OF_ANYTHING = Topic(*_OF_RESULTS.patterns, _LEAP, _TWICE)
Claim = tuple[re.Match[str], Fraction | None]


def false_claims(text: str) -> Iterator[Claim]:
    """Each statement that does not hold, with the true value where there is one."""
    if not _OF_ANYTHING.may_match(text):
        return
    if _OF_RESULTS.may_match(text) and _RESULT.search(text):
        yield from _false_results(text)
    for match in _LEAP.finditer(text):
        year = int(match[1])
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if leap == bool(match[2]):
            yield match, None
    for match in _TWICE.finditer(text) if _AGAIN.search(text) else ():
        # "5 feet 10 inches" is one measure of two parts.
        before = text[max(0, match.start() - 12) : match.start()]
        if not _PART.search(before) and _differ(match):
            yield match, None


def _false_results(text: str) -> Iterator[Claim]:
    """Statements of what a sum, a mean, a measure or a root is."""
    for pattern, of in (_SUMS[i] for i in _OF_SUMS.which(text)):
        for match in pattern.finditer(text):
            a, b, said = (_value(group) for group in match.groups())
            if pattern is _SUMS[6][0] and b == 0:
                continue
            try:
                true = of(a, b)
            except ValueError:
                continue
            if not _near(true, said, match[3]):
                yield match, true
    for match in _MEAN.finditer(text):
        values = [Fraction(v.rstrip(".")) for v in _DIGITS.findall(match[1])]
        mean = sum(values, Fraction(0)) / len(values)
        if not _near(mean, _value(match[2]), match[2]):
            yield match, mean
    for match in _SAME.finditer(text) if _MEASURES.search(text) else ():
        # "14 hours a week for 24 weeks = 336 hours" is a sum.
        if "=" in match[0] and _OF_A_SUM.search(text[max(0, match.start() - 24) : match.start()]):
            continue
        size = _same_kind(match[2].lower(), match[4].lower())
        if size is not None and not _near(_value(match[1]) * size, _value(match[3]), match[3]):
            yield match, _value(match[1]) * size
    for match in _ROOT.finditer(text):
        of_what, said = (Fraction(g.strip(",").replace(",", "")) for g in match.groups())
        root = Fraction(math.sqrt(abs(of_what)))
        if of_what >= 0 and not _near(root, abs(said), match[2]):
            yield match, root


_DIGITS = regex(r"\d[\d.]*")


def _same_kind(a: str, b: str) -> Fraction | None:
    """How many of the second unit make one of the first, where both measure the same."""
    for units in (_SECONDS, _METRES, _GRAMS):
        of_a, of_b = (units.get(u) or units.get(u.removesuffix("s")) for u in (a, b))
        if of_a is not None and of_b is not None and of_a != of_b:
            return Fraction(of_a) / Fraction(of_b)
    return None


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """The power, of whole exponents that an answer would write out; others are not judged."""
    if exponent.denominator != 1 or not 0 <= exponent <= _LARGEST_EXPONENT:
        raise ValueError("not reckoned with")
    return base ** int(exponent)


def _value(written: str) -> Fraction:
    return _WORTH.get(written.lower()) or Fraction(written.strip(",").replace(",", ""))


def _near(true: Fraction, said: Fraction, written: str) -> bool:
    """Whether a value is the true one, rounded to the digits that it shows."""
    if true.denominator == 1:
        return true == said
    decimals = len(written.rstrip(".").partition(".")[2])
    return abs(true - said) <= Fraction(1, 10**decimals)


def _differ(match: re.Match[str]) -> bool:
    """Whether the two measures are of one kind and far apart."""
    sizes, kinds, digits = [], [], []
    for start in (1, 5):
        number, scale, square, unit = match.group(start, start + 1, start + 2, start + 3)
        name = unit.lower() if unit.lower() in _UNITS else unit.lower().rstrip("s")
        kind, worth = _UNITS[name]
        value = float(number.strip(",").replace(",", "")) * _SCALE[(scale or "").lower()]
        sizes.append(value * (worth**2 if square else worth))
        kinds.append((kind, bool(square)))
        digits.append(len(re.sub(r"\D", "", number).strip("0")))
    if kinds[0] != kinds[1] or min(sizes) <= 0:
        return False
    return abs(sizes[0] - sizes[1]) > _FREE[min(3, max(1, min(digits)))] * max(sizes)
