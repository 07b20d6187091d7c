"""A function of Python's on each value of a column."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import polars as pl

from curate.arrays import series_of
from curate.few_texts import FEW, cut_pattern
from curate.taking_apart import Narrowing

# The expressions that `holding` was asked for: those of our rules are taken apart beforehand (`curate.wordings`).
HELD: set[str] = set()


def each(column: pl.Expr, function: Callable[[Any], Any], dtype: type[pl.DataType]) -> pl.Expr:
    """As `column.map_elements(function, return_dtype=dtype)`: nulls stay what they are.

    polars reads the bytecode of what `map_elements` is given, to advise against it, which takes each
    start 10 ms.
    """
    return column.map_batches(partial(_each, function, dtype), return_dtype=dtype)


def _each(function: Callable[[Any], Any], dtype: type[pl.DataType], values: pl.Series) -> pl.Series:
    made = [None if value is None else function(value) for value in values.to_list()]
    return pl.Series(values.name, made, dtype=dtype)


def holding(texts: pl.Expr, pattern: str) -> pl.Expr:
    """Whether texts match, null for false, in a function of its own: where these would be too many words to screen."""
    HELD.add(pattern)
    return texts.map_batches(partial(_holding, pattern), return_dtype=pl.Boolean).fill_null(False)


def _holding(pattern: str, texts: pl.Series) -> pl.Series:
    if texts.null_count() == len(texts):  # there is nothing to be compiled
        return pl.Series(texts.name, [None], dtype=pl.Boolean).new_from_index(0, len(texts))
    if len(texts) - texts.null_count() <= FEW:
        return texts.str.contains(cut_pattern(pattern, texts.drop_nulls().to_list()))
    # Of some texts each wording is asked only where its words stand, as in conditions that are seen.
    frame = texts.alias("text").to_frame()
    found = np.zeros(len(texts), np.bool_)
    found[_taken_apart(pattern).where(frame, np.arange(len(texts), dtype=np.uint32))] = True
    return series_of(found, texts.name)


@cache
def _taken_apart(pattern: str) -> Narrowing:
    return Narrowing(pl.col("text").str.contains(pattern))


def each_matching(column: pl.Expr, pattern: str, function: Callable[[str], bool]) -> pl.Expr:
    """As `each` with a test, of texts that match a regular expression; others do not pass it, unread.

    polars finds out in the time that Python needs for a hundredth of the text.
    """
    return column.map_batches(partial(_matching, pattern, function), return_dtype=pl.Boolean)


def _matching(pattern: str, function: Callable[[str], bool], texts: pl.Series) -> pl.Series:
    if texts.null_count() == len(texts):  # and there is no need to compile the expression
        return _each(function, pl.Boolean, texts)
    found = (
        texts.alias("text")
        .to_frame()
        .select(pl.when(pl.col("text").str.contains(pattern)).then(pl.col("text")))
    )
    return _each(function, pl.Boolean, found["text"]).alias(texts.name)
