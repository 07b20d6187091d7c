"""TXT052: the prompt determines the answer, and the completion gives another."""

from __future__ import annotations

import polars as pl

from curate.rules import (
    alphabet,
    chemical_equations,
    counted_texts,
    money_and_time,
    number_lists,
    target_languages,
    written_numbers,
    yes_or_no,
)
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.rules.tasks import Checks, order_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_CHECKS = Checks(
    number_lists.CHECKS
    + yes_or_no.CHECKS
    + written_numbers.CHECKS
    + counted_texts.CHECKS
    + money_and_time.CHECKS
    + alphabet.CHECKS
    + chemical_equations.CHECKS
    + target_languages.CHECKS
)


def _applies(options: LintOptions) -> pl.Expr:
    return order_of(
        number_lists.HINT,
        yes_or_no.HINT,
        written_numbers.HINT,
        counted_texts.HINT,
        money_and_time.HINT,
        alphabet.HINT,
        chemical_equations.HINT,
    ) | (
        order_of(target_languages.HINT)
        & ~pl.col("completion").str.contains(target_languages.EXPLAINED)
    )


def _says(prompt: str, completion: str) -> str | None:
    return _CHECKS.first_wrong(prompt, completion)


RULE = RecordRule(
    about=About(
        code="TXT052",
        name="wrong-answer",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the prompt determines the answer, and the completion gives another",
        reason="The largest number of a list, the factors of 12, whether a word is a palindrome, how many sentences a "
        "text has: a program can tell, and a wrong answer teaches the model to guess.",
        example='{"prompt": "Identify the even numbers in the list.\\n\\n1, 4, 7, 10", "completion": "4, 7"}',
        remedy="Correct the answer, or drop the row.",
        assumes="English wording of the tasks, decimal points",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
