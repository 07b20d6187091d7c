"""TXT001: the model is asked to learn to say nothing."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions


def _condition(options: LintOptions) -> pl.Expr:
    blank = pl.col("text").str.strip_chars().str.len_bytes() == 0
    return pl.col("learnt") & ~pl.col("void") & blank


RULE = ColumnRule(
    about=About(
        code="TXT001",
        name="empty-completion",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the text to learn is empty or blank",
        reason="The only thing such an example teaches is to end the answer at once; a few of them "
        "are enough to make a tuned model fall silent.",
        example='{"prompt": "Name a fruit.", "completion": " "}',
        remedy="Write the answer, or drop the row (`--unsafe-fixes`).",
    ),
    frame="segments",
    condition=_condition,
    message="the completion is empty",
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
)
