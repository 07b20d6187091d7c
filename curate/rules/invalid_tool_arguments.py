"""ROL010: tool arguments that are not a JSON object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.json_repair import mended_json
from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.rules.tool_calls import calls_of, parsed_arguments
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _mended(record: dict[str, Any]) -> dict[str, Any]:
    mended = dict(record)
    for name in ("messages", "prompt", "completion", "chosen", "rejected"):
        turns = record.get(name)
        if isinstance(turns, list):
            mended[name] = [_mended_turn(turn) for turn in turns]
    return mended


def _mended_turn(turn: dict[str, Any]) -> dict[str, Any]:
    mended = dict(turn)
    if isinstance(turn.get("tool_calls"), list):
        mended["tool_calls"] = [
            {**call, "function": _mended_function(call.get("function"))}
            for call in turn["tool_calls"]
        ]
    if isinstance(turn.get("function_call"), dict):
        mended["function_call"] = _mended_function(turn["function_call"])
    return mended


def _mended_function(function: Any) -> Any:
    arguments = function.get("arguments") if isinstance(function, dict) else None
    if not isinstance(arguments, str) or parsed_arguments(arguments)[1] is None:
        return function
    text = mended_json(arguments.encode("utf-8", "replace"))
    return function if text is None else {**function, "arguments": text.decode()}


_REPAIR = Repair(FixSafety.SAFE, "rewrite the arguments as JSON", record=_mended)


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special") & pl.col("roles").str.contains("c", literal=True)


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    for turn in turns_of(record, format_):
        for call in calls_of(turn):
            _, wrong = parsed_arguments(call.arguments)
            if wrong is None:
                continue
            mendable = isinstance(call.arguments, str) and mended_json(
                call.arguments.encode("utf-8", "replace")
            )
            yield Mark(
                call.arguments_field,
                f"the arguments of {call.name!r} are {wrong}",
                str(call.arguments),
                repair=_REPAIR if mendable else None,
            )


RULE = RecordRule(
    about=About(
        code="ROL010",
        name="invalid-tool-arguments",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the arguments of a tool call are not a JSON object",
        reason="The model learns to write calls that no program can parse.",
        example='{"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\'city\': \'Paris\'}"}}]}',
        remedy="Write the arguments as JSON. `--fix` rewrites Python literals and trailing commas.",
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
