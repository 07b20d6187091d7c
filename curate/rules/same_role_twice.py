"""ROL005: two turns of the same speaker in a row."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.rules.tool_calls import calls_of
from curate.rules.turns import CONVERSATIONS, turns_of
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("roles").str.contains("uu", literal=True) | pl.col("roles").str.contains(
        "aa", literal=True
    )


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    turns = turns_of(record, format_)
    for before, turn in pairwise(turns):
        if turn.role != before.role or turn.role not in ("user", "assistant"):
            continue
        if calls_of(before) or calls_of(turn):
            continue
        if before.message.get("name") != turn.message.get("name"):
            continue  # two people speak, one after the other
        yield Mark(
            turn.role_field,
            f"a second {turn.role} turn in a row; expected the two to alternate",
            turn.text,
        )


def _joined(record: dict[str, Any]) -> dict[str, Any]:
    shorter = dict(record)
    for name, role, text in (
        ("messages", "role", "content"),
        ("conversations", "from", "value"),
        ("prompt", "role", "content"),
        ("completion", "role", "content"),
        ("chosen", "role", "content"),
    ):
        turns = record.get(name)
        if isinstance(turns, list):
            shorter[name] = _alternating(turns, role, text)
    return shorter


def _alternating(turns: list[dict[str, Any]], role: str, text: str) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for turn in turns:
        last = kept[-1] if kept else {}
        # Only plain turns are joined: two keys each, both texts, the same speaker.
        if (
            len(turn) == len(last) == 2
            and turn.get(role) == last.get(role)
            and isinstance(turn.get(text), str)
            and isinstance(last.get(text), str)
        ):
            kept[-1] = {**last, text: f"{last[text]}\n\n{turn[text]}"}
        else:
            kept.append(turn)
    return kept


RULE = RecordRule(
    about=About(
        code="ROL005",
        name="same-role-twice",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="two turns in a row have the same role",
        reason="Templates that demand alternation fail, and others render a conversation that never occurs in use; usually a turn between them was lost.",
        example='{"messages": [{"role": "user", "content": "Hi"}, {"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "I am a model."}]}',
        remedy="Put back the turn that is missing, or join the two (`--unsafe-fixes`).",
    ),
    applies=_applies,
    check=_check,
    repair=Repair(FixSafety.UNSAFE, "join turns of the same speaker", record=_joined),
    applies_to=CONVERSATIONS,
)
