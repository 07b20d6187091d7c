"""TXT021: a second example stands inside the completion."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import worded
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = (
    r"(?is)\n[\s#*>-]*(?:\d{1,3}\s*[.)]\s*)?[#*\s]*(?:instruction|task|prompt)\s*\d*\s*:[^\n]*\n.{0,2000}?\n"
    r"[\s#*>-]*(?:\d{1,3}\s*[.)]\s*)?[#*\s]*(?:output|response|completion)\s*\d*\s*:"
    r"|\n\s*\d{1,3}\s*[.)]\s*(?:instruction|input|output)\s*:"
)


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    return pl.col("learnt") & text.str.contains(english(_PATTERN))


RULE = ColumnRule(
    about=About(
        code="TXT021",
        name="merged-examples",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the completion runs on into another example",
        reason="The model learns to go on after its answer, to put the next question itself and to answer it.",
        example='{"instruction": "What is rain?", "output": "Water.\\n8. Instruction: Write a poem.\\n8. '
        'Input:\\n8. Output:\\nRoses …"}',
        remedy="Cut the completion where the second example begins, and make that a row of its own.",
        assumes="English field names",
    ),
    frame="segments",
    condition=_condition,
    message="another example begins inside the completion: {match}",
    pattern=english(_PATTERN),
    first=worded,
)
