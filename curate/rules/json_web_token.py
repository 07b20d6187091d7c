"""PII011: a signed token."""

from __future__ import annotations

import polars as pl

from curate.identifiers import JSON_WEB_TOKEN
from curate.masking import mask_secret
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _condition(options: LintOptions) -> pl.Expr:
    return pl.col("text").str.contains(english(JSON_WEB_TOKEN))


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("text").str.contains("eyJ", literal=True)


RULE = ColumnRule(
    about=About(
        code="PII011",
        name="json-web-token",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a JSON web token stands in the text",
        reason="It names a person or a service and may still open the door.",
        example='{"prompt": "Call", "completion": "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"}',
        remedy="Revoke the token, then remove it.",
    ),
    frame="segments",
    condition=_condition,
    message="a JSON web token: {match}",
    pattern=english(JSON_WEB_TOKEN),
    mask=mask_secret,
    first=_first,
)
