"""TXT007: a letter or a form keeps its slots, such as [Your Name]."""

from __future__ import annotations

import polars as pl

from curate.rules import unfilled_slot
from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = r"(?i)\[(?:insert |enter |add |your |recipient|customer|client|company|first |last |full )?[a-z' ]{3,40}\]|_{6,}"
_LETTER = r"(?i)\b(?:letter|e-?mail|memo|message|invitation|note|speech|cover|resume|contract|form|template)s?\b"


def _condition(options: LintOptions) -> pl.Expr:
    slot = pl.col("completion").str.contains(english(_PATTERN))
    unfilled = unfilled_slot.RULE.condition(options)
    return slot & ~unfilled & pl.col("prompt").fill_null("").str.contains(english(_LETTER))


RULE = ColumnRule(
    about=About(
        code="TXT007",
        name="slot-in-letter",
        severity=Severity.INFO,
        confidence=Confidence.LOW,
        summary="a letter or a form keeps its slots, such as [Your Name]",
        reason="This may be wanted; but a model that is to write finished letters learns to leave gaps.",
        example='{"prompt": "Write a thank-you letter.", "completion": "Dear [Name], … [Your Name]"}',
        remedy="Fill the slots if the letters should be finished.",
        assumes="English prompts",
    ),
    frame="rows",
    condition=_condition,
    message="a slot is left in the letter: {match}",
    pattern=english(_PATTERN),
    column="completion",
    first=unfilled_slot.RULE.first,
)
