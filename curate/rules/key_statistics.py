"""Which keys the rows of a file have, how often, and with which types: counted on their layouts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import field

import polars as pl

from curate.dataset import Dataset
from curate.layouts import entries_of
from curate.light_dataclass import dataclass
from curate.patterns import regex

# Fields that a format may leave out; they are neither missed nor out of place.
OPTIONAL = frozenset(
    {
        *("input", "system", "system_prompt", "history", "context", "tools", "functions"),
        *("parallel_tool_calls", "tool_choice", "response_format", "chat_template_kwargs"),
        *("margin", "weight", "id", "metadata", "store", "images", "videos", "audios"),
    }
)
# Fields by which a format is known: a row without the file's own is a row of another format.
DEFINING = frozenset(
    {
        *("messages", "conversations", "instruction", "prompt", "completion", "question"),
        *("answer", "chosen", "rejected", "text", "output", "response", "query"),
    }
)
# A key that nearly all rows have, or hardly any.
NEARLY_ALL = 0.9
# Where nearly every row has keys of its own (ids as keys), no key is usual and none is odd.
_MOST_LAYOUTS = 20_000
_INDEX = regex(r"\[\d+\]")


@dataclass(slots=True)
class KeyStatistics:
    """Counts over the rows of one file.

    `types[key][type]` is the number of rows in which `key` has a value of that type; keys of turns
    are counted under their name without index ("messages[].note"). `layouts` maps each distinct
    layout to its entries, as (key as it stands, key as it is counted, type). `usual` are the keys
    that nearly all rows have.
    """

    rows: int
    types: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    layouts: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    usual: frozenset[str] = frozenset()

    def count(self, key: str) -> int:
        """The number of rows that have the key."""
        return self.types[key].total() if key in self.types else 0

    def share(self, key: str) -> float:
        """The share of rows that have the key."""
        return self.count(key) / self.rows if self.rows else 0.0

    def is_foreign(self, keys: set[str]) -> bool:
        """Whether a row with these keys is of another format than the file."""
        return not (self.usual & DEFINING) <= keys


def key_statistics(dataset: Dataset) -> KeyStatistics:
    """Count the keys of all rows; the work grows with the distinct layouts only."""
    statistics = KeyStatistics(len(dataset))
    if any(".parquet" in name.lower() for name in dataset.files):
        return statistics  # every row has every column; reading leaves out those that are null
    counted = dataset.frame.group_by(pl.col("layout").cast(pl.String)).len().sort("layout")
    if counted.height > _MOST_LAYOUTS:
        return statistics
    for layout, count in counted.iter_rows():
        entries = [(key, _INDEX.sub("[]", key), kind) for key, kind in entries_of(layout)]
        statistics.layouts[layout] = entries
        for _, name, kind in entries:
            statistics.types[name][kind] += count
    statistics.usual = frozenset(k for k in statistics.types if statistics.share(k) >= NEARLY_ALL)
    return statistics


def rows_with(dataset: Dataset, layouts: list[str]) -> Iterator[tuple[int, str]]:
    """(row index, layout) of the rows that have one of the layouts, in order."""
    if not layouts:
        return
    text = pl.col("layout").cast(pl.String)
    found = dataset.frame.select("layout").with_row_index().filter(text.is_in(layouts))
    yield from found.with_columns(text).iter_rows()
