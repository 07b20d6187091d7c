"""PRF014: a margin that says the rejected side is as good or better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.protocol import About, Mark, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("layout").str.contains("margin", literal=True)


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    margin = record.get("margin")
    if isinstance(margin, (int, float)) and margin <= 0:
        yield Mark("margin", f"the margin is {margin}; expected more than 0")


RULE = RecordRule(
    about=About(
        code="PRF014",
        name="non-positive-margin",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the margin of the pair is zero or negative",
        reason="A margin is by how much the chosen side is better. Zero prefers nothing, and a negative one means that the sides are swapped.",
        example='{"prompt": "Hi", "chosen": "Hello!", "rejected": "What?", "margin": -1.5}',
        remedy="Swap the sides, drop the pair, or correct the margin.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.PREFERENCE,),
)
