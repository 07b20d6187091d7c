"""TXT003: the input says in words that there is no input."""

from __future__ import annotations

import polars as pl

from curate.rules.placeholders import ANY, DASHES, SURE, TRAILING, without_placeholder
from curate.rules.protocol import About, ColumnRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions

_SHORT = 60


def _condition(options: LintOptions) -> pl.Expr:
    text, row, user = pl.col("text"), pl.col("row"), pl.col("role") == "user"
    # An input or context field stands beside another user text of the same record; a lone user
    # turn that says "None" is an answer.
    beside = ((row == row.shift(1)) & user.shift(1)) | ((row == row.shift(-1)) & user.shift(-1))
    short = pl.when(user & (text.str.len_bytes() <= _SHORT)).then(text)
    whole = short.str.contains(SURE) | (beside & short.str.contains(f"{ANY}|{DASHES}"))
    trailing = pl.when(user).then(text.str.tail(_SHORT)).str.contains(TRAILING)
    return whole | trailing


RULE = ColumnRule(
    about=About(
        code="TXT003",
        name="placeholder-input",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary='the input says "no input" instead of being empty',
        reason="The model learns to read the words as part of the task, and to need them: each spelling "
        "becomes another way of asking.",
        example='{"instruction": "Name three primes.", "input": "Noinput", "output": "2, 3, 5"}',
        remedy="Leave the input empty; `--fix` does.",
        assumes="English placeholders",
    ),
    frame="segments",
    condition=_condition,
    message="a placeholder stands where the input should be empty: {match}",
    pattern=f"{ANY}|{DASHES}|{TRAILING}",
    repair=Repair(FixSafety.SAFE, "empty the input", text=without_placeholder),
)
