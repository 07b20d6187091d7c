"""TXT003: the input says in words that there is no input."""

from __future__ import annotations

import polars as pl

from curate.rules.placeholders import ANY, DASHES, SURE, TRAILING, without_placeholder
from curate.rules.protocol import About, ColumnRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions

_SHORT = 60


_USER = pl.col("role") == "user"


def _short() -> pl.Expr:
    return pl.when(_USER & (pl.col("text").str.len_bytes() <= _SHORT)).then(pl.col("text"))


def _condition(options: LintOptions) -> pl.Expr:
    # An input or context field stands beside another user text of the same record; a lone user
    # turn that says "None" is an answer.
    whole = _short().str.contains(SURE) | (pl.col("user_beside") & _short().str.contains(ANY))
    return whole | pl.when(_USER).then(pl.col("text").str.tail(_SHORT)).str.contains(TRAILING)


def _of_dashes(options: LintOptions) -> pl.Expr:
    return pl.when(pl.col("user_beside")).then(_short()).str.contains(DASHES)


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
    otherwise=_of_dashes,
    message="a placeholder stands where the input should be empty: {match}",
    pattern=f"{ANY}|{DASHES}|{TRAILING}",
    repair=Repair(FixSafety.SAFE, "empty the input", text=without_placeholder),
)
