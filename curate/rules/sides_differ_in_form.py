"""PRF006: two sides that say the same."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _same_form(options: LintOptions) -> pl.Expr:
    same = _bare("completion") == _bare("rejected")
    return same & (pl.col("completion") != pl.col("rejected")) & (_bare("rejected") != "")


def _bare(column: str) -> pl.Expr:
    return (
        pl.col(column)
        .str.to_lowercase()
        # In prose; marks within a number or an expression say something.
        .str.replace_all(r"[.,;:!?…]*\s+|[.,;:!?…]+$", " ")
        .str.strip_chars(" .!?…。！？")
    )


def _near(options: LintOptions) -> pl.Expr:
    """The same letters at the start, in any case, is what both sides must have."""

    def start(column: str) -> pl.Expr:
        return pl.col(column).str.strip_chars_start().str.slice(0, 1).str.to_lowercase()

    return pl.col("rejected").is_not_null() & (start("completion") == start("rejected"))


RULE = ColumnRule(
    about=About(
        code="PRF006",
        name="sides-differ-in-form",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the two sides differ only in case, white space or the final mark",
        reason="The only thing to learn from such a pair is a space or a full stop; in a reward model it becomes a feature that the policy will exploit.",
        example='{"prompt": "Capital of France?", "chosen": "Paris.", "rejected": "paris"}',
        remedy="Drop the pair, unless form is what the judgement is about.",
    ),
    frame="rows",
    condition=_same_form,
    first=_near,
    message="chosen and rejected differ only in case, white space or the final mark",
    column="rejected",
    applies_to=(RecordFormat.PREFERENCE,),
)
