"""ROL012: a call of a tool that is not declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.tool_calls import calls_of, declared, tools_of
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special") & pl.col("roles").str.contains("[ca]")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    names = [name for name, _ in declared(record)]
    if not names or len(names) < len(tools_of(record)):
        return  # a tool in a shape of its own may be the one that is called
    for turn in turns_of(record, format_):
        for call in calls_of(turn):
            if call.name not in names:
                known = ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
                yield Mark(call.field, f"no tool is named {call.name!r}; declared: {known}")


RULE = RecordRule(
    about=About(
        code="ROL012",
        name="unknown-tool",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a call names a tool that is not among those declared",
        reason="The model learns to call tools that it was not given.",
        example='{"tools": [{"type": "function", "function": {"name": "weather"}}], "messages": [… {"tool_calls": [{"function": {"name": "get_weather", "arguments": "{}"}}]} …]}',
        remedy="Correct the name, or add the tool to `tools`.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(
        RecordFormat.CHAT,
        RecordFormat.SHAREGPT,
        RecordFormat.PROMPT_COMPLETION,
        RecordFormat.PREFERENCE,
    ),
)
