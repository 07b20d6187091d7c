"""Prompts that are prompts: long enough to be recognised, and not the same in row after row."""

from __future__ import annotations

import polars as pl

# What makes two prompts the same: their words, and the system text before them.
PROMPT = ("system_hash", "prompt_key")
_SHORTEST = 4
_MOST_ROWS = 20


def real_prompts(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose prompt tells them apart.

    A prompt of less than four characters, or one that stands in more than twenty rows and one row
    in fifty ("Continue the text."), is a fixed phrase: to meet it again means nothing.
    """
    most = max(_MOST_ROWS, rows.height // 50)
    counts = rows["prompt_key"].value_counts(name="times")
    fixed = counts.filter(pl.col("times") > most)["prompt_key"]
    phrase = pl.col("prompt_key").is_in(fixed.to_list())
    return rows.filter((pl.col("prompt_length") >= _SHORTEST) & ~phrase)
