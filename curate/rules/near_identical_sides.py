"""PRF007: two long sides that differ in a few characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.patterns import regex
from curate.rules.pairs import answers_of, shared_part, shared_start, text_of
from curate.rules.protocol import About, Mark, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat

_SHORTEST = 120  # characters; short answers that differ in a word may well be minimal pairs

_LONGEST_WORD = 12  # characters, with the blank beside it
# A word that turns the meaning is worth a pair.
_TURNS = regex(r"\b(?:not|no|never|none|nor|only|without|hardly)\b|n['’]t\b", re.I)
_CODE = regex(r"[{};]\s*\n|\bdef \w+\(|\breturn\b|```|=>|\\frac|\\boxed")


def _applies(options: LintOptions) -> pl.Expr:
    a = pl.col("completion").str.len_chars().cast(pl.Int64)
    b = pl.col("rejected").str.len_chars().cast(pl.Int64)
    most = pl.max_horizontal(a, b)
    most_apart = pl.max_horizontal(most * (1 - options.near_identical_sides), _LONGEST_WORD)
    alike = (a - b).abs() <= most_apart
    return (most >= _SHORTEST) & alike & (pl.col("completion") != pl.col("rejected"))


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    chosen, rejected = (text_of(side) for side in answers_of(record))
    part = shared_part(chosen, rejected)
    if (
        chosen != rejected
        and (part >= options.near_identical_sides or _a_word_more(chosen, rejected))
        and not _may_matter(chosen, rejected)
    ):
        start = shared_start(chosen, rejected)
        yield Mark(
            "rejected",
            f"the sides share {100 * part:.0f}% of their text; they part at character {start + 1}",
            rejected[max(0, start - 40) : start + 80],
        )


def _a_word_more(chosen: str, rejected: str) -> bool:
    """Whether one side has a word that the other lacks, one that turns no meaning, and nothing else."""
    longer, shorter = sorted((chosen, rejected), key=len, reverse=True)
    start = shared_start(longer, shorter)
    end = min(shared_start(longer[::-1], shorter[::-1]), len(shorter) - start)
    more = longer[start : len(longer) - end].strip()
    return start + end == len(shorter) and " " not in more and not _TURNS.search(more)


def _may_matter(chosen: str, rejected: str) -> bool:
    """Whether the sides differ in a number, in a "not" or in code, where one place can be all that is right or wrong."""
    words = [set(side.split()) for side in (chosen, rejected)]
    numbers = [{w.strip(".,;:!?$€£%()") for w in a - b} for a, b in (words, words[::-1])]
    figures = all(any(w and w[0].isdigit() for w in said) for said in numbers)
    turned = any(_TURNS.search(w) for said in numbers for w in said)
    return figures or turned or _CODE.search(chosen) is not None


RULE = RecordRule(
    about=About(
        code="PRF007",
        name="near-identical-sides",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the two sides are nearly the same, and differ neither in a number nor in code",
        reason="Pairs that differ in one place can teach exactly that place, if the judgement is about it; if not, they are noise with a large gradient on one token (Pal et al. 2024, arXiv 2402.13228).",
        example="two answers of 80 words that differ in one",
        remedy="Look at where they differ: keep the pair only if that is what makes one better.",
        options=("near_identical_sides",),
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.PREFERENCE,),
)
