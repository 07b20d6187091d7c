"""TXT033: the prompt asks for a number of items, and gets another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.patterns import regex
from curate.rules.exchanges import last_exchange
from curate.rules.protocol import About, Mark, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.records import RecordFormat

_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_NUMBER = r"(two|three|four|five|six|seven|eight|nine|ten|[2-9]|1\d|20)"
_REQUEST = regex(
    r"^(?:please\s+)?(?:list|name|give(?: me)?|provide|suggest|identify|generate|create|write|brainstorm|come up with|offer|propose"
    rf"|make|find|describe|state|outline|recommend|think of)\s+(?:a list of\s+|the\s+|me\s+|exactly\s+)*{_NUMBER}\s+"
    r"(?!(?:or|to|-|–|word|sentence|paragraph|line|page|minute|second|hour|day|digit|letter|character|stanza|syllable|step|course|point|year"
    r"|star|verse|part|panel|column|row|different types? of\b.*\beach)\b)(?:[a-z'-]+\s+){0,3}?([a-z-]{3,}s)\b",
    re.I,
)
_OTHERWISE = regex(
    r"\bat least\b|\bor more\b|\bup to\b|\bminimum\b|\bmaximum\b|\bmore than\b|\bper\b|\beach\b|\bevery\b|\band (?:two|three|four|five|\d)|\bpros\b"
    r"|\bfor (?:two|three|four|five|\d)|\d\s*-\s*\d|\bfew\b|\bwith\b|\bexamples?\b.*\bof each",
    re.I,
)
_NUMBERED = regex(r"^\s*(\d{1,2})[.)]\s+\S", re.MULTILINE)


def _applies(options: LintOptions) -> pl.Expr:
    completion = pl.col("completion")
    two = completion.str.contains("\n2.", literal=True) | completion.str.contains(
        "\n2)", literal=True
    )
    wanted = (
        pl.when(two)
        .then(pl.col("prompt"))
        .str.extract(rf"^(?i-u:(?:please )?[a-z]+ [a-z ]{{0,24}}?\b{_NUMBER}) ", 1)
        .str.to_lowercase()
    )
    number = wanted.replace_strict(_WORDS, default=None, return_dtype=pl.Int64).fill_null(
        wanted.str.to_integer(strict=False)
    )
    listed = pl.when(number.is_not_null()).then(completion)
    items = listed.str.count_matches(r"(?m)^[ \t]*[0-9]{1,2}[.)][ \t]+[^ \n]")
    return two & (items >= 2) & (items != number)


def _check(record: dict[str, Any], format: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    exchange = last_exchange(record, format)
    if exchange is None:
        return
    request = _REQUEST.match(exchange.prompt)
    if request is None or _OTHERWISE.search(exchange.prompt):
        return
    wanted = _WORDS.get(request[1].lower()) or int(request[1])
    items = [int(n) for n in _NUMBERED.findall(exchange.completion)]
    if items != list(range(1, len(items) + 1)) or len(items) == wanted:
        return
    yield Mark(
        exchange.field,
        f"the prompt asks for {wanted} {request[2]}, the completion lists {len(items)}",
        exchange.completion[:160],
    )


RULE = RecordRule(
    about=About(
        code="TXT033",
        name="wrong-item-count",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the numbered list has more or fewer items than the prompt asks for",
        reason="The model learns that numbers in a request do not matter.",
        example='{"prompt": "List five fruits.", "completion": "1. Apple\\n2. Pear\\n3. Plum"}',
        remedy="Add or remove items.",
        assumes="English prompts",
    ),
    applies=_applies,
    check=_check,
)
