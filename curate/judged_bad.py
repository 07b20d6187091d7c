"""Answers that were judged bad, in unpaired preferences: that they refuse, break off or err is why they are there.

What is wrong with their characters stays a finding, and so does what is wrong with their prompts.
"""

from __future__ import annotations

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import ColumnRule, RecordRule
from curate.schemas.turns import RecordFormat

_FAMILIES = ("TXT", "CON")
# Of the texts themselves, whatever they say.
_ALWAYS = frozenset(
    {
        *("empty-completion", "mojibake", "replacement-character", "control-character", "lone-surrogate"),
        *("invisible-character", "bidirectional-override", "leaked-template-token", "literal-escape"),
        *("carriage-returns", "special-token-in-text"),
    }
)  # fmt: skip


def spoken_of(
    rule: ColumnRule | RecordRule, positions: pl.Series, format_: RecordFormat, rows: pl.DataFrame,
    segments: pl.DataFrame,
) -> pl.Series:  # fmt: skip
    """Of the positions where a rule holds, those that it may report."""
    if format_ is not RecordFormat.UNPAIRED_PREFERENCE or not _judges(rule):
        return positions
    if isinstance(rule, ColumnRule) and rule.frame == "segments":
        found = segments.select("row", "role")[positions.cast(pl.UInt32)]
        bad = _bad(rows)[found["row"]] & (found["role"] == "assistant")
    else:
        bad = _bad(rows)[positions.cast(pl.UInt32)]
    return positions.filter(~bad)


def bad_rows(dataset: Dataset, code: str) -> frozenset[int]:
    """The rows about whose answers a rule of this code over all rows says nothing."""
    if not code.startswith(_FAMILIES) or "label" not in dataset.frame.columns:
        return frozenset()
    return frozenset(_bad(dataset.frame).arg_true().to_list())


def _judges(rule: ColumnRule | RecordRule) -> bool:
    """Whether a rule judges what answers say."""
    about = rule.about
    if not about.code.startswith(_FAMILIES) or about.name in _ALWAYS:
        return False
    return not (isinstance(rule, ColumnRule) and rule.column == "prompt")


def _bad(rows: pl.DataFrame) -> pl.Series:
    return ~rows["label"].fill_null(True)
