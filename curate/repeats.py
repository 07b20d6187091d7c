"""Which texts may repeat themselves: a piece taken from a text stands in it again and again."""

from __future__ import annotations

import polars as pl

from curate import textkernel
from curate.arrays import series_of

# The kernel has the same numbers.
_PROBE = 16  # characters from four fifths of the text on: three times in it
_LAST, _END = 8, 64  # or its last characters: four times among so many
_DOUBLED = 60  # bytes; or all of it is the same so long thing twice …
_BETWEEN = ("", " ", "\n", "\n\n")  # … with one of these between


def repeating(text: pl.Expr) -> pl.Expr:
    """Whether a text does; null for null."""
    return text.map_batches(_repeating, return_dtype=pl.Boolean)


def _repeating(texts: pl.Series) -> pl.Series:
    kernel = textkernel.load()
    if kernel is None:
        return texts.alias("text").to_frame().select(repeating_of(pl.col("text"))).to_series()
    found = series_of(kernel.repeats(texts), texts.name).cast(pl.Boolean)
    return found.set(texts.is_null(), None)


def repeating_of(text: pl.Expr) -> pl.Expr:
    """The same without the kernel."""
    at = (text.str.len_chars() * 8 // 10).cast(pl.Int64)
    end = text.str.tail(_END)
    found = (text.str.count_matches(text.str.slice(at, _PROBE), literal=True) >= 3) | (
        end.str.count_matches(end.str.tail(_LAST), literal=True) >= 4
    )
    for between in _BETWEEN:
        half = text.str.head((text.str.len_chars().cast(pl.Int64) - len(between)) // 2)
        twice = pl.concat_str([half, pl.lit(between), half]) == text
        found = found | (twice & (half.str.len_bytes() >= _DOUBLED))
    return found
