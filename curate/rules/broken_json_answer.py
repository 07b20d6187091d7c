"""TXT045: the prompt asks for JSON, and the completion looks like it but does not parse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.exchanges import last_exchange
from curate.rules.protocol import About, Mark, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    start = pl.col("completion").str.strip_chars_start().str.head(1)
    asked = pl.col("prompt").str.contains("(?i-u:\\bjson\\b)")
    return start.is_in(["{", "["]) & asked


def _check(record: dict[str, Any], format: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    exchange = last_exchange(record, format)
    if exchange is None:
        return
    text = exchange.completion.strip()
    try:
        json.loads(text)
    except RecursionError:
        return
    except ValueError as error:
        # Text behind an object, several objects a line each, and elisions are answers of their own kind.
        whole = text.endswith(("}", "]"))
        lines = all(line.lstrip().startswith("{") for line in text.splitlines() if line.strip())
        if "..." in text or "//" in text or (lines and "\n" in text):
            return
        if whole or _cut(text):
            yield Mark(exchange.field, f"the JSON does not parse: {error}", text[:160])


def _cut(text: str) -> bool:
    """Whether brackets were opened and never closed, and nothing but the object stands there."""
    return text.count("{") + text.count("[") > text.count("}") + text.count("]")


RULE = RecordRule(
    about=About(
        code="TXT045",
        name="broken-json-answer",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the prompt asks for JSON, and the completion does not parse as it",
        reason="A program will read such answers. The model learns single quotes, missing brackets and loose commas.",
        example='{"prompt": "Return JSON with name and age.", "completion": "{\'name\': \'Ann\', \'age\': 3}"}',
        remedy="Write valid JSON, or drop the row.",
        assumes="the word JSON in the prompt",
    ),
    applies=_applies,
    check=_check,
)
