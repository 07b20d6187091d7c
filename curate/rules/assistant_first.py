"""ROL002: the assistant speaks before anyone asked."""

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
    return pl.col("roles").str.contains("^s*[ac]")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    turn = next(t for t in turns_of(record, format_) if t.role == "assistant")
    yield Mark(turn.role_field, "the assistant speaks first; expected a user turn before this one")


RULE = RecordRule(
    about=About(
        code="ROL002",
        name="assistant-first",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the first turn after the system prompt is the assistant's",
        reason="Many chat templates (Gemma's, Mistral's) refuse such a conversation, and the model learns an answer that no prompt leads to.",
        example='{"messages": [{"role": "assistant", "content": "Hello! How can I help?"}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi!"}]}',
        remedy="Drop the first turn, or put the user turn that it answers before it.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.CHAT, RecordFormat.SHAREGPT, RecordFormat.PROMPT_COMPLETION),
)
