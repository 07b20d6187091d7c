"""PII008: a private key."""

from __future__ import annotations

import polars as pl

from curate.identifiers import PRIVATE_KEY
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# The first line alone, in a sentence about it: what follows is no key.
_NAMED = r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\"'`]?(?:[,.;:)]|\s+(?:and|or|line|header|followed|to|is|as|means)\b|\s*$)"


def _condition(options: LintOptions) -> pl.Expr:
    return pl.col("text").str.contains(english(PRIVATE_KEY)) & ~pl.col("text").str.contains(
        english(_NAMED)
    )


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("text").str.contains_any(["PRIVATE KEY", "PuTTY-User-Key", "AGE-SECRET-KEY"])


RULE = ColumnRule(
    about=About(
        code="PII008",
        name="private-key",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a private key stands in the text",
        reason="Whoever gets the model or the data can use it. Treat it as lost: replace it.",
        example='{"prompt": "Key?", "completion": "-----BEGIN RSA PRIVATE KEY-----\\nMIIE…"}',
        remedy="Replace the key everywhere it is used, then remove it.",
    ),
    frame="segments",
    condition=_condition,
    message="a private key: {match}",
    pattern=english(PRIVATE_KEY),
    mask=lambda match: match.replace("-----", "").strip()[:40],
    first=_first,
)
