"""TXT018: characters that reverse the order in which text is shown."""

from __future__ import annotations

import polars as pl

from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule, Repair
from curate.rules.screens import beyond_ascii
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions

_OVERRIDE = "[\u202d\u202e]"
_DIRECTION = "[\u202a-\u202e\u2066-\u2069]"
_RIGHT_TO_LEFT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_PYTHON = regex(_DIRECTION)


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    # Embeddings and isolates are proper in text that mixes directions; overrides hardly ever.
    mixed = text.str.contains(_RIGHT_TO_LEFT)
    return text.str.contains(_OVERRIDE) | (text.str.contains(_DIRECTION) & ~mixed)


RULE = ColumnRule(
    about=About(
        code="TXT018",
        name="bidirectional-override",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="characters that change the direction of text stand in it",
        reason="What a reviewer sees is not what the model learns (CVE-2021-42574, Trojan Source).",
        example='{"prompt": "Is it safe?", "completion": "access = \\u202e\\"resu\\""}',
        remedy="Remove them; `--fix` does.",
    ),
    frame="segments",
    condition=_condition,
    message="a character that changes the direction of text stands here",
    pattern=_DIRECTION,
    repair=Repair(
        FixSafety.SAFE,
        "remove the direction characters",
        text=lambda text: _PYTHON.sub("", text),
    ),
    first=beyond_ascii,
)
