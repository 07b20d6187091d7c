"""ROL008: a tool call that nothing answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.tool_calls import unanswered
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special") & pl.col("roles").str.contains("c.")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    for call in unanswered(turns_of(record, format_)):
        known = "" if call.id is None else f" (id {call.id!r})"
        yield Mark(
            call.field, f"no result for the call of {call.name!r}{known}; expected a tool turn"
        )


RULE = RecordRule(
    about=About(
        code="ROL008",
        name="tool-call-without-result",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a tool call gets no result before the conversation goes on",
        reason="The next answer cannot be based on what the tool said: the model learns to invent results. APIs and templates refuse such a row.",
        example='{"messages": [{"role": "user", "content": "What time is it?"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "time", "arguments": "{}"}}]}, {"role": "assistant", "content": "Noon."}]}',
        remedy="Add the tool turn with the result and its tool_call_id.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.CHAT, RecordFormat.PROMPT_COMPLETION, RecordFormat.PREFERENCE),
)
