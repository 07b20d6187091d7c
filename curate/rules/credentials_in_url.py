"""PII010: a user name and a password inside a URL."""

from __future__ import annotations

import polars as pl

from curate.identifiers import CREDENTIALS_IN_URL
from curate.mapping import each
from curate.masking import mask_url
from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import at_signs
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_URL = regex(CREDENTIALS_IN_URL)
_STAND_IN = regex(
    r"(?i):(?:pass(?:word|wd)?|pwd|secret|xxx+|\*+|your\w*|user|<[^<>]*>|example|changeme|mypass\w*|my_?password|postgres|root|admin|guest|test)@|@(?:localhost|127\.|example\.|(?:host|db|server|hostname)$)"
)


def holds_credentials(text: str) -> bool:
    """Whether a URL in the text holds a password that is no stand-in."""
    return any(not _STAND_IN.search(m[0]) for m in _URL.finditer(text))


def _condition(options: LintOptions) -> pl.Expr:
    return each(pl.col("text"), holds_credentials, pl.Boolean)


RULE = ColumnRule(
    about=About(
        code="PII010",
        name="credentials-in-url",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a URL holds a user name and a password",
        reason="Connection strings with passwords open databases to whoever gets the model or the data.",
        example='{"prompt": "Connect", "completion": "postgres://app:t7Yw2kQz@db.acme.io/prod"}',
        remedy="Change the password, then remove it from the URL.",
    ),
    frame="segments",
    condition=_condition,
    message="a password in a URL: {match}",
    pattern=english(CREDENTIALS_IN_URL),
    mask=mask_url,
    first=at_signs,
)
