"""ROL021: a conversation in which a user says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.turns import CONVERSATIONS, turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    # Turns are joined by a blank line: two of them stand where one says nothing.
    several = pl.when(pl.col("roles").str.contains("u.*u")).then(pl.col("prompt"))
    return several.str.contains(r"\n\n\s*\n\n|^\s*\n\n|\n\n\s*$").fill_null(False)


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    for turn in turns_of(record, format_):
        # Parts may be pictures; what is null is for missing-content.
        key = "value" if "value" in turn.message else "content"
        said = turn.message.get(key)
        if turn.role == "user" and isinstance(said, str) and not said.strip():
            yield Mark(
                f"{turn.field}.{key}",
                "this user turn is empty; what follows answers nothing",
            )


RULE = RecordRule(
    about=About(
        code="ROL021",
        name="empty-turn",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a user turn within a conversation is empty or blank",
        reason="The model learns to go on by itself, and templates render a turn that never occurs in use; "
        "usually the text was lost.",
        example='{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}, '
        '{"role": "user", "content": ""}, {"role": "assistant", "content": "The capital of Peru is Lima."}]}',
        remedy="Put the text back, or drop the row.",
    ),
    applies=_applies,
    check=_check,
    applies_to=CONVERSATIONS,
)
