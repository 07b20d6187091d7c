"""Rows that say the same, by hashes of what they say: who is the first of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from curate.arrays import series_of
from curate.dataset import Dataset
from curate.rules.splits import roles_of

# Features that are equal for rows that say the same, exactly or up to case and white space.
EXACT = ("system_hash", "prompt_hash", "completion_hash", "rejected_key", "label")
SAME_WORDS = ("system_hash", "prompt_key", "completion_key", "rejected_key", "label")
NEEDED = (
    "system_hash", "prompt_hash", "completion_hash", "prompt_key", "completion_key", "rejected_key",
    "label", "roles", "prompt_length", "completion_length",
)  # fmt: skip
_RANK = {"train": 0, "data": 0, "val": 1, "test": 2}


def comparable(dataset: Dataset) -> pl.DataFrame:
    """The rows that can be compared by their texts, with `index` and `split` (a number).

    Left out are rows without text, and those that end in a tool call: what they say is not in
    their text.
    """
    ranks = [_RANK[role] for role in roles_of(dataset)]
    frame = dataset.frame.select(
        *NEEDED,
        index=pl.int_range(pl.len(), dtype=pl.UInt32),
        split=series_of(np.array(ranks, np.uint8)[dataset.frame["file"].to_numpy()]),
    )
    said = pl.col("prompt_length").fill_null(0) + pl.col("completion_length").fill_null(0) > 0
    return frame.filter(said & ~pl.col("roles").str.ends_with("c"))


def repeats(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Rows that repeat an earlier row of their split: columns `index` and `first`."""
    return (
        _shared(frame, ("split", *keys))
        .with_columns(first=pl.col("index").min().over("key"))
        .filter(pl.col("index") != pl.col("first"))
        .select("index", "first")
        .sort("index")
    )


def crossings(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Rows that say what a row of an earlier split says: `index`, and `first` of that split.

    Train comes before validation, and validation before test.
    """
    shared = _shared(frame if frame["split"].n_unique() > 1 else frame.clear(), keys)
    firsts = shared.sort("split", "index").group_by("key", maintain_order=True).first()
    return (
        shared.join(firsts, on="key", suffix="_first")
        .filter(pl.col("split") > pl.col("split_first"))
        .select("index", first="index_first")
        .sort("index")
    )


def _shared(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The rows whose key another row has too (mostly few): `index`, `split` and `key`, a hash."""
    hashed = frame.lazy().select("index", "split", key=pl.struct(*keys).hash(0)).collect()
    return hashed.filter(hashed["key"].is_duplicated())


def pairs(found: pl.DataFrame) -> Iterator[tuple[int, int]]:
    """(row, the row that it repeats) for each."""
    return zip(found["index"].to_list(), found["first"].to_list(), strict=True)


def place(dataset: Dataset, row: int, seen_from: int) -> str:
    """Where a row stands, as said in the message about another: "line 3" or "train.jsonl:3"."""
    file, line = dataset.place(row)
    if file == dataset.place(seen_from)[0]:
        return f"line {line}"
    return f"{dataset.files[file]}:{line}"
