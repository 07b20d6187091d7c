"""TXT050: an edit that the prompt orders was not made, or made wrongly."""

from __future__ import annotations

import polars as pl

from curate.rules import character_edits, formats, sentence_edits
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.rules.tasks import Checks, order_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_CHECKS = Checks(character_edits.CHECKS + sentence_edits.CHECKS + formats.CHECKS)


def _applies(options: LintOptions) -> pl.Expr:
    edited = order_of(character_edits.HINT, sentence_edits.HINT, formats.HINT)
    asked = pl.col("completion").str.contains("[?？]")
    return edited | (order_of(sentence_edits.QUESTION_HINT) & ~asked)


def _says(prompt: str, completion: str) -> str | None:
    return _CHECKS.first_wrong(prompt, completion)


RULE = RecordRule(
    about=About(
        code="TXT050",
        name="wrong-edit",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="an edit that the prompt orders is not made, or made wrongly",
        reason="Capitals, a word to replace, duplicates to remove, a question, a negation, a date in another form: "
        "whether such an edit was made shows in the text. The model learns that orders need not be followed.",
        example='{"prompt": "Replace the word \\"happy\\" with \\"sad\\".\\n\\nI am happy.", "completion": "I am unhappy."}',
        remedy="Make the edit, or drop the row.",
        assumes="English wording of the tasks and, for tenses and negations, English sentences",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
