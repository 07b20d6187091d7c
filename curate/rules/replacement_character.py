"""TXT015: U+FFFD stands where a character was lost."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import beyond_ascii
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _condition(options: LintOptions) -> pl.Expr:
    return pl.col("text").str.contains("\ufffd", literal=True)


RULE = ColumnRule(
    about=About(
        code="TXT015",
        name="replacement-character",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the replacement character U+FFFD stands where a character was lost",
        reason="A decoder put it there for bytes that it could not read. The model learns to write it.",
        example='{"prompt": "Order", "completion": "The caf\ufffd is open."}',
        remedy="Read the source in its right encoding again; the lost character is not in this file.",
    ),
    frame="segments",
    condition=_condition,
    message="a character was lost in decoding (U+FFFD)",
    pattern="\ufffd",
    first=beyond_ascii,
)
