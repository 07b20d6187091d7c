"""ROL016: a name that chat APIs refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.patterns import regex
from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.tool_calls import calls_of
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat

# https://platform.openai.com/docs/api-reference/chat: function names; participants' are alike.
_USUAL = regex(r"[A-Za-z0-9_.-]{1,64}")
_WHAT = "expected at most 64 letters, digits, _, . or -"


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    for turn in turns_of(record, format_):
        name = turn.message.get("name")
        if isinstance(name, str) and not _USUAL.fullmatch(name):
            yield Mark(f"{turn.field}.name", f"{_WHAT}: {name!r}", name)
        for call in calls_of(turn):
            if not _USUAL.fullmatch(call.name):
                yield Mark(call.field, f"{_WHAT}: {call.name!r}", call.name)


RULE = RecordRule(
    about=About(
        code="ROL016",
        name="unusual-name",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        summary="a name has characters that chat APIs refuse",
        reason="Names of speakers and tools may only hold letters, digits, _ and -, at most 64 of them; APIs refuse the file, and templates that write names into headers break.",
        example='{"role": "user", "name": "Ann Smith", "content": "Hi"}',
        remedy="Replace other characters with _.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.CHAT, RecordFormat.PROMPT_COMPLETION, RecordFormat.PREFERENCE),
)
