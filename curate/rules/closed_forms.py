"""Questions with one numeric answer that follows from what the prompt gives: shapes, money, units, lists.

Each function takes a prompt and yields what it asks for, in words, and the answers that count as
right. A question that has another reading, or gives a number that the form does not use, is left alone.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Iterator
from fractions import Fraction

from curate.patterns import Topic, has_any, regex
from curate.rules.arithmetic import Unreadable
from curate.rules.number_series import next_terms
from curate.rules.numerals import (
    ORDINAL,
    labelled_lists,
    labelled_values,
    only_list,
    plain_numbers,
    points,
    position_of,
)
from curate.rules.worded_forms import HINT as WORDED_HINT
from curate.rules.worded_forms import compound, worded

# What is asked for, the right answers, and the share by which a claim may differ (for rounding).
Question = tuple[str, tuple[Fraction, ...], Fraction]
_EXACT = Fraction(0)
_CLOSE = Fraction(1, 100)
_LONGEST = 260

_NOT_PLAIN = regex(
    r"\b(?:monthly|quarterly|daily|semi|half|formula|function|program|code|script|write|explain|derive|sector"
    r"|story|sentence|essay|python|java|twice|double|if|estimate)\b",
    re.I,
)


def _simple(principal: Fraction, rate: Fraction, years: Fraction) -> tuple[Fraction, ...]:
    interest = principal * rate * years / 100
    return interest, interest + principal


def _sine_area(a: Fraction, b: Fraction, angle: Fraction) -> tuple[Fraction, ...]:
    return (a * b * Fraction(math.sin(math.radians(angle))) / 2,)


def _hypotenuse(a: Fraction, b: Fraction) -> tuple[Fraction, ...]:
    return (Fraction(math.hypot(a, b)),)


_PI = Fraction(math.pi)
Labels = tuple[str, ...]


def _named(pattern: str) -> re.Pattern[str]:
    return regex(pattern, re.I | re.S)


_BY_LABEL: tuple[tuple[re.Pattern[str], Labels, Callable[..., tuple[Fraction, ...]]], ...] = (
    (_named(r"\bcompound interest\b"), ("principal|amount|sum|investment", "rate|interest", "time|years?|period|term|duration"), compound),
    (_named(r"\bsimple interest\b"), ("principal|amount|sum|investment", "rate|interest", "time|years?|period|term|duration"), _simple),
    (_named(r"\barea\b.*\btriangle\b.*\bangle\b"), ("side", "side", "angle"), _sine_area),
    (_named(r"\barea\b.*\brhombus\b|\barea\b.*\bkite\b"), ("diagonal", "diagonal"), lambda a, b: (a * b / 2,)),
    (_named(r"\barea\b.*\btriangle\b"), ("base|height", "height|base"), lambda a, b: (a * b / 2,)),
    (_named(r"\barea\b.*\b(?:rectangle|parallelogram|room|garden|field)\b"), ("length|base|width|height", "width|height|breadth|base|length"), lambda a, b: (a * b,)),
    (_named(r"\bperimeter\b.*\brectang"), ("length|width|height", "width|length|height|breadth"), lambda a, b: (2 * (a + b),)),
    (_named(r"\bsurface area\b.*\bcylinder\b"), ("radius", "height"), lambda r, h: (2 * _PI * r * (r + h),)),
    (_named(r"\bvolume\b.*\bcylinder\b"), ("radius", "height"), lambda r, h: (_PI * r**2 * h,)),
    (_named(r"\bvolume\b.*\bcone\b"), ("radius", "height"), lambda r, h: (_PI * r**2 * h / 3,)),
    (_named(r"\bvolume\b.*\bsphere\b"), ("radius",), lambda r: (4 * _PI * r**3 / 3,)),
    (_named(r"\bsurface area\b.*\bsphere\b"), ("radius",), lambda r: (4 * _PI * r**2,)),
    (_named(r"\bsurface area\b.*\bcube\b"), ("side|edge|length",), lambda a: (6 * a * a,)),
    (_named(r"\bdensity\b"), ("mass", "volume"), lambda m, v: (m / v,)),
    (_named(r"\bdensity\b"), ("volume", "mass"), lambda v, m: (m / v,)),
    (_named(r"\b(?:average )?(?:speed|velocity)\b"), ("distance", "time"), lambda d, t: (d / t,)),
    (_named(r"\bpercent(?:age)? (?:increase|change|growth)\b"), ("old|original|initial|starting|first", "new|final|ending|second|current"), lambda a, b: ((b - a) * 100 / a,)),
    (_named(r"\bhypotenuse\b"), ("side|leg|base|a", "side|leg|height|b"), _hypotenuse),
    (_named(r"\bvolume\b.*\b(?:box|cuboid|prism|room|tank)\b"), ("length|width|height|depth",) * 3, lambda a, b, c: (a * b * c,)),
)  # fmt: skip
_LABELLED = Topic(*(pattern for pattern, _, _ in _BY_LABEL))


def _by_label(prompt: str) -> Iterator[Question]:
    """Values with labels of their own ("Side 1 = 6, Side 2 = 8, Angle = 30°")."""
    places = _LABELLED.which(prompt)
    given = labelled_values(prompt) if places else ()
    for pattern, labels, of in (_BY_LABEL[i] for i in places) if given else ():
        if len(given) != len(labels) or not pattern.search(prompt):
            continue
        named = zip(given, labels, strict=True)
        if all(re.search(rf"\b(?:{label})", name) for (name, _), label in named):
            values = [value for _, value in given]
            yield f"what follows from {_told(values)}", of(*values), _CLOSE
            return


def _of_points(prompt: str) -> Iterator[Question]:
    """Area and perimeter of a triangle, and the distance of two points, from coordinates."""
    given = points(prompt)
    if len(given) == 3 and re.search(r"\btriangle\b", prompt, re.I):
        (a, b), (c, d), (e, f) = given
        if re.search(r"\barea\b", prompt, re.I):
            area = abs(a * (d - f) + c * (f - b) + e * (b - d)) / 2
            yield "the area of the triangle", (area,), _CLOSE
        elif re.search(r"\bperimeter\b", prompt, re.I):
            ways = ((0, 1), (1, 2), (2, 0))
            around = sum(math.dist(given[i], given[j]) for i, j in ways)
            yield "the perimeter of the triangle", (Fraction(around),), _CLOSE
    elif len(given) == 2 and re.search(r"\bdistance\b.*\bpoints?\b", prompt, re.I | re.S):
        yield "the distance of the two points", (Fraction(math.dist(*given)),), _CLOSE
    elif len(given) == 2 and re.search(r"\bslope\b", prompt, re.I):
        (a, b), (c, d) = given
        if a != c:
            yield "the slope", ((d - b) / (c - a),), _CLOSE


def _spread(values: list[Fraction]) -> tuple[Fraction, ...]:
    numbers = [float(v) for v in values]
    return Fraction(statistics.pstdev(numbers)), Fraction(statistics.stdev(numbers))


_OF_LIST: tuple[tuple[str, Callable[[list[Fraction]], tuple[Fraction, ...]], Fraction], ...] = (
    (r"standard deviation", _spread, Fraction(1, 50)),
    (r"second[- ](?:smallest|lowest)", lambda v: (sorted(v)[1],), _EXACT),
    (r"second[- ](?:largest|highest|biggest|greatest)", lambda v: (sorted(v)[-2],), _EXACT),
    (r"(?:smallest|lowest|minimum)", lambda v: (min(v),), _EXACT),
    (r"(?:largest|highest|biggest|greatest|maximum)", lambda v: (max(v),), _EXACT),
    (r"range", lambda v: (max(v) - min(v),), _EXACT),
    (r"(?:greatest common (?:factor|divisor)|gcd|gcf|highest common factor)", lambda v: (Fraction(math.gcd(*map(int, v))),), _EXACT),
    (r"(?:least|lowest|smallest) common multiple|lcm", lambda v: (Fraction(math.lcm(*map(int, v))),), _EXACT),
)  # fmt: skip
_LIST_HEAD = r"(?:find|what(?:'s| is)|calculate|compute|determine|identify|give me|return|output|get|select|pick)\s+(?:me\s+)?(?:the\s+)?"
_LIST_TAIL = (
    r"(?:\s+(?:number|value|integer|element|item))?(?:\s*\([a-z]+\))?\s+(?:of|in|from|among|for)\b"
)
_COMMON = regex(r"\bcommon (?:factor|divisor|multiple)\b|\b(?:gcd|gcf|lcm)\b", re.I)


def _of_list(prompt: str) -> Iterator[Question]:
    """Something about one list of numbers, which is all the numbers that the prompt has."""
    values = only_list(prompt)
    if values is None and _COMMON.search(prompt):
        values = plain_numbers(prompt)
    if values is None or len(values) < 2:
        return
    others = len(plain_numbers(prompt)) - len(values)
    nth = re.search(
        rf"\b{ORDINAL} (?:element|term|number|item|value|entry) (?:of|in|from|:)|\b{ORDINAL} term\b",
        prompt,
        re.I,
    )
    if nth:
        at = position_of(nth[1] or nth[2])
        named = re.search(
            r"\b(?:index|replace|swap|remove|delete|insert|root|and \d|small|larg|high|low|great|big|last|end|sort)",
            prompt,
            re.I,
        )
        if at <= len(values) and not named and not others:
            yield f"the {nth[1] or nth[2]} of {_told(values)}", (values[at - 1],), _EXACT
        return
    if others or (any(v.denominator != 1 for v in values) and _COMMON.search(prompt)):
        return
    for pattern, of, near in _OF_LIST:
        if re.search(rf"\b{_LIST_HEAD}{pattern}{_LIST_TAIL}", prompt, re.I):
            if any(v <= 0 for v in values) and _COMMON.search(prompt):
                return
            yield f"a value of {_told(values)}", of(values), near
            return


def _of_several_lists(prompt: str) -> Iterator[Question]:
    """Means, medians and sums of lists that stand on lines of their own: each must be named."""
    lists = labelled_lists(prompt)
    head = prompt.partition("\n")[0]
    if len(lists) < 2 or re.search(
        r"\bweight|\bcombin|\boverall|\ball\b|\bcorrel|\bdot\b", head, re.I
    ):
        return
    for label, values in lists:
        if re.search(r"\b(?:mean|average)\b", head, re.I):
            yield f"the mean of {label}", (sum(values, Fraction(0)) / len(values),), _EXACT
        if re.search(r"\bmedian\b", head, re.I):
            yield f"the median of {label}", (Fraction(statistics.median(values)),), _EXACT


_NUM = r"[$€£]?(-?\d[\d,]*(?:\.\d+)?)"
_PHRASES: tuple[tuple[str, Callable[[Fraction, Fraction], Fraction]], ...] = (
    (rf"{_NUM} is what (?:percent|percentage) of {_NUM}", lambda a, b: a * 100 / b),
    (rf"what (?:percent|percentage) of {_NUM} is {_NUM}", lambda a, b: b * 100 / a),
    (rf"(?:cost|price|total)[^.\n\d]*?{_NUM} [a-z]+(?: [a-z]+)?,? (?:at|that cost|costing|priced at|for|if each(?: [a-z]+)? costs) {_NUM}(?: [a-z]+)? (?:each|apiece|per)\b", lambda a, b: a * b),
    (rf"(?:convert|change|express) the fraction {_NUM}/{_NUM} (?:to|into|as) (?:a )?decimal", lambda a, b: a / b),
)  # fmt: skip


def _of_phrase(prompt: str) -> Iterator[Question]:
    for pattern, of in _PHRASES:
        match = re.search(pattern, prompt, re.I)
        if match and len(plain_numbers(prompt.replace("$", ""))) == 2:
            a, b = (Fraction(match[i].replace(",", "")) for i in (1, 2))
            yield match[0], (of(a, b),), _CLOSE
            return


def _of_factorial(prompt: str) -> Iterator[Question]:
    match = re.search(r"\bfactorial of (\d{1,2})\b|(?<![\d.])(\d{1,2})!(?!\w)", prompt, re.I)
    if match and len(plain_numbers(prompt)) == 1:
        value = int(match[1] or match[2])
        yield f"the factorial of {value}", (Fraction(math.factorial(value)),), _EXACT


def _of_fibonacci(prompt: str) -> Iterator[Question]:
    """Counted from 0 or from 1, with or without a leading 0."""
    match = re.search(
        r"\b(\d{1,2})(?:st|nd|rd|th) (?:number (?:of|in) the )?fibonacci\b", prompt, re.I
    )
    if match and len(plain_numbers(prompt)) == 0:
        row = [0, 1]
        while len(row) <= int(match[1]) + 1:
            row.append(row[-1] + row[-2])
        at = int(match[1])
        yield (
            f"the {match[1]}th Fibonacci number",
            (Fraction(row[at]), Fraction(row[at - 1])),
            _EXACT,
        )


def _of_mode(prompt: str) -> Iterator[Question]:
    values = only_list(prompt)
    if values and re.search(rf"\b{_LIST_HEAD}mode\b(?! and)", prompt, re.I):
        counts = [values.count(v) for v in values]
        if max(counts) > 1:
            right = tuple(v for v, n in zip(values, counts, strict=True) if n == max(counts))
            yield f"the mode of {_told(values)}", right, _EXACT


# "second item", "7th term".
_NTH = tuple(
    f"{ending} {name}"
    for ending in ("st", "nd", "rd", "th")
    for name in ("element", "term", "number", "item", "value", "entry")
)
# Each with words of which one must stand in the prompt, so that most forms cost nothing.
_FORMS: tuple[tuple[tuple[str, ...], Callable[[str], Iterator[Question]]], ...] = (
    (("next", "sequence", "series", "pattern"), next_terms),
    (("fibonacci",), _of_fibonacci),
    (("mode",), _of_mode),
    (("interest", "triangle", "rhombus", "kite", "rectang", "parallelogram", "room", "garden", "field", "density",
      "speed", "velocity", "percent", "hypotenuse", "volume", "cylinder", "sphere", "cone", "cube"), _by_label),
    (("triangle", "distance", "slope"), _of_points),
    (("deviation", "smallest", "lowest", "largest", "highest", "biggest", "greatest", "minimum", "maximum", "range",
      "gcd", "gcf", "lcm", "common", *_NTH), _of_list),
    (("mean", "average", "median"), _of_several_lists),
    (("percent", "cost", "price", "total", "fraction"), _of_phrase),
    (("factorial", "!"), _of_factorial),
)  # fmt: skip
_WORDS_OF_FORMS = Topic(*(regex("|".join(map(re.escape, words)), re.I) for words, _ in _FORMS))
HINT = (
    r"(?i-u:interest|rhombus|density|\bspeed\b|hypotenuse|standard deviation|(?:smallest|largest|minimum|maximum|highest|lowest|greatest|biggest)\b[ -~]*[0-9], ?-?[0-9]"
    r"|common (?:factor|divisor|multiple)|\b(?:gcd|gcf|lcm)\b|triangle|distance\b[ -~]*\([0-9-]|slope|factorial|\brange of|[0-9](?:st|nd|rd|th) (?:element|term|number|item|value|fib)"
    r"|(?:first|second|third|fourth|fifth) (?:element|term|number|item|value)|[0-9.]+ (?:each|apiece)\b|fibonacci|\bmode of|volume|\bnext (?:number|term|value|[a-z]+ (?:number|term))|comes? next|(?:sequence|series|pattern)\b[ -~\n]*[0-9], ?-?[0-9])"
    "|" + WORDED_HINT
)


def questions(prompt: str) -> Iterator[Question]:
    """What a prompt asks for that can be worked out, with the right answers."""
    try:
        yield from worded(prompt)
    except (ZeroDivisionError, Unreadable, ValueError, OverflowError):
        return
    if len(prompt) > _LONGEST:
        return
    places = _WORDS_OF_FORMS.which(prompt)
    if not places:
        return
    lower = prompt.lower()
    forms = [_FORMS[i][1] for i in places if has_any(lower, _FORMS[i][0])]
    if not forms or _NOT_PLAIN.search(prompt):
        return
    for form in forms:
        try:
            yield from form(prompt)
        except (ZeroDivisionError, Unreadable, ValueError, OverflowError):
            continue


def _told(values: list[Fraction]) -> str:
    return ", ".join(f"{float(v):g}" for v in values[:12])
