"""TXT031: arithmetic that can be checked, and is wrong."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import polars as pl

from curate.patterns import regex
from curate.rules import closed_answers, closed_forms, conversions
from curate.rules.arithmetic import (
    Unreadable,
    agrees,
    evaluate,
    number,
    numbers_in,
    plainly_right,
    shown,
)
from curate.rules.exchanges import Exchange, last_exchange
from curate.rules.powers import ROOT_CALL, wrong_powers
from curate.rules.protocol import About, Mark, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.records import RecordFormat

# GSM8K's calculator annotations: <<48/2=24>>.
_ANNOTATION = regex(r"<<([^<>=]{1,80})=\s*\$?(-?[\d.,]+)\s*>>")
# "12 + 30 = 42" in running text; no letters, units or further operators around it.
# Such words may stand before it; after another word a part of the sum may be missing.
_LEADING = "|".join(
    rf"(?<=\b{word} )"
    for word in [
        "so",
        "So",
        "is",
        "are",
        "be",
        "was",
        "to",
        "as",
        "at",
        "for",
        "have",
        "has",
        "had",
        "get",
        "gets",
        "pay",
        "pays",
        "makes",
        "gives",
        "means",
        "total",
        "thus",
        "First",
        "Then",
        "then",
        "Since",
        "since",
        "That's",
    ]
)
_EQUATION = regex(
    rf"(?<![\w.=*/+×÷^(){{}}%°'\"$€£-])(?:(?<![\w)=*/+×÷-] )|{_LEADING})((?:\d[\d,]*(?:\.\d+)?)(?:\s*[-+*/×÷]\s*|\s+x\s+)"
    r"(?:\d[\d,]*(?:\.\d+)?)(?:(?:\s*[-+*/×÷]\s*|\s+x\s+)\d[\d,]*(?:\.\d+)?)*)\s*=\s*(-?\d[\d,]*(?:\.\d+)?)"
    r"(?![\w%/*^×÷°]|\s*[-+*/×÷=(≈]|\s+(?:mod|x|r|R|remainder|hours?|min)\b|[.,]\d)"
)
_LIST = regex(
    r"(?<![\w.])-?\d+(?:\.\d+)?(?:\s*,\s*(?:and\s+)?-?\d+(?:\.\d+)?)+(?:,?\s+and\s+-?\d+(?:\.\d+)?)?(?![\w.]*\d)"
)
_NUMERAL = regex(r"-?\d+(?:\.\d+)?")
_EXPRESSION = regex(r"[-−(]*\d[\d,.\s()+*/×÷^−x-]*[\d)]")
_OPERATION = regex(r"[\d)]\s*(?:[-+*/×÷^−x(])\s*[\d(-]")
_ORDER = regex(
    r"(?:please|calculate|compute|evaluate|solve|work|out|what|whats|is|find|do|determine|simplify|perform|give|me|tell|the|a|an"
    r"|of|for|result|following|given|equation|expression|expressions|mathematical|math|maths|arithmetic|algebraic|numerical"
    r"|problem|problems|question|answer|to|this|value|operation|sum|calculation|predict|output|below|correct|input|and|it|s"
    r"|equal|equals|using|order|operations|simple|number|in|numbers)"
)
_ROUNDED = regex(
    r"\b(?:round|rounded|approximat\w*|about|nearest|roughly|estimat\w*|around|whole number|integer|decimal)\b|≈|~",
    re.I,
)
_PROGRAM = regex(r"\bdef |\breturn\b|;\s*(?:\n|$)|\bfunction\b|=\s*\[|[a-z_]\w*\(\w*\)|\bimport ")
_GROUPED = regex(r"\d{1,3}(?:,\d{3})+")
_NOT_OF_ALL = regex(
    r"weight|moving|geometric|harmonic|squares?\b|digits|even|odd|except|first|last|second|divisible|larg|small|great"
    r"|absolute|matri|up to|subset|elements? (?:that|which)|store|array|pairs?|combination|deviation",
    re.I,
)
_CODE = regex(
    r"\b(?:code|program|script|function|python|java|javascript|sql|algorithm|class|c\+\+|ruby|write)\b|print\(",
    re.I,
)
# An order to write is one for a program only where it says so.
_FOR_CODE = regex(
    r"\b(?:code|program|script|function|python|java|javascript|sql|algorithm|class|c\+\+|ruby)\b|print\("
    r"|\bwrite (?:[a-z]+ ){0,6}?(?:equation|expression|formula|puzzle|riddle|joke|sum|problem)s?\b",
    re.I,
)
_OTHER_NUMBERS = regex(r"\b(?:binary|hexadecimal|octal|base[- ]\d+|modul(?:o|ar)|boolean)\b", re.I)
_TASK = regex(
    r"(?:please\s+)?\b(?:calculate|compute|what|evaluate|find|solve|determine|multiply|divide|add|subtract|how much|sum)\b",
    re.I,
)
_LONGEST_PROMPT = 200
_LONGEST_ANSWER = 900
# Numbers of so many digits are not reckoned with: their powers do not fit a float, nor an answer.
_VAST = regex(r"\d(?:,?\d){39}")


# What is said, and the true value where there is one to name.
Verdict = tuple[str, Fraction | None]


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
    (regex(rf"{_NUM} plus {_NUM}", re.I), lambda a, b: a + b),
    (regex(rf"\badd {_NUM} (?:and|to) {_NUM}", re.I), lambda a, b: a + b),
    (regex(rf"\bsubtract {_NUM} from {_NUM}", re.I), lambda a, b: b - a),
    (regex(rf"{_NUM} minus {_NUM}", re.I), lambda a, b: a - b),
    (regex(rf"{_NUM} (?:times|multiplied by) {_NUM}", re.I), lambda a, b: a * b),
    (regex(rf"\bmultiply {_NUM} (?:by|and|with) {_NUM}", re.I), lambda a, b: a * b),
    (regex(rf"(?<!\d ){_NUM} divided by {_NUM}", re.I), lambda a, b: a / b),
    (regex(rf"\bdivide {_NUM} by {_NUM}", re.I), lambda a, b: a / b),
    (regex(rf"\bpercent(?:age)? (?:increase|change) from {_NUM} to {_NUM}", re.I), lambda a, b: (b - a) * 100 / a),
)  # fmt: skip
# One look decides whether the patterns above are tried at all.
_WORDED = regex(
    r"%|percent|sum of|product of|difference|plus|add|subtract|minus|times|multipl|divid|quotient|power of",
    re.I,
)
_SHAPED = regex(r"\barea\b|perimeter|circumference|diameter|volume", re.I)
_ROOT = regex(r"\bsquare root of (\d{1,9})\b(?!\.)", re.I)
_POWER = regex(r"(?<![\d.])(\d{1,6})\s+(squared|cubed)\b|\b(square|cube) of (\d{1,6})\b", re.I)
_PRIMES = regex(
    r"\bprime numbers?\b[^.]*?\b(?:from|between)\s+(\d{1,4})\s+(?:to|and)\s+(\d{1,4})\b", re.I
)


_TOPICS = (
    r"(?i-u:\b(?:mean|average|median|sum of|product of|multipl|divid|plus|minus|times|percent|prime|subtract|adding|quotient|power of|area|perimeter"
    r"|circumference|volume of|diameter|squared|cubed|square root|square of|cube of|difference between|add [0-9])|%"
    r"|[0-9)] ?[-+*/x^] ?[0-9(])|[0-9)] ?[×÷] ?[0-9("
    rf"]|{closed_forms.HINT}|{conversions.HINT}|{closed_answers.HINT}"
)
_CALCULATION = (
    r"[0-9] ?[-+*/x×÷^] ?[0-9][0-9.,]* ?= ?-?[0-9]|(?-u:sqrt\()[0-9]+\) ?=|√\(?[0-9]+\)? ?="
)


def _applies(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    short = pl.when(
        (prompt.str.len_bytes() <= _LONGEST_PROMPT)
        & (completion.str.len_bytes() <= _LONGEST_ANSWER)
    ).then(prompt)
    # Few prompts are short and hold a number; only they are looked at again.
    numbered = pl.when(short.str.contains(r"[0-9]|(?i-u:how many )")).then(short)
    asked = numbered.str.contains(_TOPICS) & (
        completion.str.contains(r"[0-9]")
        | numbered.str.contains("(?i-u:roman|day of the week|hexadecimal)")
    )
    # One pass over the completions finds calculations and statements about numbers.
    said = completion.str.contains(f"{_CALCULATION}|{closed_answers.CLAIM_HINT}|<<")
    return said | asked


def _check(record: dict[str, Any], format: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    exchange = last_exchange(record, format)
    if exchange is None or _VAST.search(exchange.prompt) or _VAST.search(exchange.completion):
        return
    for said, true in _wrong(exchange):
        message = said if true is None else f"{said}, but it is {shown(true)}"
        yield Mark(exchange.field, message, exchange.completion[:160])
        return


def _wrong(exchange: Exchange) -> Iterator[Verdict]:
    prompt, completion = exchange.prompt, exchange.completion
    if "<<" in completion:
        yield from _wrong_annotations(completion)
        return
    if _FOR_CODE.search(prompt) or _PROGRAM.search(ROOT_CALL.sub("", completion)):
        return
    yield from closed_answers.wrong_statements(completion)
    if "=" in completion and not _OTHER_NUMBERS.search(prompt):
        yield from _wrong_equations(completion)
    short = len(prompt) <= _LONGEST_PROMPT and len(completion) <= _LONGEST_ANSWER
    if short and not _CODE.search(prompt) and not _PROGRAM.search(prompt):
        yield from _wrong_answers(exchange)
        yield from closed_answers.wrong(prompt, completion)


def _wrong_annotations(text: str) -> Iterator[Verdict]:
    for expression, claimed in _ANNOTATION.findall(text):
        if plainly_right(expression, claimed):
            continue
        try:
            true, value = evaluate(expression), number(claimed.rstrip(".,"))
        except Unreadable:
            continue
        # Annotations round freely (<<10/3=3>>); beyond one unit and two percent they are wrong.
        if abs(true - value) > max(Fraction(1), abs(true) / 50) or (
            true.denominator == 1 and value.denominator == 1 and true != value
        ):
            yield f"the text says {expression.strip()} = {claimed}", true


def _wrong_equations(text: str) -> Iterator[Verdict]:
    for match in _EQUATION.finditer(text):
        try:
            true, value = evaluate(match[1]), number(match[2])
        except Unreadable:
            continue
        decimals = len(match[2].partition(".")[2])
        # Sums of decimals come out exactly; only quotients have no end, and people round them.
        endless = true.denominator != 1 and ("/" in match[1] or "÷" in match[1] or not decimals)
        near = _ROUNDED.search(text) or endless
        if agrees(true, value, decimals) or (
            near and abs(true - value) <= max(Fraction(1), abs(true) / 50)
        ):
            continue
        yield f"the completion says {match[0].strip()}", true
    for said, true in wrong_powers(text) if not _ROUNDED.search(text) else ():
        yield f"the completion says {said}", true


def _wrong_answers(exchange: Exchange) -> Iterator[Verdict]:
    claims: list[tuple[Fraction, int]] | None = None
    for what, true in _expected(exchange.prompt):
        if claims is None:
            claims = numbers_in(exchange.completion)
        if not claims:
            continue
        if any(agrees(true, value, decimals) for value, decimals in claims):
            stated = closed_answers.wrong_result(exchange.completion, true)
            if stated:
                yield f"the prompt asks for {what}, the completion says {stated!r}", true
                return
            continue
        # "3 with a remainder of 1" says what 7 divided by 2 is.
        whole = Fraction(math.floor(true))
        if "remainder" in exchange.completion.lower() and any(v == whole for v, _ in claims):
            continue
        if what.startswith("what follows") and any(
            abs(true - v) <= abs(true) / 50 for v, _ in claims
        ):
            continue  # 3.14 for pi, and rounding
        rounding = _ROUNDED.search(exchange.prompt + " " + exchange.completion)
        if rounding and any(
            abs(true - value) <= (1 if decimals == 0 else max(abs(true) / 50, Fraction(1, 10)))
            for value, decimals in claims
        ):
            continue
        yield (
            f"the prompt asks for {what}, the completion says {exchange.completion.strip()[:40]!r}",
            true,
        )
        return
    primes = _PRIMES.search(exchange.prompt)
    if primes:
        yield from _wrong_primes(int(primes[1]), int(primes[2]), exchange.completion)


def _expected(prompt: str) -> Iterator[tuple[str, Fraction]]:
    """What the prompt asks for, in words, and its true value."""
    try:
        yield from _expected_expression(prompt)
        two = _asks(prompt) and len(_NUMERAL.findall(prompt)) == 2
        for pattern, of in _PHRASES if two and _WORDED.search(prompt) else ():
            match = pattern.search(prompt)
            if match:
                yield match[0], of(number(match[1]), number(match[2]))
                return
        yield from _expected_power(prompt)
        yield from _expected_statistic(prompt)
        yield from _expected_of_labelled(prompt)
        yield from _expected_geometry(prompt)
    except (Unreadable, ZeroDivisionError):
        return


def _asks(prompt: str) -> bool:
    return _TASK.match(prompt.lstrip("\"'([ ")) is not None


def _expected_expression(prompt: str) -> Iterator[tuple[str, Fraction]]:
    match = _EXPRESSION.search(prompt)
    if match is None or not _OPERATION.search(match[0]):
        return
    rest = prompt[: match.start()] + " " + prompt[match.end() :]
    words = re.findall(r"[^\W\d_]+", rest.lower())
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


def _wrong_primes(low: int, high: int, completion: str) -> Iterator[Verdict]:
    listed = re.split(r"\bare\b|\bis\b|:|\{", completion)[-1]
    for digits in re.findall(r"(?<![\d.])\d{1,4}(?![\d.]*\d)", listed):
        value = int(digits)
        divisor = next((d for d in range(2, math.isqrt(value) + 1) if value % d == 0), None)
        if low <= value <= high and divisor is not None:
            yield (
                f"the completion counts {value} among the prime numbers, but {divisor} divides it",
                None,
            )
            return


RULE = RecordRule(
    about=About(
        code="TXT031",
        name="wrong-arithmetic",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the completion calculates wrongly",
        reason="Wrong sums teach the model to guess numbers. This rule checks what can be checked exactly: "
        "expressions, percentages, means, medians and sums of lists, equations in the text, and GSM8K's "
        "<<48/2=24>> annotations.",
        example='{"prompt": "Calculate 8 * (25 + 7).", "completion": "216"}',
        remedy="Correct the number, or drop the row.",
        assumes="English wording of the tasks, decimal points",
    ),
    applies=_applies,
    check=_check,
)
