"""Compact per-row features that dataset rules work on, each defined once.

A feature is an expression over `Batch.rows`. The engine evaluates those that the selected rules
ask for, batch by batch, and keeps only them: hashes and lengths, not text, so that memory stays
small over millions of rows.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

# Labels and short answers are kept as text; anything longer is represented by its hash.
SHORT_TEXT = 64


def _normalised(column: str) -> pl.Expr:
    """Text as equality of meaning sees it: lower-case, runs of white space as one space."""
    return pl.col(column).str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()


def _short(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.len_bytes() <= SHORT_TEXT).then(pl.col(column))


def _opening(column: str) -> pl.Expr:
    """The first two words, as they stand."""
    return pl.col(column).str.extract(r"^\s*(\S+(?:\s+\S+)?)", 1).str.slice(0, 40)


FEATURES: dict[str, Callable[[], pl.Expr]] = {
    # exact text, as 64-bit hashes
    "prompt_hash": lambda: pl.col("prompt").hash(1),
    "completion_hash": lambda: pl.col("completion").hash(2),
    "system_hash": lambda: pl.col("system").hash(3),
    # the same up to case and white space
    "prompt_key": lambda: _normalised("prompt").hash(4),
    "completion_key": lambda: _normalised("completion").hash(5),
    # sizes, in characters
    "prompt_length": lambda: pl.col("prompt").str.len_chars(),
    "completion_length": lambda: pl.col("completion").str.len_chars(),
    # texts, where short enough to be a label
    "short_completion": lambda: _short("completion"),
    "roles": lambda: pl.col("roles"),
    "label": lambda: pl.col("label"),
    "layout": lambda: pl.col("layout").cast(pl.Categorical),
    # preferences: the rejected side, as above
    "rejected_key": lambda: _normalised("rejected").hash(6),
    "rejected_length": lambda: pl.col("rejected").str.len_chars(),
    # the first words of both sides, for preferences only
    "completion_opening": lambda: pl.when(pl.col("rejected").is_not_null()).then(
        _opening("completion")
    ),
    "rejected_opening": lambda: _opening("rejected"),
}
