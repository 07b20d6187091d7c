"""ROL009: a tool result that answers no call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.tool_calls import orphans
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("roles").str.contains("t", literal=True)


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    for orphan in orphans(turns_of(record, format_)):
        yield Mark(orphan.field, orphan.reason)


RULE = RecordRule(
    about=About(
        code="ROL009",
        name="tool-result-without-call",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a tool result answers no call before it",
        reason="The model learns that results appear from nowhere; APIs refuse an unknown tool_call_id, and templates pair the wrong call and result.",
        example='{"messages": [{"role": "user", "content": "What time is it?"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "time", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "c9", "content": "12:00"}, {"role": "assistant", "content": "Noon."}]}',
        remedy="Give the result the id of the call that it answers, or add the call.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.CHAT, RecordFormat.PROMPT_COMPLETION, RecordFormat.PREFERENCE),
)
