"""PII005: a number that a state gives a person."""

from __future__ import annotations

import polars as pl

from curate.identifiers import NATIONAL_IDS
from curate.mapping import each_matching
from curate.masking import mask_digits
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import long_numbers
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = "|".join(kind.pattern for kind in NATIONAL_IDS)


_ANY = regex(_PATTERN)


def holds_national_id(text: str) -> bool:
    """Whether the text holds one of the known kinds."""
    return _ANY.search(text) is not None and any(kind.found(text) for kind in NATIONAL_IDS)


_HINT = (
    r"[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{7}-?[A-Z]|[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9]{3}/[0-9]{4}-[0-9]{2}|[2-9][0-9]{3} [0-9]{4} [0-9]{4}"
    r"|[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]|[12] ?[0-9]{2} ?[01][0-9] ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"
    r"|[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]|(?i-u:steuer|idnr|pesel|bsn|burgerservice|ssn|social|passport n|licen[sc]e|personnummer|personal identity)|SIN[: ]"
)


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    hinted = pl.when(text.str.contains(_HINT)).then(text)
    return each_matching(hinted, english(_PATTERN), holds_national_id)


def _first(options: LintOptions) -> pl.Expr:
    italian = pl.col("text").str.contains(r"[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z]")
    return long_numbers(options) | italian


RULE = ColumnRule(
    about=About(
        code="PII005",
        name="national-id",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a national identity or social security number stands in the text",
        reason="It names one person. Each kind is checked by its own rule: areas never issued (US, UK) or check digits (Spain, Brazil, India, France, Italy, Germany, Poland, the Netherlands, Canada, Sweden).",
        example='{"prompt": "Fill the form", "completion": "SSN: 536-22-8471"}',
        remedy="Remove the number.",
        assumes="numbers of the US, the UK, Spain, Brazil, India, France and Italy; of Germany, Poland, the Netherlands, Canada and Sweden where the number's name stands before it",
    ),
    frame="segments",
    condition=_condition,
    message="a national identity number: {match}",
    pattern=english(_PATTERN),
    mask=mask_digits,
    first=_first,
)
