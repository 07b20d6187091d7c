"""TXT039: an answer about letters or words that can be checked, and is wrong."""

from __future__ import annotations

from itertools import chain

import polars as pl

from curate.rules import word_edits, word_puzzles, word_uses
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LONGEST_PROMPT = 400


def _applies(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    short = pl.when(prompt.str.len_bytes() <= _LONGEST_PROMPT).then(prompt)
    # Each is found faster alone than all of them together.
    return (
        short.str.contains(word_puzzles.HINT)
        | short.str.contains(word_edits.HINT)
        | short.str.contains(word_uses.HINT)
    )


def _says(prompt: str, completion: str) -> str | None:
    tasks = (word_puzzles.wrong, word_edits.wrong, word_uses.wrong)
    return next(chain.from_iterable(task(prompt, completion) for task in tasks), None)


RULE = RecordRule(
    about=About(
        code="TXT039",
        name="wrong-letters",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="an answer about letters or words is wrong",
        reason="Counting vowels, the third letter, a word of ten letters, an anagram, words that begin with B: "
        "all of these can be checked, and a wrong one teaches the model to guess.",
        example='{"prompt": "What is the 3rd letter of \\"elephant\\"?", "completion": "p"}',
        remedy="Correct the answer, or drop the row.",
        assumes="English wording of the tasks, Latin letters",
    ),
    applies=_applies,
    check=OnExchange(_says),
)
