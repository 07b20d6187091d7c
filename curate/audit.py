"""All near-duplicate pairs by an exact join, to measure what the bands missed.

A prefix join (Bayardo, Ma and Srikant 2007, All-Pairs; Xiao et al. 2008, PPJoin): with every set's
elements in one global order, the rare ones first, two sets of Jaccard similarity t or more share an
element among the first |A| − ⌈t·|A|⌉ + 1 of each. Pairs that share one are verified; nothing is
missed. It takes many times longer than the search it audits.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from curate.engines import choose_engine
from curate.light_dataclass import dataclass
from curate.matching import Settings, Sketched, Verdicts
from curate.shingles import ShingleSets
from curate.texts import I64, TextSource

_COUNTERS = 1 << 22
_PAIRS_AT_ONCE = 1 << 21


@dataclass(frozen=True)
class Audit:
    """What the exact join found among rows with different tokens.

    `pairs` true pairs, of which `met` share a band; `settled` have lost a side (representative
    linkage) or are in one cluster (single linkage).
    """

    pairs: int
    met: int
    settled: int

    @property
    def recall(self) -> float:
        """The share of the true pairs that the bands proposed."""
        return self.met / self.pairs if self.pairs else 1.0

    @property
    def settled_share(self) -> float:
        """The share of the true pairs that were settled."""
        return self.settled / self.pairs if self.pairs else 1.0


def audit(source: TextSource, sketched: Sketched, verdicts: Verdicts, settings: Settings) -> Audit:
    """Measure the recall of a finished run. Memory: 8 bytes a token, and more while joining."""
    _, first = np.unique(sketched.digests, axis=0, return_index=True)
    rows: I64 = np.sort(first[sketched.tokens[first] > 0]).astype(np.int64)
    engine = choose_engine(settings.engine)
    sets = engine.sets(source.take(rows), settings.shingling)
    removed = verdicts.keeper != np.arange(len(verdicts.keeper))
    pairs = met = settled = 0
    for left, right in exact_pairs(sets, settings.threshold):
        a, b = rows[left], rows[right]
        pairs += len(a)
        met += int(np.any(sketched.columns[:, a] == sketched.columns[:, b], axis=0).sum())
        if settings.linkage == "single":
            settled += int(np.sum(verdicts.keeper[a] == verdicts.keeper[b]))
        else:
            settled += int(np.sum(removed[a] | removed[b]))
    return Audit(pairs, met, settled)


def exact_pairs(sets: ShingleSets, threshold: float) -> Iterator[tuple[I64, I64]]:
    """All pairs (left < right) of rows with Jaccard similarity at or above the threshold."""
    values, rows = _prefixes(sets, threshold)
    sizes = np.diff(sets.offsets)
    verified: I64 = np.zeros(0, np.int64)
    for left, right in _sharing_pairs(values, rows):
        small, large = np.minimum(sizes[left], sizes[right]), np.maximum(sizes[left], sizes[right])
        close = small / large >= threshold
        codes = np.unique(left[close] * np.int64(len(sets)) + right[close])
        codes = codes[~np.isin(codes, verified, assume_unique=True)]
        left, right = codes // len(sets), codes % len(sets)
        true = np.array(
            [
                _jaccard(sets, i, j) >= threshold
                for i, j in zip(left.tolist(), right.tolist(), strict=True)
            ],
            np.bool_,
        )
        verified = np.union1d(verified, codes)
        yield left[true], right[true]


def _jaccard(sets: ShingleSets, i: int, j: int) -> float:
    left, right = sets.row(i), sets.row(j)
    common = len(np.intersect1d(left, right, assume_unique=True))
    return common / (len(left) + len(right) - common)


def _prefixes(sets: ShingleSets, threshold: float) -> tuple[NDArray[np.uint64], I64]:
    """The rarest elements of each set, enough of them, and the rows they belong to."""
    slot = (sets.values & np.uint64(_COUNTERS - 1)).astype(np.int64)
    frequency = np.bincount(slot, minlength=_COUNTERS)[slot]
    values: list[NDArray[np.uint64]] = []
    rows: list[I64] = []
    for i in range(len(sets)):
        part = slice(sets.offsets[i], sets.offsets[i + 1])
        size = part.stop - part.start
        keep = size - int(np.ceil(threshold * size - 1e-9)) + 1
        order = np.lexsort((sets.values[part], frequency[part]))[:keep]
        values.append(sets.values[part][order])
        rows.append(np.full(len(order), i, np.int64))
    if not values:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    flat, owners = np.concatenate(values), np.concatenate(rows)
    order = np.argsort(flat, kind="stable")
    return flat[order], owners[order]


def _sharing_pairs(values: NDArray[np.uint64], rows: I64) -> Iterator[tuple[I64, I64]]:
    """Pairs of rows with a common element, some millions at a time; pairs may repeat."""
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    sizes = np.diff(np.append(starts, len(values)))
    # Element k of a group pairs with the k before it.
    before = np.arange(len(values)) - np.repeat(starts, sizes)
    total = np.cumsum(before)
    at = 0
    while at < len(values):
        done = total[at - 1] if at else 0
        stop = max(int(np.searchsorted(total, done + _PAIRS_AT_ONCE)), at + 1)
        count = before[at:stop]
        right = np.repeat(np.arange(at, stop), count)
        offset = np.arange(len(right)) - np.repeat(np.cumsum(count) - count, count)
        left = right - 1 - offset
        yield rows[left], rows[right]
        at = stop
