"""PRF007: two long sides that differ in a few characters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.pairs import answers_of, shared_part, shared_start, text_of
from curate.rules.protocol import About, Mark, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat

_SHORTEST = 200  # characters; short answers that differ in a word may well be minimal pairs


def _applies(options: LintOptions) -> pl.Expr:
    a = pl.col("completion").str.len_chars().cast(pl.Int64)
    b = pl.col("rejected").str.len_chars().cast(pl.Int64)
    most = pl.max_horizontal(a, b)
    alike = (a - b).abs() <= most * (1 - options.near_identical_sides)
    return (most >= _SHORTEST) & alike & (pl.col("completion") != pl.col("rejected"))


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    chosen, rejected = (text_of(side) for side in answers_of(record))
    part = shared_part(chosen, rejected)
    if chosen != rejected and part >= options.near_identical_sides:
        start = shared_start(chosen, rejected)
        yield Mark(
            "rejected",
            f"the sides share {100 * part:.0f}% of their text; they part at character {start + 1}",
            rejected[max(0, start - 40) : start + 80],
        )


RULE = RecordRule(
    about=About(
        code="PRF007",
        name="near-identical-sides",
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        summary="the two sides are nearly the same",
        reason="Pairs that differ in one place can teach exactly that place, if the judgement is about it; if not, they are noise with a large gradient on one token (Pal et al. 2024, arXiv 2402.13228).",
        example="two answers of 80 words that differ in one",
        remedy="Look at where they differ: keep the pair only if that is what makes one better.",
        options=("near_identical_sides",),
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.PREFERENCE,),
)
