"""TXT051: an answer that is none of those that the prompt gives to choose from."""

from __future__ import annotations

import polars as pl

from curate.rules import chosen_answers
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.rules.tasks import LONGEST_PROMPT, Checks
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LONGEST_CHOICE = 100

_CHECKS = Checks(chosen_answers.CHECKS)


def _applies(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    short = pl.when(
        (completion.str.len_bytes() <= _LONGEST_CHOICE) & (prompt.str.len_bytes() <= LONGEST_PROMPT)
    ).then(prompt)
    return short.str.contains(chosen_answers.HINT)


def _says(prompt: str, completion: str) -> str | None:
    return _CHECKS.first_wrong(prompt, completion)


RULE = RecordRule(
    about=About(
        code="TXT051",
        name="not-among-options",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the answer is none of those that the prompt gives to choose from",
        reason="A label that was not offered, the odd word out that is not in the list, a verb of the sentence that "
        "does not stand in it: the model learns to make up what it was to choose.",
        example='{"prompt": "Classify the animal as a mammal or a reptile.\\n\\nSnake", "completion": "Bird"}',
        remedy="Choose one of the options, or drop the row.",
        assumes="English wording of the tasks",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
