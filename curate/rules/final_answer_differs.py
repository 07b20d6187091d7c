"""TXT053: a worked solution whose final answer stands nowhere in its working."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from curate.patterns import regex
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.rules.written_numbers import numbers_in_words
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_NUMBER = r"\d[\d,]*(?:\.\d+)?|\.\d+"
_MARKER = r"(?:####|\b(?:the )?final answer(?: is)?:?|\bthe answer is:?|(?:^|\n)\**answer:?)"
_FINAL = regex(
    rf"{_MARKER}[ *]*(?P<sign>[-−])?[ ]?[$€£¥]?[ ]?(?P<number>{_NUMBER})[ ]?(?:%|[a-zA-Z°]+)?[.*]*\s*\Z",
    re.I,
)
_RESULT = regex(rf"=\s*+[-−]?\s*+[$€£¥]?\s*+({_NUMBER})")
# "25 000" beside "25" and "000", "1 1/2" beside its parts.
_SPACED = regex(r"\b\d{1,3}(?: \d{3})+\b")
_MIXED = regex(r"\b(?:(\d+) )?(\d+)/(\d+)\b")
_NUMBERS = regex(_NUMBER)
_CALCULATOR = regex(r"<<[^<>]*>>")
# Cents for dollars, a share for a percentage, thousands for units.
_SCALES = (1, 100, Decimal("0.01"), 1000, Decimal("0.001"), 60)
_LEAST_RESULTS = 2


def _applies(options: LintOptions) -> pl.Expr:
    completion = pl.col("completion")
    marked = completion.str.contains(
        r"(?i-u:####|answer is|final answer|\n\**answer)[^\n]*[0-9][^\n]*\s*$"
    )
    return (marked & completion.str.contains(r"=\s*[-−]?\s*[$€£¥]?\s*\.?[0-9]")).fill_null(False)


def _says(prompt: str, completion: str) -> str | None:
    final = _FINAL.search(completion)
    if final is None:
        return None
    working = _CALCULATOR.sub("", completion[: final.start()])
    results = _RESULT.findall(working)
    if len(results) < _LEAST_RESULTS:
        return None
    answer = _value(final["number"])
    if any(_is_written(answer, value) for value in _values(working)):
        return None
    # Taken over from the question, or counted without a computation.
    if any(value == answer for value in _values(prompt)):
        return None
    said = f"{'-' if final['sign'] else ''}{final['number']}"
    return f"the final answer, {said}, stands nowhere in its working, whose last result is {results[-1].rstrip(',')}"


def _value(number: str) -> Decimal:
    return Decimal(number.replace(",", ""))


def _values(text: str) -> Iterator[Decimal]:
    """Every number that a text writes, in whatever way."""
    for number in _NUMBERS.findall(text):
        yield _value(number)
    for number in _SPACED.findall(text):
        yield Decimal(number.replace(" ", ""))
    for whole, over, under in _MIXED.findall(text):
        if int(under):
            yield Decimal(whole or 0) + Decimal(over) / Decimal(under)
    for said in numbers_in_words(text):
        yield Decimal(said)


def _is_written(answer: Decimal, value: Decimal) -> bool:
    """Whether the answer is a number of the working: as it is, in another unit, or rounded."""
    if abs(answer - value) < 1 and (
        answer % 1 == 0 or value % 1 == 0 or abs(answer - value) < Decimal("0.1")
    ):
        return True
    return any(answer == value * scale for scale in _SCALES)


RULE = RecordRule(
    about=About(
        code="TXT053",
        name="final-answer-differs",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the final answer of a worked solution stands nowhere in its working",
        reason="Either the working or the answer is wrong, and the model learns that the one does not follow "
        "from the other. In sets that are scored by the final answer, the score is wrong as well.",
        example='{"prompt": "Ann has 3 boxes of 4 pears and eats 2. How many are left?", '
        '"completion": "She has 3*4 = 12 pears.\\n12-2 = 10 are left.\\n#### 14"}',
        remedy="Work it out again, and mend the answer or the working.",
        assumes='"####", "The answer is", "Final answer" or "Answer" before a number',
    ),
    applies=_applies,
    check=OnExchange(_says),
)
