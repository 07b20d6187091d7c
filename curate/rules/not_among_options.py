"""TXT051: an answer that is none of those that the prompt gives to choose from."""

from __future__ import annotations

import polars as pl

from curate.rules import chosen_answers
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.rules.tasks import Checks, order_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LONGEST_CHOICE = 100

_CHECKS = Checks(chosen_answers.CHECKS)


def _applies(options: LintOptions) -> pl.Expr:
    return order_of(chosen_answers.HINT, longest_answer=_LONGEST_CHOICE)


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
