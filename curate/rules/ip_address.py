"""PII006: the address of a machine on the internet."""

from __future__ import annotations

import re

import polars as pl

from curate.identifiers import IP_ADDRESS
from curate.mapping import each
from curate.masking import mask_digits
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import long_numbers
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_ADDRESS = regex(rf"(?<![\w.:/-])(?:{IP_ADDRESS.pattern})(?![\w-]|:(?!\d{{2,5}}\b)|\.\d)")
# "version 1.2.3.4" and "section 4.3.2.1" are no addresses.
_NUMBERING = regex(
    r"\b(?:version|v|ver\.?|section|chapter|release|build|rfc)\s*$|§\s*$", re.IGNORECASE
)


def holds_address(text: str) -> bool:
    """Whether the text holds a public address."""
    return any(
        IP_ADDRESS.valid(m[0]) and not _NUMBERING.search(text[max(0, m.start() - 12) : m.start()])
        for m in _ADDRESS.finditer(text)
    )


_HINT = r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[0-9a-fA-F]:[0-9a-fA-F]{0,4}:[0-9a-fA-F]{1,4}:"


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    hinted = pl.when(text.str.contains(_HINT)).then(text)
    return each(hinted, holds_address, pl.Boolean)


def _first(options: LintOptions) -> pl.Expr:
    groups = pl.col("text").str.contains(r"[0-9a-fA-F]{1,4}:[0-9a-fA-F]{1,4}:[0-9a-fA-F]{0,4}:")
    return long_numbers(options) | groups


RULE = ColumnRule(
    about=About(
        code="PII006",
        name="ip-address",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a public IP address stands in the text",
        reason="It may name a person's connection or a server of yours. Private, documentation and well-known addresses are left out.",
        example='{"prompt": "Log", "completion": "Login from 84.17.53.155"}',
        remedy="Replace it with one for documentation (192.0.2.1).",
    ),
    frame="segments",
    condition=_condition,
    message="a public IP address: {match}",
    pattern=english(IP_ADDRESS.pattern),
    mask=mask_digits,
    first=_first,
)
