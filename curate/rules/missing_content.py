"""ROL019: a turn that says nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    for turn in turns_of(record, format_):
        # What the assistant may leave out, and what else it may say, is for empty-completion.
        if turn.role != "assistant" and turn.message.get("content") is None:
            there = "null" if "content" in turn.message else "missing"
            yield Mark(
                f"{turn.field}.content",
                f"the content of this {turn.role} turn is {there}; expected a text",
            )


RULE = RecordRule(
    about=About(
        code="ROL019",
        name="missing-content",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a user, system or tool turn has no content",
        reason="Only the assistant may say nothing (when it calls a tool). Templates fail at such a "
        'turn, or write the word "None" into it.',
        example='{"messages": [{"role": "user"}, {"role": "assistant", "content": "Hello"}]}',
        remedy="Put the text back, or drop the row.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.CHAT, RecordFormat.PROMPT_COMPLETION, RecordFormat.PREFERENCE),
)
