"""PRF002: a pair with an empty side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.pairs import answers_of
from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.records import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return _blank("completion") | _blank("rejected")


def _blank(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.len_bytes() == 0


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    for name, turns in zip(("chosen", "rejected"), answers_of(record), strict=True):
        if not any(t.text.strip() or t.calls_tools or t.refusal for t in turns):
            yield Mark(name, f"the {name} side is empty")


RULE = RecordRule(
    about=About(
        code="PRF002",
        name="empty-side",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="one side of the pair is empty",
        reason="Against nothing, anything wins: the model learns that to write at all is what was preferred, or to fall silent.",
        example='{"prompt": "Hi", "chosen": "Hello!", "rejected": ""}',
        remedy="Write the missing side, or drop the pair (`--unsafe-fixes`).",
    ),
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.PREFERENCE,),
)
