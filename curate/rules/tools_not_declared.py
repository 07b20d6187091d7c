"""ROL013: calls without any declared tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.tool_calls import calls_of, tools_of
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special") & pl.col("roles").str.contains("c", literal=True)


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    if not tools_of(record):
        call = next(c for t in turns_of(record, format_) for c in calls_of(t))
        yield Mark("tools", f"{call.name!r} is called, but the row declares no tools")


RULE = RecordRule(
    about=About(
        code="ROL013",
        name="tools-not-declared",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        summary="the conversation calls tools but declares none",
        reason="In use the model is told which tools there are; without them in training it learns to call tools that nobody mentioned.",
        example='{"messages": [{"role": "user", "content": "What time is it?"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "time", "arguments": "{}"}}]}]}',
        remedy="Add `tools` with the definitions that the model will be given.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.CHAT, RecordFormat.PROMPT_COMPLETION, RecordFormat.PREFERENCE),
)
