"""ROL003: a conversation that ends before the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.rules.turns import CONVERSATIONS, turns_of
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.records import SHAREGPT_ROLES, RecordFormat

_NAMES = {"system": "system prompt", "tool": "tool"}


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("roles").str.contains("[ac][^ac]+$")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    turn = turns_of(record, format_)[-1]
    yield Mark(
        turn.role_field,
        f"the last turn is the {_NAMES.get(turn.role, turn.role)}'s; expected the assistant's",
        turn.text,
    )


def _ended(record: dict[str, Any]) -> dict[str, Any]:
    shorter = dict(record)
    for name in ("messages", "conversations", "completion", "chosen"):
        turns = record.get(name)
        if isinstance(turns, list):
            kept = len(turns)
            while kept and not _answers(turns[kept - 1]):
                kept -= 1
            shorter[name] = turns[:kept]
    return shorter


def _answers(turn: dict[str, Any]) -> bool:
    if "role" in turn:
        return bool(turn["role"] == "assistant")
    return SHAREGPT_ROLES.get(str(turn.get("from")).lower()) == "assistant"


RULE = RecordRule(
    about=About(
        code="ROL003",
        name="last-turn-not-assistant",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the last turn is not the assistant's",
        reason="What comes after the last answer is not learnt: the turn is wasted, and often the row was cut off where its answer should stand.",
        example='{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Who are you?"}]}',
        remedy="Add the answer, or drop the turns after the last one (`--unsafe-fixes`).",
    ),
    applies=_applies,
    check=_check,
    repair=Repair(FixSafety.UNSAFE, "drop the turns after the last answer", record=_ended),
    applies_to=CONVERSATIONS,
)
