"""Which texts have to be compared at all: groups of texts joined by shared band keys.

Two texts that share no band key never meet, so the groups (connected components of "shares a key")
can be worked on one at a time, in any order and by any number of threads, with one answer. Band keys
lie in columns, one for each band, in memory or in a scratch file; grouping reads one column at a
time, so it needs about 16 bytes a row whatever the number of bands.

Within this module a text is known by its *rank*: 0 is the one that would be kept first.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from curate.light_dataclass import dataclass
from curate.signatures import U32

I64 = NDArray[np.int64]
# Joins, in `parents`, the ranks whose key in this column is the same; roots are the smallest ranks.
Link = Callable[[U32, U32], None]


@contextmanager
def band_columns(bands: int, rows: int, memory: int | None) -> Iterator[U32]:
    """An array (bands, rows) for the keys: on disk when it would take over a third of `memory` bytes.

    The scratch file is removed from its folder at once (or, where the system forbids that, at the
    end), so nothing is left behind however the program ends.
    """
    if memory is None or bands * rows * 4 <= memory // 3:
        yield np.zeros((bands, rows), np.uint32)
        return
    with tempfile.TemporaryDirectory(prefix="curate-bands-", ignore_cleanup_errors=True) as folder:
        yield np.memmap(Path(folder) / "keys", np.uint32, "w+", shape=(bands, max(rows, 1)))[
            :, :rows
        ]


def forget(columns: U32) -> None:
    """Let the system take back the memory of columns that are on disk (they stay readable)."""
    mapped = getattr(columns.base, "_mmap", None) if columns.base is not None else None
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True)
class Groups:
    """Groups of two or more ranks: group g is `ranks[offsets[g]:offsets[g + 1]]`, ascending."""

    ranks: I64
    offsets: I64

    def __len__(self) -> int:
        return len(self.offsets) - 1


def group(columns: U32, rows_by_rank: I64, link: Link) -> Groups:
    """Group the texts `rows_by_rank` (row numbers, best keeper first) by shared keys.

    Groups are ordered by their first rank; the result does not depend on the order of the bands.
    """
    parents = np.arange(len(rows_by_rank), dtype=np.uint32)
    in_order = len(rows_by_rank) == columns.shape[1] and bool(
        np.array_equal(rows_by_rank, np.arange(columns.shape[1]))
    )
    for column in columns:
        link(np.ascontiguousarray(column if in_order else column[rows_by_rank]), parents)
        forget(columns)
    return _listed(parents)


def group_edges(left: I64, right: I64, size: int) -> Groups:
    """Group `size` ranks by edges: `left[k]` and `right[k]` belong together."""
    parents = np.arange(size, dtype=np.uint32)
    while len(left):
        a, b = parents[left], parents[right]
        apart = a != b
        left, right, a, b = left[apart], right[apart], a[apart], b[apart]
        np.minimum.at(parents, np.maximum(a, b), np.minimum(a, b))
        parents = _flattened(parents)
    return _listed(parents)


def link_python(column: U32, parents: U32) -> None:
    """`Link` without the C kernel: sort the keys, join neighbours that are equal."""
    order = np.argsort(column, kind="stable")
    keys = column[order]
    same = np.flatnonzero(keys[1:] == keys[:-1])
    for left, right in zip(order[same].tolist(), order[same + 1].tolist(), strict=True):
        a, b = _root(parents, left), _root(parents, right)
        if a != b:
            parents[max(a, b)] = min(a, b)


def _root(parents: U32, rank: int) -> int:
    while (parent := int(parents[rank])) != rank:
        parents[rank] = parents[parent]
        rank = parent
    return rank


def _listed(parents: U32) -> Groups:
    """The groups of two or more, from a forest in which every parent is smaller than its child."""
    parents = _flattened(parents)
    sizes = np.bincount(parents, minlength=len(parents)) if len(parents) else np.zeros(0, np.int64)
    members = np.flatnonzero(sizes[parents] > 1) if len(parents) else np.zeros(0, np.int64)
    members = members[np.argsort(parents[members], kind="stable")]
    roots = np.flatnonzero(sizes > 1)
    offsets = np.zeros(len(roots) + 1, np.int64)
    np.cumsum(sizes[roots], out=offsets[1:])
    return Groups(members.astype(np.int64), offsets)


def _flattened(parents: U32) -> U32:
    """Every rank directly below its root, by pointer jumping: the depth halves each time."""
    while True:
        above = parents[parents]
        if np.array_equal(above, parents):
            return parents
        parents = above
