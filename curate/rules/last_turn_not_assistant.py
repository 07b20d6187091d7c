"""ROL003: a conversation that ends before the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.rules.turns import CONVERSATIONS, Turn, turns_in, turns_of
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import SHAREGPT_ROLES, RecordFormat

_NAMES = {"system": "system prompt", "tool": "tool"}


def _applies(options: LintOptions) -> pl.Expr:
    # The roles are those of the chosen side; a rejected one made of turns is looked at itself.
    rejected = pl.col("layout").str.contains("rejected\x1flist", literal=True)
    return pl.col("roles").str.contains("[ac][^ac]+$") | rejected


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    turns = turns_of(record, format_)
    if any(turn.role == "assistant" for turn in turns) and turns[-1].role != "assistant":
        yield _mark(turns[-1])
    rejected = record.get("rejected")
    if format_ is RecordFormat.PREFERENCE and isinstance(rejected, list) and rejected:
        last = turns_in("rejected", rejected)[-1]
        if last.role != "assistant":
            yield _mark(last)


def _mark(turn: Turn) -> Mark:
    name = _NAMES.get(turn.role, turn.role)
    said = f"the last turn is the {name}'s; expected the assistant's"
    return Mark(turn.role_field, said, turn.text)


def _ended(record: dict[str, Any]) -> dict[str, Any] | None:
    """The record up to its last answer; None where a side of a pair would be empty."""
    shorter = dict(record)
    for name in ("messages", "conversations", "completion", "chosen", "rejected"):
        turns = record.get(name)
        if isinstance(turns, list):
            kept = len(turns)
            while kept and not _answers(turns[kept - 1]):
                kept -= 1
            shorter[name] = turns[:kept]
            if name == "rejected" and turns and not kept:
                return None
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
