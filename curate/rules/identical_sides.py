"""PRF001: a pair whose two sides are the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("completion") == pl.col("rejected")


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    if record["chosen"] == record["rejected"]:
        yield Mark("rejected", "chosen and rejected are the same", str(record["rejected"]))


RULE = RecordRule(
    about=About(
        code="PRF001",
        name="identical-sides",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="chosen and rejected are the same",
        reason="Such a pair prefers nothing: its gradient is zero or noise, and it pulls every measure of accuracy towards a coin toss.",
        example='{"prompt": "Hi", "chosen": "Hello!", "rejected": "Hello!"}',
        remedy="Drop the pair (`--unsafe-fixes`).",
    ),
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.PREFERENCE,),
)
