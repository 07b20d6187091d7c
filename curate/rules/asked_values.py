"""What a prompt asks to have calculated, and its true value: expressions, sums in words, powers, statistics, areas."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Iterator
from fractions import Fraction

from curate.patterns import Topic, regex
from curate.rules.arithmetic import Unreadable, evaluate, number, shown

_LIST = regex(
    r"(?<![\w.])-?\d+(?:\.\d+)?(?:\s*,\s*(?:and\s+)?-?\d+(?:\.\d+)?)+(?:,?\s+and\s+-?\d+(?:\.\d+)?)?(?![\w.]*\d)"
)
_NUMERAL = regex(r"-?\d+(?:\.\d+)?")
_EXPRESSION = regex(r"[-−(]*\d[\d,.\s()+*/×÷^−x-]*[\d)]")
_OPERATION = regex(r"[\d)]\s*(?:[-+*/×÷^−x(])\s*[\d(-]")
_ORDER_WORDS = (
    r"please|calculate|compute|evaluate|solve|work|out|what|whats|is|find|do|determine|simplify|perform|give|me|tell|the|a|an"
    r"|of|for|result|following|given|equation|expression|expressions|mathematical|math|maths|arithmetic|algebraic|numerical"
    r"|problem|problems|question|answer|to|this|value|operation|sum|calculation|predict|output|below|correct|input|and|it|s"
    r"|equal|equals|using|order|operations|simple|number|in|numbers"
)
_ORDER = regex(_ORDER_WORDS)
_WORD = regex(r"[^\W\d_]+")
# A prompt of no other words, or with an equation.
ORDER_HINT = rf"(?i)\A[^a-z]*(?:(?:{_ORDER_WORDS}|x)(?:[^a-z]+|\z))+\z|="
_GROUPED = regex(r"\d{1,3}(?:,\d{3})+")
_NOT_OF_ALL = regex(
    r"weight|moving|geometric|harmonic|squares?\b|digits|even|odd|except|first|last|second|divisible|larg|small|great"
    r"|absolute|matri|up to|subset|elements? (?:that|which)|store|array|pairs?|combination|deviation",
    re.I,
)
_TASK = regex(
    r"(?:please\s+)?\b(?:calculate|compute|what|evaluate|find|solve|determine|multiply|divide|add|subtract|how much|sum)\b",
    re.I,
)


def _mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


_MEAN = regex(r"\b(?:mean|average)\b", re.I)
_STATISTICS: tuple[tuple[re.Pattern[str], str, Callable[[list[Fraction]], Fraction]], ...] = (
    (_MEAN, "mean", _mean),
    (regex(r"\bmedian\b", re.I), "median", lambda values: Fraction(statistics.median(values))),
    (regex(r"\b(?:sum|add)\b", re.I), "sum", lambda values: sum(values, Fraction(0))),
    (
        regex(r"\bproduct\b|\bmultiply\b", re.I),
        "product",
        lambda values: Fraction(math.prod(values)),
    ),
)
_LABELLED = regex(
    r"\s*(?:[-*•]\s*)?[^\n:]{1,40}:\s*[^\n\d-]{0,12}(-?\d+(?:\.\d+)?)\s*[^\n\d]{0,12}"
)
_PI = Fraction(math.pi)
_GEOMETRY: tuple[tuple[re.Pattern[str], int, Callable[[list[Fraction]], Fraction]], ...] = (
    (regex(r"\barea\b.*\bcircle\b.*\bradius\b", re.I | re.S), 1, lambda m: _PI * m[0] ** 2),
    (regex(r"\bcircumference\b.*\bradius\b", re.I | re.S), 1, lambda m: 2 * _PI * m[0]),
    (regex(r"\barea\b.*\bcircle\b.*\bdiameter\b", re.I | re.S), 1, lambda m: _PI * m[0] ** 2 / 4),
    (regex(r"\bdiameter\b.*\bcircle\b.*\barea\b", re.I | re.S), 1, lambda m: Fraction(2 * math.sqrt(m[0] / _PI))),
    (regex(r"\barea\b.*\b(?:rectangle|rectangular|parallelogram)\b", re.I | re.S), 2, lambda m: m[0] * m[1]),
    (regex(r"\barea\b.*\bsquare\b.*\b(?:side|length)\b", re.I | re.S), 1, lambda m: m[0] ** 2),
    (regex(r"\bperimeter\b.*\bsquare\b", re.I | re.S), 1, lambda m: 4 * m[0]),
    (regex(r"\bvolume\b.*\bcube\b", re.I | re.S), 1, lambda m: m[0] ** 3),
    (regex(r"\barea\b.*\brhombus\b.*\bdiagonals?\b", re.I | re.S), 2, lambda m: m[0] * m[1] / 2),
)  # fmt: skip
_NOT_PLAIN = regex(
    r"\bsurface\b|\b(?:convert|ratio|half|semi|quarter|sector|monthly|quarterly|twice|double|triple|formula|write|function)\b",
    re.I,
)
_NUM = r"\$?(-?\d[\d,]*(?:\.\d+)?)"
_PHRASES: tuple[tuple[re.Pattern[str], Callable[[Fraction, Fraction], Fraction]], ...] = (
    (regex(rf"{_NUM}\s*(?:%|percent)\s+of\s+{_NUM}(?!\d|\s*(?:%|percent))", re.I), lambda a, b: a * b / 100),
    (regex(rf"\bsum of {_NUM} (?:and|\+) {_NUM}", re.I), lambda a, b: a + b),
    (regex(rf"\bproduct of {_NUM} and {_NUM}", re.I), lambda a, b: a * b),
    (regex(rf"\bdifference between {_NUM} and {_NUM}", re.I), lambda a, b: abs(a - b)),
    (regex(rf"\bmultiplying {_NUM} (?:and|by|with|times) {_NUM}", re.I), lambda a, b: a * b),
    (regex(rf"\badding {_NUM} (?:and|to) {_NUM}", re.I), lambda a, b: a + b),
    (regex(rf"\bdividing {_NUM} by {_NUM}", re.I), lambda a, b: a / b),
    (regex(rf"\bsubtracting {_NUM} from {_NUM}", re.I), lambda a, b: b - a),
    (regex(rf"\bquotient of {_NUM} (?:and|divided by) {_NUM}", re.I), lambda a, b: a / b),
    (regex(rf"{_NUM} to the power of {_NUM}", re.I), lambda a, b: a ** int(b) if 0 < b < 40 else Fraction(1, 0)),
    (regex(rf"{_NUM} plus {_NUM}(?![\d.]|\s*(?:%|percent))", re.I), lambda a, b: a + b),
    (regex(rf"\badd {_NUM} (?:and|to) {_NUM}", re.I), lambda a, b: a + b),
    (regex(rf"\bsubtract {_NUM} from {_NUM}", re.I), lambda a, b: b - a),
    (regex(rf"{_NUM} minus {_NUM}", re.I), lambda a, b: a - b),
    (regex(rf"{_NUM} (?:times|multiplied by) {_NUM}", re.I), lambda a, b: a * b),
    (regex(rf"\bmultiply {_NUM} (?:by|and|with) {_NUM}", re.I), lambda a, b: a * b),
    (regex(rf"(?<!\d ){_NUM} divided by {_NUM}", re.I), lambda a, b: a / b),
    (regex(rf"\bdivide {_NUM} by {_NUM}", re.I), lambda a, b: a / b),
    (regex(rf"\bpercent(?:age)? (?:increase|change) from {_NUM} to {_NUM}", re.I), lambda a, b: (b - a) * 100 / a),
)  # fmt: skip
_SHAPED = regex(r"\barea\b|perimeter|circumference|diameter|volume", re.I)
_ROOT = regex(r"\bsquare root of (\d{1,9})\b(?!\.)", re.I)
_POWER = regex(r"(?<![\d.])(\d{1,6})\s+(squared|cubed)\b|\b(square|cube) of (\d{1,6})\b", re.I)
# One look decides which of the patterns above are tried at all.
_IN_PHRASES = Topic(*(pattern for pattern, _ in _PHRASES))
_OF_STATISTICS = Topic(*(pattern for pattern, _, _ in _STATISTICS))
_OF_MEANS, _OF_POWERS, _OF_SHAPES = Topic(_MEAN), Topic(_ROOT, _POWER), Topic(_SHAPED)


def asked_values(prompt: str) -> Iterator[tuple[str, Fraction]]:
    """What the prompt asks for, in words, and its true value."""
    try:
        yield from _expected_expression(prompt)
        phrases = _IN_PHRASES.which(prompt)
        two = phrases and _asks(prompt) and len(_NUMERAL.findall(prompt)) == 2
        for i in phrases if two else ():
            pattern, of = _PHRASES[i]
            match = pattern.search(prompt)
            if match:
                yield match[0], of(number(match[1]), number(match[2]))
                return
        if _OF_POWERS.may_match(prompt):
            yield from _expected_power(prompt)
        if _OF_STATISTICS.may_match(prompt):
            yield from _expected_statistic(prompt)
        if _OF_MEANS.may_match(prompt):
            yield from _expected_of_labelled(prompt)
        if _OF_SHAPES.may_match(prompt):
            yield from _expected_geometry(prompt)
    except (Unreadable, ZeroDivisionError):
        return


def _asks(prompt: str) -> bool:
    return _TASK.match(prompt.lstrip("\"'([ ")) is not None


def _expected_expression(prompt: str) -> Iterator[tuple[str, Fraction]]:
    first = _WORD.search(prompt)
    if first and first[0][:1] not in "xX" and not _ORDER.fullmatch(first[0].lower()):
        return  # all words must be those of an order, and none but x belongs to an expression
    match = _EXPRESSION.search(prompt)
    if match is None or not _OPERATION.search(match[0]):
        return
    rest = prompt[: match.start()] + " " + prompt[match.end() :]
    words = _WORD.findall(rest.lower())
    if re.search(r"\d", rest) or not all(_ORDER.fullmatch(word) for word in words):
        return
    expression = match[0]
    if re.fullmatch(
        r"\d{1,4}\s*[-/]\s*\d{1,2}\s*[-/]\s*\d{1,4}|\d+/\d+|\d{3}-\d{3,4}(?:-\d+)?",
        expression,
    ):
        return  # a date, a fraction or a telephone number
    yield expression.strip(), evaluate(expression)


def _expected_power(prompt: str) -> Iterator[tuple[str, Fraction]]:
    """Squares, cubes and whole square roots."""
    if not _asks(prompt) or len(_NUMERAL.findall(prompt)) != 1:
        return
    root, power = _ROOT.search(prompt), _POWER.search(prompt)
    if root and math.isqrt(int(root[1])) ** 2 == int(root[1]):
        yield root[0], Fraction(math.isqrt(int(root[1])))
    elif power:
        base, name = int(power[1] or power[4]), (power[2] or power[3]).lower()
        yield power[0], Fraction(base) ** (2 if name.startswith("square") else 3)


def _expected_of_labelled(prompt: str) -> Iterator[tuple[str, Fraction]]:
    """The mean of values that stand on lines of their own: "Day 1: 15 degrees"."""
    head, _, rest = prompt.partition("\n")
    if not rest or not _MEAN.search(head) or _NOT_OF_ALL.search(prompt):
        return
    matches = [_LABELLED.fullmatch(line) for line in rest.splitlines() if line.strip()]
    values = [Fraction(m[1]) for m in matches if m]
    if (
        len(values) >= 2
        and len(values) >= len(matches) - 1
        and (matches[0] or ":" in rest.split("\n")[1])
    ):
        yield f"the mean of {', '.join(map(shown, values))}", _mean(values)


def _expected_geometry(prompt: str) -> Iterator[tuple[str, Fraction]]:
    """Areas and the like of shapes whose measures are all given."""
    if not _SHAPED.search(prompt):
        return
    measures = [Fraction(n) for n in _NUMERAL.findall(prompt)]
    for pattern, count, of in _GEOMETRY:
        if len(measures) == count and pattern.search(prompt) and not _NOT_PLAIN.search(prompt):
            yield "what follows from " + ", ".join(map(shown, measures)), of(measures)
            return


def _expected_statistic(prompt: str) -> Iterator[tuple[str, Fraction]]:
    lists = _LIST.findall(prompt) if "," in prompt else ()
    if len(lists) != 1:
        return
    asked = [(name, of) for pattern, name, of in _STATISTICS if pattern.search(prompt)]
    if len(asked) != 1 or not _TASK.search(prompt):
        return
    if _NOT_OF_ALL.search(prompt) or _GROUPED.fullmatch(lists[0]):
        return
    values = [Fraction(n) for n in _NUMERAL.findall(lists[0])]
    others = len(_NUMERAL.findall(prompt)) - len(values)
    if len(values) < 2 or others > 1:
        return
    name, of = asked[0]
    yield f"the {name} of {lists[0].strip()}", of(values)
