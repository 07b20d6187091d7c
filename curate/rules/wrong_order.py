"""TXT037: a list that should be sorted, and is not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from curate.patterns import regex
from curate.rules.exchanges import Exchange, last_exchange
from curate.rules.protocol import About, Mark, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat

_SORT = r"\b(?:sort|arrange|order|put|organi[sz]e|rank|list|place|rearrange|alphabeti[sz]e)\b"
_ALPHABETICAL = regex(
    rf"{_SORT}.*\balphabetical(?:ly)?\b|\balphabeti[sz]e\b", re.IGNORECASE | re.DOTALL
)
_UP = regex(
    rf"{_SORT}.*\b(?:ascending|(?:smallest|lowest|least|low) to (?:the )?(?:largest|highest|biggest|greatest|high)|from small to large|increasing)\b",
    re.IGNORECASE | re.DOTALL,
)
_DOWN = regex(
    rf"{_SORT}.*\b(?:descending|(?:largest|highest|biggest|greatest|high) to (?:the )?(?:smallest|lowest|least|low)|decreasing)\b",
    re.IGNORECASE | re.DOTALL,
)
_LENGTH = regex(
    rf"{_SORT}.*\b(?:according to|by|in order of)\s+(?:their |the )?length\b",
    re.IGNORECASE | re.DOTALL,
)
_OTHERWISE = regex(
    r"\breverse\b|\blast letter\b|\bsecond\b|\bsurname\b|\blast name\b|\bprice\b|\bdate\b|\bfunction\b|\bprogram\b|\bcode\b",
    re.IGNORECASE,
)
_LONGEST = 400


def _applies(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    short = pl.when(
        (prompt.str.len_bytes() <= _LONGEST) & (pl.col("completion").str.len_bytes() <= _LONGEST)
    ).then(prompt)
    return short.str.contains(
        r"(?i-u:alphabeti|ascending|descending|est to |increasing|decreasing| length)"
    )


def _items(text: str) -> list[str]:
    """The items of a list in commas, lines or brackets, in lower case."""
    parts = re.split(r"[,;\n]| and (?=[^ ]+[.\s]*$)", text.strip().strip("[](){}."))
    cleaned = [
        re.sub(r"^\s*(?:\d{1,2}[.)]\s+|[-*•]\s+|-(?=[A-Za-z])|and\s+)", "", p) for p in parts
    ]
    return [p.strip(" .\"'“”[](){}").lower() for p in cleaned if p.strip(" .\"'“”[](){}")]


def _given(prompt: str) -> list[str]:
    """The items that the prompt gives: after its last colon, or on its last line."""
    last = prompt.strip().splitlines()[-1] if prompt.strip() else ""
    return _items(last.rpartition(":")[2])


def _sorted(items: Sequence[str], prompt: str) -> bool | None:
    """Whether the items stand in the order that the prompt asks for; None when it cannot be told."""
    if _ALPHABETICAL.search(prompt):
        keys = [re.sub(r"[^\w]", "", item) for item in items]
        return keys == sorted(keys) or list(items) == sorted(items)
    if _LENGTH.search(prompt):
        lengths = [len(item) for item in items]
        return lengths in (sorted(lengths), sorted(lengths, reverse=True))
    try:
        numbers = [float(item) for item in items]
    except ValueError:
        return None
    if _UP.search(prompt):
        return numbers == sorted(numbers)
    if _DOWN.search(prompt):
        return numbers == sorted(numbers, reverse=True)
    return None


def _check(record: dict[str, Any], format: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    exchange = last_exchange(record, format)
    if exchange is None or _OTHERWISE.search(exchange.prompt):
        return
    if _WORDS_SORTED.search(exchange.prompt):
        yield from _unsorted_words(exchange)
        return
    given = _given(exchange.prompt)
    answer = _items(re.sub(r"^[^\n:]*:\s*", "", exchange.completion))
    if len(given) < 3 or sorted(given) != sorted(answer):
        return
    if _sorted(answer, exchange.prompt) is False:
        yield Mark(
            exchange.field,
            f"the list is not in the order that the prompt asks for: {', '.join(answer[:8])}",
            exchange.completion[:160],
        )


_WORDS_SORTED = regex(
    r"\bwords\b[^.\n]*\bin alphabetical order\b|\bsort the words\b[^.\n]*\balphabetical", re.I
)


def _unsorted_words(exchange: Exchange) -> Iterator[Mark]:
    """The words of a sentence, all of them, in no alphabetical order."""
    given, answer = (
        [re.sub(r"[^\w'’-]", "", w).lower() for w in text.split()]
        for text in (
            exchange.prompt.strip().rpartition("\n")[2].rpartition(":")[2],
            exchange.completion,
        )
    )
    if len(given) >= 3 and sorted(given) == sorted(answer) and answer != sorted(answer):
        said = f"the words are not in alphabetical order: {' '.join(answer[:8])}"
        yield Mark(exchange.field, said, exchange.completion[:160])


RULE = RecordRule(
    about=About(
        code="TXT037",
        name="wrong-order",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a list that the prompt wants sorted is not",
        reason="The answer can be checked and is wrong: the model learns to guess an order.",
        example='{"prompt": "Sort from smallest to largest: 8, 3, 5", "completion": "3, 8, 5"}',
        remedy="Sort the list.",
        assumes="English prompts; alphabetical order by code points, case aside",
    ),
    applies=_applies,
    check=_check,
)
