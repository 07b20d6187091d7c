"""ROL014: a weight where nothing is learnt anyway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import SHAREGPT_ROLES, RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    for turn in turns_of(record, format_):
        weight = turn.message.get("weight")
        # A zero says what holds anyway: ShareGPT's files carry it on every turn, OpenAI refuses it.
        harmless = weight is None or (not weight and format_ is RecordFormat.SHAREGPT)
        if turn.role != "assistant" and not harmless:
            yield Mark(
                f"{turn.field}.weight",
                f"a weight on a {turn.role} turn; expected it on the assistant's",
            )


def _without_weights(record: dict[str, Any]) -> dict[str, Any]:
    mended = dict(record)
    for name in ("messages", "conversations"):
        turns = record.get(name)
        if isinstance(turns, list):
            mended[name] = [
                turn if _is_assistant(turn) else {k: v for k, v in turn.items() if k != "weight"}
                for turn in turns
            ]
    return mended


def _is_assistant(turn: dict[str, Any]) -> bool:
    if "role" in turn:
        return bool(turn["role"] == "assistant")
    return SHAREGPT_ROLES.get(str(turn.get("from")).lower()) == "assistant"


RULE = RecordRule(
    about=About(
        code="ROL014",
        name="weight-on-other-role",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="a turn that is not the assistant's has a weight",
        reason="Weights choose among the assistant's turns. On another turn they do nothing, or the API refuses the file; often the weight was meant for the turn next to it.",
        example='{"messages": [{"role": "user", "content": "Hi", "weight": 0}, {"role": "assistant", "content": "Hello"}]}',
        remedy="Remove the weight (`--fix`), or move it to the assistant's turn.",
    ),
    applies=_applies,
    check=_check,
    repair=Repair(FixSafety.SAFE, "remove the weight", record=_without_weights),
    applies_to=(RecordFormat.CHAT, RecordFormat.SHAREGPT),
)
