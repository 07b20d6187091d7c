"""Who stays and who goes within one group of candidates: exact Jaccard similarity decides.

`cluster` is the definition, in plain Python; the C kernel gives the same answer (tested), in large
groups without comparing all that share a band. Members come in order of rank, the best keeper first.

* **representative**: a member goes if a *kept* member of better rank is within the threshold; its
  keeper is the most similar of those (the better rank on a tie). So every removed row is within the
  threshold of the row that stands for it.
* **single**: members within the threshold of each other are one cluster, transitively; the member of
  best rank is kept, however far it is from the others.
* **match**: the first members of the group are references, and each other member is only compared
  with those. Under representative, references (the rows of an index, say) are kept whatever happens.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from curate.light_dataclass import dataclass
from curate.shingles import ShingleSets
from curate.signatures import U32

Linkage = Literal["representative", "single"]
Mode = Literal["representative", "single", "match"]

# Single linkage compares a row with at most this many members (the latest) of one cluster in one
# bucket: a row that none of 64 near-identical rows resembles is not one of them. Without a limit,
# a cluster of m rows and as many rows just below the threshold would cost m² comparisons.
MEMBERS_TRIED = 64


@dataclass(frozen=True)
class Clustering:
    """The outcome for the m members of one or several groups; all arrays have shape (m,).

    `keeper[i]` is i itself for a kept member. `similarity[i]` is the exact Jaccard similarity to the
    keeper, 1.0 for a kept member. `link[i]` is the member that brought i into its cluster, at
    `link_similarity[i]`: the keeper itself under representative, i itself for a lone member.
    """

    keeper: NDArray[np.int32]
    similarity: NDArray[np.float64]
    link: NDArray[np.int32]
    link_similarity: NDArray[np.float64]
    compared: int


def cluster(
    keys: U32,
    sets: ShingleSets,
    offsets: NDArray[np.int64],
    references: NDArray[np.int64],
    threshold: float,
    mode: Mode,
) -> Clustering:
    """Cluster groups of candidates, each by itself.

    Args:
        keys: band keys, shape (members of all groups, bands).
        sets: shingle sets of all members.
        offsets: group g has the members `offsets[g]` to `offsets[g + 1]`.
        references: how many members of each group, from its start, are references.
        threshold: smallest Jaccard similarity of a near duplicate.
        mode: see the module; "single" knows no references.
    """
    size = len(sets)
    keeper = np.arange(size, dtype=np.int32)
    link, similarity, link_similarity = keeper.copy(), np.ones(size), np.ones(size)
    compare = _Comparison(sets, threshold)
    bands = keys.tolist()
    for start, stop, fixed in zip(
        offsets[:-1].tolist(), offsets[1:].tolist(), references.tolist(), strict=True
    ):
        compare.enter(start, stop)
        members = range(start, stop)
        if mode == "single":
            _single(members, bands, compare, keeper, link, link_similarity)
            for i in members:
                if keeper[i] != i:
                    similarity[i] = compare.exact(i, int(keeper[i]))
        else:
            first_free = start + fixed
            last_kept = first_free if mode == "match" else stop
            _representatives(members, first_free, last_kept, bands, compare, keeper, similarity)
    if mode != "single":
        link, link_similarity = keeper.copy(), similarity.copy()
    return Clustering(keeper, similarity, link, link_similarity, compare.count)


class _Comparison:
    """Exact similarities within one group, counted."""

    def __init__(self, sets: ShingleSets, threshold: float) -> None:
        self._all = sets
        self._sets: dict[int, frozenset[int]] = {}
        self._threshold = threshold
        self.count = 0

    def enter(self, start: int, stop: int) -> None:
        """Work on these members from now on."""
        self._sets = {i: frozenset(self._all.row(i).tolist()) for i in range(start, stop)}

    def exact(self, i: int, j: int) -> float:
        left, right = self._sets[i], self._sets[j]
        common = len(left & right)
        self.count += 1
        return common / (len(left) + len(right) - common)

    def within(self, i: int, j: int) -> float:
        """The similarity when it reaches the threshold, else 0."""
        sizes = len(self._sets[i]), len(self._sets[j])
        if min(sizes) / max(sizes) < self._threshold:
            return 0.0
        value = self.exact(i, j)
        return value if value >= self._threshold else 0.0


def _representatives(
    members: range,
    first_free: int,
    last_kept: int,
    keys: list[list[int]],
    compare: _Comparison,
    keeper: NDArray[np.int32],
    similarity: NDArray[np.float64],
) -> None:
    buckets: dict[tuple[int, int], list[int]] = {}
    for i in members:
        bands = keys[i]
        best, best_similarity = -1, 0.0
        seen: set[int] = set()
        for bucket in enumerate(bands) if i >= first_free else ():
            for j in buckets.get(bucket, ()):
                if j in seen:
                    continue
                seen.add(j)
                value = compare.within(i, j)
                if value > best_similarity or (value == best_similarity > 0.0 and j < best):
                    best, best_similarity = j, value
        if best >= 0:
            keeper[i], similarity[i] = best, best_similarity
        elif i < last_kept:
            for bucket in enumerate(bands):
                buckets.setdefault(bucket, []).append(i)


def _single(
    group: range,
    keys: list[list[int]],
    compare: _Comparison,
    keeper: NDArray[np.int32],
    link: NDArray[np.int32],
    link_similarity: NDArray[np.float64],
) -> None:
    parents = {i: i for i in group}

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    def join(i: int, j: int, value: float) -> None:
        for a, b in ((i, j), (j, i)):
            if link[a] == a or value > link_similarity[a]:
                link[a], link_similarity[a] = b, value
        a, b = root(i), root(j)
        parents[max(a, b)] = min(a, b)

    # A bucket holds one list of members for each cluster that has met it; lists whose clusters
    # have since become one are simply both skipped.
    buckets: dict[tuple[int, int], list[list[int]]] = {}
    for i in group:
        bands = keys[i]
        seen: set[int] = set()
        for bucket in enumerate(bands):
            for members in buckets.get(bucket, ()):
                if root(members[0]) == root(i):
                    continue
                for j in members[: -MEMBERS_TRIED - 1 : -1]:
                    if j in seen:
                        continue
                    seen.add(j)
                    value = compare.within(i, j)
                    if value:
                        join(i, j, value)
                        break
        for bucket in enumerate(bands):
            lists = buckets.setdefault(bucket, [])
            for members in lists:
                if root(members[0]) == root(i):
                    members.append(i)
                    break
            else:
                lists.append([i])
    for i in group:
        keeper[i] = root(i)
