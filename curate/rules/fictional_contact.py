"""PII012: an address or a number that is visibly made up."""

from __future__ import annotations

import polars as pl

from curate.identifiers import EMAIL, PHONE, is_fictional_email, is_fictional_phone
from curate.mapping import each
from curate.masking import masked
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import contacts
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_EMAIL = regex(EMAIL)
_PHONE = regex(rf"(?<![\w.+/=-]){PHONE}(?![\w-]|\.\d)")


def holds_made_up(text: str) -> bool:
    """Whether the text holds an address or a number of nobody."""
    return any(map(is_fictional_email, _EMAIL.findall(text))) or any(
        is_fictional_phone(m[0]) for m in _PHONE.finditer(text)
    )


_HINT = r"[0-9A-Za-z]@[0-9A-Za-z]|[0-9]{3}[).-] ?[0-9]{3}[ .-][0-9]{4}"


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    hinted = pl.when(text.str.contains(_HINT)).then(text)
    return each(hinted, holds_made_up, pl.Boolean)


RULE = ColumnRule(
    about=About(
        code="PII012",
        name="fictional-contact",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        summary="a made-up email address or telephone number stands in the text",
        reason="It harms nobody; but if real data should look like this, the model learns the stand-in.",
        example='{"prompt": "Contact?", "completion": "Write to info@example.com or call 555-555-0123."}',
        remedy="Nothing, if it is meant as an example.",
    ),
    frame="segments",
    condition=_condition,
    message="a made-up contact: {match}",
    pattern=english(f"{EMAIL}|{PHONE}"),
    mask=masked,
    first=contacts,
)
