"""ROL011: tool arguments that the tool itself would refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import polars as pl

from curate.json_schema import violations
from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.tool_calls import calls_of, declared, parsed_arguments
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special") & pl.col("roles").str.contains("[ca]")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    schemas = dict(declared(record))
    if not schemas:
        return
    for turn in turns_of(record, format_):
        for call in calls_of(turn):
            arguments, wrong = parsed_arguments(call.arguments)
            if wrong is not None or call.name not in schemas:
                continue
            for violation in islice(violations(arguments, schemas[call.name]), 5):
                place = f"argument {violation.path!r}" if violation.path else "the arguments"
                yield Mark(
                    call.arguments_field,
                    f"{place} of {call.name!r}: {violation.message}",
                    json.dumps(arguments, ensure_ascii=False),
                )


RULE = RecordRule(
    about=About(
        code="ROL011",
        name="tool-arguments-break-schema",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the arguments of a tool call break the schema that the tool declares",
        reason="The model learns calls that fail in use: missing parameters, wrong types, values that are not allowed.",
        example='{"tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "required": ["city"]}}}], "messages": [… {"tool_calls": [{"function": {"name": "weather", "arguments": "{\\"town\\": \\"Paris\\"}"}}]} …]}',
        remedy="Correct the arguments, or the schema in `tools`.",
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
