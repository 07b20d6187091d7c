"""PII008: a private key."""

from __future__ import annotations

import polars as pl

from curate.identifiers import PRIVATE_KEY
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _condition(options: LintOptions) -> pl.Expr:
    return pl.col("text").str.contains(english(PRIVATE_KEY))


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
