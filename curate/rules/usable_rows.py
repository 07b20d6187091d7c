"""How many rows there are to learn from, once repeated ones count once."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.light_dataclass import dataclass
from curate.plurals import counted
from curate.rules.splits import roles_of

NEEDED = (
    "system_hash", "prompt_key", "completion_key", "rejected_key", "label", "roles",
    "has_output", "awaits_answer",
)  # fmt: skip
_SAID = ("system_hash", "prompt_key", "completion_key", "rejected_key", "label")


@dataclass(frozen=True, slots=True)
class Usable:
    """One file: its number, its valid rows, those with something to learn, and those of them that
    differ (up to case and white space)."""

    file: int
    rows: int
    usable: int
    distinct: int

    @property
    def told(self) -> str:
        """The count in words, with what was left out."""
        left = []
        if self.rows - self.usable:
            empty = self.rows - self.usable
            left.append(f"{empty:,} {'has' if empty == 1 else 'have'} no output")
        if self.usable - self.distinct:
            again = self.usable - self.distinct
            left.append(f"{again:,} {'repeats another' if again == 1 else 'repeat others'}")
        of = f" of {counted(self.rows, 'row')} ({', '.join(left)})" if left else ""
        return f"{counted(self.distinct, 'usable example')}{of}"


def usable_rows(dataset: Dataset) -> Iterator[Usable]:
    """The counts of each file that is trained on, also of those without rows."""
    calls = pl.col("roles").str.ends_with("c")
    learnt = calls | pl.col("has_output") | pl.col("awaits_answer")
    # What a row that ends in a tool call says is not in its texts: each counts.
    key = (
        pl.when(calls)
        .then(pl.int_range(pl.len(), dtype=pl.UInt64))
        .otherwise(pl.struct(_SAID).hash(0))
    )
    counts = (
        dataset.frame.lazy()
        .select("file", learnt=learnt, key=key)
        .group_by("file")
        .agg(
            rows=pl.len(),
            usable=pl.col("learnt").sum(),
            distinct=pl.col("key").filter(pl.col("learnt")).n_unique(),
        )
        .collect()
    )
    by_file = {row[0]: row[1:] for row in counts.iter_rows()}
    for file, role in enumerate(roles_of(dataset)):
        if role in ("data", "train"):
            yield Usable(file, *by_file.get(file, (0, 0, 0)))
