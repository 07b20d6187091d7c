"""PII002: a telephone number."""

from __future__ import annotations

import polars as pl

from curate.identifiers import PHONE, is_phone
from curate.mapping import each
from curate.masking import mask_digits
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import long_numbers
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PHONE = regex(rf"(?<![\w.+/=-]){PHONE}(?![\w-]|\.\d)")


def holds_phone(text: str) -> bool:
    """Whether a number in the text could be called."""
    return any(is_phone(m[0]) for m in _PHONE.finditer(text))


_HINT = r"\+[0-9]{1,3}[ .(-]*[0-9][ .)-]*[0-9]|[0-9]{3}[).-] ?[0-9]{3}[ .-][0-9]{4}|(?i-u:e|l|p|x|g|h|o|r|t|y|s|at|on|is|us|er|no\.|mich|uns|au)[.:]{0,2} \(?0[0-9]{1,4}\)?[ /.-]?[0-9]{2,3}"


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    hinted = pl.when(text.str.contains(_HINT)).then(text)
    return each(hinted, holds_phone, pl.Boolean)


RULE = ColumnRule(
    about=About(
        code="PII002",
        name="phone-number",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a telephone number stands in the text",
        reason="A model repeats numbers that it has seen, to anyone who asks.",
        example='{"prompt": "Contact?", "completion": "Call +44 20 7946 1234."}',
        remedy="Replace the number with a fictional one (555-01nn), or drop the row.",
        assumes="international numbers with +, and North American ones",
    ),
    frame="segments",
    condition=_condition,
    message="a telephone number: {match}",
    pattern=english(PHONE),
    mask=mask_digits,
    first=long_numbers,
)
