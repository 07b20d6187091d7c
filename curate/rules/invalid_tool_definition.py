"""ROL018: a tool that is not declared as templates expect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.tool_calls import tools_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special") | pl.col("layout").str.contains("tools\x1fstring", literal=True)


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    said = record.get("tools")
    # "[]" is how files with one column for all rows say that this row has none.
    none_given = isinstance(said, str) and re.fullmatch(r"\s*(?:\[\s*\]|null)?\s*", said)
    if isinstance(said, str) and not none_given and not tools_of(record):
        yield Mark("tools", "the tools are text that is not a JSON list", record["tools"])
    key = "tools" if record.get("tools") else "functions"
    names: set[str] = set()
    for i, tool in enumerate(tools_of(record)):
        for wrong in _wrong(tool, names):
            yield Mark(f"{key}[{i}]", wrong, json.dumps(tool, ensure_ascii=False, default=str))


def _wrong(tool: Any, names: set[str]) -> Iterator[str]:
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    if not isinstance(function, dict):
        yield "the tool is not an object; expected its name and parameters"
        return
    if tool.get("type", "function") != "function" and "name" not in function:
        return  # a tool of the provider's own, such as {"type": "web_search"}
    name = function.get("name")
    if not isinstance(name, str) or not name:
        yield "the tool has no name"
        return
    if name in names:
        yield f"a second tool is named {name!r}"
    names.add(name)
    schema = function.get("parameters", {})
    if schema is not None and not isinstance(schema, dict):
        yield f"the parameters of {name!r} are not an object; expected a JSON schema"
    elif schema and schema.get("type", "object") != "object":
        yield f"the parameters of {name!r} have type {schema['type']!r}; expected 'object'"


RULE = RecordRule(
    about=About(
        code="ROL018",
        name="invalid-tool-definition",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="a tool definition is incomplete, or stands twice",
        reason="Chat templates write the definitions into the prompt: one without a name or with broken parameters teaches the model to read garbage.",
        example='{"tools": [{"type": "function", "function": {"description": "Tells the time."}}], "messages": […]}',
        remedy='Write each tool as {"type": "function", "function": {"name", "description", "parameters": JSON schema}}.',
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
