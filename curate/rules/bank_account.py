"""PII004: an international bank account number."""

from __future__ import annotations

import polars as pl

from curate.identifiers import IBAN
from curate.mapping import each
from curate.masking import mask_digits
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import long_numbers
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_IBAN = regex(IBAN.pattern)


def holds_iban(text: str) -> bool:
    """Whether the text holds a valid IBAN."""
    return any(IBAN.valid(m[0]) for m in _IBAN.finditer(text))


_HINT = r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4} ?[A-Z0-9]{3}"


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    hinted = pl.when(text.str.contains(_HINT)).then(text)
    return each(hinted, holds_iban, pl.Boolean)


RULE = ColumnRule(
    about=About(
        code="PII004",
        name="bank-account",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="an IBAN stands in the text",
        reason="It names an account. The number has the length of its country and passes the check of ISO 13616.",
        example='{"prompt": "Pay", "completion": "Transfer to GB29 NWBK 6016 1331 9268 19."}',
        remedy="Remove the number.",
    ),
    frame="segments",
    condition=_condition,
    message="a bank account number: {match}",
    pattern=english(IBAN.pattern),
    mask=mask_digits,
    first=long_numbers,
)
