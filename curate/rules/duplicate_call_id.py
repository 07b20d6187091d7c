"""ROL017: two calls of one turn with the same id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.tool_calls import calls_of
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special") & pl.col("roles").str.contains("c", literal=True)


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    for turn in turns_of(record, format_):
        seen: set[str] = set()
        for call in calls_of(turn):
            if call.id is not None and call.id in seen:
                yield Mark(
                    f"{call.field}.id", f"a second call with the id {call.id!r} in this turn"
                )
            seen.add(call.id or "")


RULE = RecordRule(
    about=About(
        code="ROL017",
        name="duplicate-call-id",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="two calls of one turn have the same id",
        reason="Which result belongs to which call can no longer be told; APIs refuse the row.",
        example='{"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "time", "arguments": "{}"}}, {"id": "c1", "function": {"name": "date", "arguments": "{}"}}]}',
        remedy="Give each call an id of its own, and its result the same.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.CHAT, RecordFormat.PROMPT_COMPLETION, RecordFormat.PREFERENCE),
)
