"""ROL015: a conversation of which no turn is learnt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.rules.turns import turns_of
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("special")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    answers = [t for t in turns_of(record, format_) if t.role == "assistant"]
    if answers and all(t.message.get("weight") == 0 for t in answers):
        yield Mark(
            f"{answers[-1].field}.weight",
            f"all {len(answers)} assistant turns have weight 0; nothing is learnt"
            if len(answers) > 1
            else "the only assistant turn has weight 0; nothing is learnt",
        )


RULE = RecordRule(
    about=About(
        code="ROL015",
        name="all-weights-zero",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="every assistant turn has weight 0",
        reason="Nothing of the row is learnt: it costs memory and time, and a batch of such rows has a loss of 0/0.",
        example='{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 0}]}',
        remedy="Give one of the answers weight 1, or drop the row (`--unsafe-fixes`).",
    ),
    applies=_applies,
    check=_check,
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
    applies_to=(RecordFormat.CHAT, RecordFormat.SHAREGPT),
)
