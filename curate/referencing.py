"""Rows near rows of another set: reference files (`--against`) and the rows of an index.

Only rows that share a band key with a reference are looked at again, so the cost beyond sketching is
in proportion to the matches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from curate.light_dataclass import dataclass
from curate.matching import Settings, Sketched, decide
from curate.signatures import U32
from curate.texts import I64, JoinedSource, TextBatch, TextSource


@dataclass(frozen=True)
class Matched:
    """Row `row` is near reference `reference`; `same_tokens`: they have the same words in order."""

    row: int
    reference: int
    similarity: float
    same_tokens: bool


class Subset:
    """Some rows of a `TextSource`, numbered from 0."""

    def __init__(self, source: TextSource, rows: I64) -> None:
        self._source = source
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def batches(self) -> Sequence[Callable[[], TextBatch]]:
        """All rows in one batch."""
        return [lambda: self._source.take(self._rows)]

    def take(self, rows: I64) -> TextBatch:
        """The texts of these rows of the subset."""
        return self._source.take(self._rows[rows])


def selected(sketched: Sketched, rows: I64) -> Sketched:
    """The sketches of some rows."""
    return Sketched(
        np.ascontiguousarray(sketched.columns[:, rows]),
        sketched.digests[rows],
        sketched.tokens[rows],
    )


def match_references(
    source: TextSource,
    sketched: Sketched,
    references: TextSource,
    reference_sketches: Sketched,
    settings: Settings,
) -> list[Matched]:
    """For each row that is near a reference, its nearest one (the first on a tie)."""
    rows = _sharing(sketched, reference_sketches)
    theirs = _sharing(reference_sketches, sketched)
    if not len(rows) or not len(theirs):
        return []
    mine, others = selected(sketched, rows), selected(reference_sketches, theirs)
    both = Sketched(
        np.concatenate([others.columns, mine.columns], axis=1),
        np.concatenate([others.digests, mine.digests]),
        np.concatenate([others.tokens, mine.tokens]),
    )
    first = len(theirs)
    verdicts = decide(
        JoinedSource([Subset(references, theirs), Subset(source, rows)]),
        both,
        settings,
        references=first,
        match_only=True,
    )
    return [
        Matched(
            int(rows[row - first]),
            int(theirs[verdicts.keeper[row]]),
            float(verdicts.similarity[row]),
            bool(verdicts.same_tokens[row]),
        )
        for row in verdicts.removed.tolist()
        if row >= first
    ]


def _sharing(sketched: Sketched, other: Sketched) -> I64:
    """The rows that share a band key with a row of the other set."""
    shares = np.zeros(len(sketched.tokens), bool)
    valid = other.tokens > 0
    for mine, theirs in zip(sketched.columns, other.columns, strict=True):
        shares |= _isin(np.asarray(mine), np.asarray(theirs)[valid])
    return np.flatnonzero(shares & (sketched.tokens > 0))


def _isin(values: U32, wanted: U32) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    distinct = np.unique(wanted)
    if not len(distinct):
        return np.zeros(len(values), np.bool_)
    at = np.minimum(np.searchsorted(distinct, values), len(distinct) - 1)
    return np.asarray(distinct[at] == values)
