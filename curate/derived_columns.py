"""Columns that rules may name beside those of a batch, made once for all of them, and only where one does.

What a row follows from those beside it some of the rows alone do not say. What is a part of another text is a column,
so that conditions about it are taken apart as those about other texts are (`curate.taking_apart`).
"""

from __future__ import annotations

from collections.abc import Callable, Set

import polars as pl

# Columns that are a part of the text in another one.
PART_OF = {"question": "prompt", "prompt_end": "prompt"}
_LONGEST_END = 600  # characters
_LONGEST_LINE = 200
_PARAGRAPH = r"[^\n]+(?:\n[^\n]+)*\s*\z"


def with_derived(frame: pl.DataFrame, names: Set[str]) -> pl.DataFrame:
    """The frame with those of these columns that are asked for."""
    for name, made in _MADE.items():
        if name in names:
            frame = frame.with_columns(made(frame).alias(name))
    return frame


def _user_beside(frame: pl.DataFrame) -> pl.Series:
    """Whether a text of the user stands before or behind this one in its record."""
    row, user = pl.col("row"), pl.col("role") == "user"
    before, after = ((row == row.shift(n)) & user.shift(n, fill_value=False) for n in (1, -1))
    return frame.select((before | after).fill_null(False)).to_series()


def _of_chats(part: pl.Expr) -> Callable[[pl.DataFrame], pl.Series]:
    """The prompt, and of chats with several questions this part of it."""
    several = pl.col("roles").str.contains("u.*u")

    def made(frame: pl.DataFrame) -> pl.Series:
        chats = frame.select(several).to_series()
        if not chats.any():
            return frame["prompt"]
        return frame.select(pl.when(several).then(part).otherwise("prompt")).to_series()

    return made


_MADE: dict[str, Callable[[pl.DataFrame], pl.Series]] = {
    "user_beside": _user_beside,
    "question": _of_chats(
        pl.coalesce(pl.col("prompt").str.tail(_LONGEST_END).str.extract(_PARAGRAPH, 0), "prompt")
    ),
    "prompt_end": _of_chats(pl.col("prompt").str.tail(_LONGEST_LINE)),
}
