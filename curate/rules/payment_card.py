"""PII003: a payment card number."""

from __future__ import annotations

import polars as pl

from curate.identifiers import CARD
from curate.mapping import each
from curate.masking import mask_digits
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import long_numbers
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_CARD = regex(rf"(?<![\w.-])(?:{CARD.pattern})(?![\w-]|\.\d)")


def holds_card(text: str) -> bool:
    """Whether a run of digits in the text is a card number."""
    return any(CARD.valid(m[0]) for m in _CARD.finditer(text))


_HINT = r"[2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}|3[0-9]{3}[ -]?[0-9]{6}[ -]?[0-9]{4}"


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    hinted = pl.when(text.str.contains(_HINT)).then(text)
    return each(hinted, holds_card, pl.Boolean)


RULE = ColumnRule(
    about=About(
        code="PII003",
        name="payment-card",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a payment card number stands in the text",
        reason="Card numbers must not be stored like this, and a model may repeat them. The number passes the Luhn check and belongs to a card network.",
        example='{"prompt": "Pay", "completion": "Charged to 4012 8888 8888 1881."}',
        remedy="Remove the number.",
    ),
    frame="segments",
    condition=_condition,
    message="a payment card number: {match}",
    pattern=english(CARD.pattern),
    mask=mask_digits,
    first=long_numbers,
)
