"""A function of Python's on each value of a column."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import polars as pl

from curate.few_texts import FEW, cut_pattern

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
        pattern = cut_pattern(pattern, texts.drop_nulls().to_list())
    return texts.str.contains(pattern)


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
