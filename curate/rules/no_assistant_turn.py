"""ROL004: a conversation without any answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.rules.turns import CONVERSATIONS, turns_of
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("roles").str.contains("^[^ac]+$")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    turns = turns_of(record, format_)
    yield Mark(None, f"{len(turns)} turns, none of them the assistant's; nothing is learnt")


RULE = RecordRule(
    about=About(
        code="ROL004",
        name="no-assistant-turn",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="no turn is the assistant's",
        reason="Only what the assistant says is learnt: such a row costs memory and teaches nothing.",
        example='{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]}',
        remedy="Add the answer, or drop the row (`--unsafe-fixes`).",
    ),
    applies=_applies,
    check=_check,
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
    applies_to=CONVERSATIONS,
)
