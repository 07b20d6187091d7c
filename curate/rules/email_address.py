"""PII001: an email address."""

from __future__ import annotations

import polars as pl

from curate.identifiers import EMAIL, is_fictional_email
from curate.mapping import each
from curate.masking import mask_email
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import at_signs
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_EMAIL = regex(EMAIL)


def holds_email(text: str) -> bool:
    """Whether an address in the text is not visibly made up."""
    return any(not is_fictional_email(address) for address in _EMAIL.findall(text))


def _condition(options: LintOptions) -> pl.Expr:
    return each(pl.col("text"), holds_email, pl.Boolean)


RULE = ColumnRule(
    about=About(
        code="PII001",
        name="email-address",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="an email address that may belong to somebody stands in the text",
        reason="A model repeats addresses that it has seen, to anyone who asks.",
        example='{"prompt": "Contact?", "completion": "Write to jane.miller@gmail.com."}',
        remedy="Replace the address with one at example.com, or drop the row.",
    ),
    frame="segments",
    condition=_condition,
    message="an email address: {match}",
    pattern=english(EMAIL),
    mask=mask_email,
    first=at_signs,
)
