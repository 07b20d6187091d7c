"""ROL007: more than one system prompt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("roles").str.contains("^ss")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    turns = turns_of(record, format_)
    for turn in turns[1:]:
        if turn.role != "system":
            break
        yield Mark(turn.role_field, "another system turn; expected one", turn.text)


def _joined(record: dict[str, Any]) -> dict[str, Any]:
    turns = record.get("messages")
    if not isinstance(turns, list):
        return record
    heads = 0
    while heads < len(turns) and turns[heads].get("role") in ("system", "developer"):
        heads += 1
    texts = [turn.get("content") for turn in turns[:heads]]
    if not all(isinstance(text, str) for text in texts):
        return record
    head = {**turns[0], "content": "\n\n".join(map(str, texts))}
    return {**record, "messages": [head, *turns[heads:]]}


RULE = RecordRule(
    about=About(
        code="ROL007",
        name="several-system-prompts",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="several system turns stand at the start",
        reason="Most chat templates render only the first system turn, so that the others silently disappear, or refuse the row.",
        example='{"messages": [{"role": "system", "content": "Be brief."}, {"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}',
        remedy="Join them into one system turn (`--unsafe-fixes`).",
    ),
    applies=_applies,
    check=_check,
    repair=Repair(FixSafety.UNSAFE, "join the system turns", record=_joined),
    applies_to=(RecordFormat.CHAT,),
)
