"""TXT002: nothing is asked."""

from __future__ import annotations

import polars as pl

from curate.rules.placeholders import SURE
from curate.rules.protocol import About, ColumnRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions


def _condition(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    short = pl.when(prompt.str.len_bytes() <= 60).then(prompt)
    # A pair without a prompt is for missing-prompt and different-prompts, which know its sides.
    blank = (short.str.strip_chars().str.len_bytes() == 0) & pl.col("rejected").is_null()
    nothing = blank | short.str.contains(SURE)
    asked = pl.col("roles").str.contains("[ut]")
    return nothing & asked & ~pl.col("special")


RULE = ColumnRule(
    about=About(
        code="TXT002",
        name="empty-prompt",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the prompt is empty, blank or a placeholder",
        reason="The model learns to answer a question that was not put, with whatever stands here.",
        example='{"prompt": " ", "completion": "The capital of France is Paris."}',
        remedy="Write the prompt, or drop the row (`--unsafe-fixes`); for plain text use the text format.",
        assumes="English placeholders",
    ),
    frame="rows",
    condition=_condition,
    message="the prompt is empty",
    column="prompt",
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
)
