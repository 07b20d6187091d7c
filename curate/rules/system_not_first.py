"""ROL006: a system prompt in the middle of the conversation."""

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
    return pl.col("roles").str.contains("[^s]s")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    turns = turns_of(record, format_)
    talking = False
    for turn in turns:
        if turn.role == "system" and talking:
            yield Mark(
                turn.role_field, "a system turn after other turns; expected it first", turn.text
            )
        talking |= turn.role != "system"


RULE = RecordRule(
    about=About(
        code="ROL006",
        name="system-not-first",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="a system turn stands after other turns",
        reason="Most chat templates read the system prompt from the first turn only: elsewhere it is dropped, rendered as something else, or refused.",
        example='{"messages": [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be brief."}, {"role": "assistant", "content": "Hello"}]}',
        remedy="Move the system turn to the front, or say it in the user turn.",
    ),
    applies=_applies,
    check=_check,
    applies_to=CONVERSATIONS,
)
