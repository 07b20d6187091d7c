"""DUP009: a conversation of the validation or test set that begins as one that is trained on, or is its beginning."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import polars as pl

from curate.arrays import series_of
from curate.dataset import Dataset
from curate.features import OPENING, SEVERAL_TURNS
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.splits import has_splits, roles_of
from curate.rules.texts_again import texts_again
from curate.rules.twins import place
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_RANK = {"train": 0, "data": 0, "val": 1, "test": 2}
# Rows of single exchanges are read again to compare them with what conversations begin with.
_MOST_READ, _MOST_PAIRS = 20_000, 20_000
# More rows with one opening are a greeting, or an instruction that all have.
_MOST_ALIKE = 20
# What two rows share has to be so long, and so much of the shorter one.
_SHORTEST, _SHARE = 80, 0.3


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    if not has_splits(dataset):
        return
    rows = _openings(dataset)
    alike = rows.group_by("opening").agg(pl.len(), pl.col("split").n_unique().alias("splits"))
    keys = alike.filter((pl.col("splits") > 1) & (pl.col("len") <= _MOST_ALIKE)).select("opening")
    met = rows.join(keys, on="opening").sort("split", "index")
    pairs = met.join(met, on="opening", suffix="_first").filter(
        (pl.col("split") > pl.col("split_first")) & (pl.col("several") | pl.col("several_first"))
    )
    pairs = pairs.select("index", "index_first").head(_MOST_PAIRS).sort("index", "index_first")
    wanted = {row for pair in pairs.iter_rows() for row in pair}
    texts = texts_again(dataset, sorted(wanted), ("prompt", "completion"))
    told: set[int] = set()
    for row, first in pairs.iter_rows():
        if row not in told and _begin_alike(texts[row], texts[first]):
            told.add(row)
            said = f"the conversation has its first turns from {place(dataset, first, row)}"
            yield Hit(row, said, related=((first, None),))


def _openings(dataset: Dataset) -> pl.DataFrame:
    """Rows with what they begin with, as far as it can be told: `index`, `split`, `several` (turns), `opening`."""
    ranks = np.array([_RANK[role] for role in roles_of(dataset)], np.uint8)
    rows = dataset.frame.select(
        "opening_hash",
        index=pl.int_range(pl.len(), dtype=pl.UInt32),
        split=series_of(ranks[dataset.frame["file"].to_numpy()]),
        several=SEVERAL_TURNS,
        judged=pl.col("completion_hash").is_not_null() & ~pl.col("roles").str.ends_with("c"),
    ).filter(pl.col("judged"))
    known = rows.filter(pl.col("opening_hash").is_not_null())
    known = known.select("index", "split", "several", opening="opening_hash")
    # An exchange of one split can only be the beginning of a conversation in another.
    splits = {n for n in rows["split"].unique() if set(known["split"].unique()) - {n}}
    single = rows.filter(~pl.col("several") & pl.col("split").is_in(splits))
    if known.height == 0 or single.height == 0 or single.height > _MOST_READ:
        return known
    texts = texts_again(dataset, single["index"].to_list(), ("prompt", "completion"))
    joined = [_whole(text)[:OPENING] for text in texts.values()]
    read = single.sort("index").with_columns(pl.Series("opening", joined).hash(6))
    return pl.concat([known, read.select("index", "split", "several", "opening")])


def _whole(text: tuple[str | None, ...]) -> str:
    return "\n\n".join(part for part in text if part)


def _begin_alike(a: tuple[str | None, ...], b: tuple[str | None, ...]) -> bool:
    """Whether two conversations, not the same, have a prompt and its answer at their beginning in common."""
    if a == b:
        return False
    texts = _whole(a), _whole(b)
    shared = os.path.commonprefix(texts)  # noqa: RUF071 - of texts, not of paths
    if all(text == shared or text.startswith("\n\n", len(shared)) for text in texts):
        whole = shared
    else:
        whole = shared.rpartition("\n\n")[0]
    shorter = min(map(len, texts))
    return len(whole) >= max(_SHORTEST, _SHARE * shorter) and "\n\n" in whole


RULE = DatasetRule(
    about=About(
        code="DUP009",
        name="leaked-turns",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the conversation begins as one in a split before this one does, or is its beginning",
        reason="The model has been trained on these turns: what it is measured on is no new prompt and no new answer.",
        example="a question and its answer in val.jsonl, with which a longer conversation in train.jsonl begins",
        remedy="Split by conversation, before turns are cut off: `curate split` keeps what belongs together in one split.",
        options=("train", "val", "test"),
    ),
    features=("opening_hash", "completion_hash", "roles"),
    check=_check,
)
