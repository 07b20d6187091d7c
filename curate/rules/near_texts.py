"""Sketches of all rows, and what they say: near duplicates within a split, near matches across.

Rows are sketched while they are read (100 bytes a row). The few that share a band with another are
compared exactly (`curate.matching`): from memory while all texts together are small, otherwise they
are read once more, into a scratch file.

Two rows are near when their whole texts are, and `curate.copies` holds them for copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.candidates import group
from curate.copies import MOST_LEEWAY, Pairs, are_copies
from curate.dataset import Dataset
from curate.engines import Engine, choose_engine
from curate.matching import Settings, Sketched, Verdicts, decide, first_twins
from curate.memory import MANY_ROWS, give_back
from curate.rules.candidate_texts import (
    CandidateTexts,
    Texts,
    answer_bytes,
    as_batch,
    candidate_texts,
    whole_text,
)
from curate.rules.splits import Split, splits_of
from curate.schemas.options.lint import LintOptions
from curate.shingles import Shingling
from curate.signatures import Sketches
from curate.texts import I64

Pair = tuple[int, int, float]
_ROUNDS = 3
# Texts are kept in memory up to so many bytes, all of them or none.
_MOST_KEPT = 64 << 20
_NOTHING = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


class NearTexts:
    """Collects sketches; afterwards tells which rows are near which."""

    def __init__(self, options: LintOptions) -> None:
        self._threshold = options.near_duplicate
        least = max(options.near_duplicate - MOST_LEEWAY, 0.05)
        self._settings = Settings(threshold=least, shingling=Shingling())
        self._close = replace(
            self._settings, threshold=self._threshold, banding=self._settings.bands
        )
        self._engine = choose_engine()
        self._parts: list[Sketches] = []
        self._kept: list[Texts] | None = []
        self._kept_bytes = 0
        self._duplicates: Pairs | None = None
        self._leaks: Pairs | None = None

    def add(self, rows: pl.DataFrame, file: int) -> None:
        """Sketch the rows of a batch."""
        batch = as_batch(whole_text(rows))
        settings = self._settings
        self._parts.append(self._engine.sketch(batch, settings.shingling, settings.bands))
        if self._kept is not None:
            self._kept.append((batch, answer_bytes(rows)))
            self._kept_bytes += len(batch.data)
            if self._kept_bytes > _MOST_KEPT:
                self._kept = None

    def add_reference(self, rows: pl.DataFrame, file: int) -> None:
        """Benchmarks are looked for by containment, not by likeness."""

    def duplicates(self, dataset: Dataset) -> Pairs:
        """(row, the earlier row of its split that it is near, exact similarity), by row."""
        self._decide(dataset)
        assert self._duplicates is not None
        return self._duplicates

    def leaks(self, dataset: Dataset) -> Pairs:
        """(row, the row of another split that it is near, exact similarity), by row."""
        self._decide(dataset)
        assert self._leaks is not None
        return self._leaks

    def _decide(self, dataset: Dataset) -> None:
        if self._duplicates is not None:
            return
        sketched = self._all()
        candidates, digests, tokens = self._candidates(sketched), sketched.digests, sketched.tokens
        # The bands of the others, most of what sketches take, are let go.
        columns = np.ascontiguousarray(sketched.columns[:, candidates])
        sketched = Sketched(columns, digests[candidates], tokens[candidates])
        splits = splits_of(dataset)
        with candidate_texts(dataset, candidates, self._kept) as texts:
            self._kept = None
            if len(dataset) >= MANY_ROWS:
                give_back()
            among = _Among(texts, sketched, self._engine, self._threshold)
            found: list[Pairs] = []
            for split in splits:
                others = split.rows[~among.holds(split.rows)]
                found += [_twins(digests, tokens, others), *self._within(among, split.rows)]
            self._duplicates = _joined(found)
            self._leaks = self._across(among, digests, tokens, splits)

    def _within(self, among: _Among, rows: I64) -> Iterator[Pairs]:
        """Copies within one split: close ones first, then with all the leeway.

        A row goes to the nearest row that stays. Where that is no copy after all, a copy may be
        among those that went likewise, so these are compared with each other once more.
        """
        rows = rows[among.holds(rows)]
        for settings in (self._close, self._settings):
            turned_down = rows
            left = np.ones(len(among.texts.rows), np.bool_)
            for _ in range(_ROUNDS):
                pairs, copies = among.pairs(turned_down, 0, settings)
                left[among.places(pairs.left[copies])] = False
                turned_down = pairs.left[~copies]
                yield pairs.at(copies)
                if len(turned_down) < 2:
                    break
            rows = rows[left[among.places(rows)]]

    def _across(
        self,
        among: _Among,
        digests: NDArray[np.uint64],
        tokens: NDArray[np.uint32],
        splits: Sequence[Split],
    ) -> Pairs:
        """Each row that is a copy of one of an earlier split, with the most similar of those."""
        best: dict[int, Pair] = {}
        for i, later in enumerate(splits):
            for earlier in splits[:i]:
                if earlier.role == later.role:
                    continue
                rows = np.concatenate([earlier.rows, later.rows])
                first = len(earlier.rows)
                held = among.holds(rows)
                near, copies = among.pairs(
                    rows[held], int(np.count_nonzero(held[:first])), self._settings, across=True
                )
                before = int(np.count_nonzero(~held[:first]))
                twins = _twins(digests, tokens, rows[~held], before)
                for pair in (*listed(near.at(copies)), *listed(twins)):
                    known = best.get(pair[0])
                    if known is None or pair[2] > known[2]:
                        best[pair[0]] = pair
        if not best:
            return _NOTHING
        pairs = sorted(best.values())
        sides = np.array([pair[:2] for pair in pairs], np.int64)
        return Pairs(sides[:, 0], sides[:, 1], np.array([similarity for *_, similarity in pairs]))

    def _all(self) -> Sketched:
        """The sketches of all rows; each part is let go as soon as it is copied."""
        count = sum(len(part.tokens) for part in self._parts)
        columns = np.empty((self._settings.bands.bands, count), np.uint32)
        digests, tokens = np.empty((count, 2), np.uint64), np.empty(count, np.uint32)
        end = count
        while self._parts:
            part = self._parts.pop()
            start = end - len(part.tokens)
            columns[:, start:end] = part.keys.T
            digests[start:end], tokens[start:end] = part.digests, part.tokens
            end = start
        return Sketched(columns, digests, tokens)

    def _candidates(self, sketched: Sketched) -> I64:
        """Rows that share a band with a row of other words: those whose text has to be seen."""
        rows = np.flatnonzero(sketched.tokens > 0)
        groups = group(sketched.columns, rows, self._engine.link)
        kept: list[I64] = [np.zeros(0, np.int64)]
        digests = sketched.digests[:, 0]
        for start, stop in pairwise(groups.offsets.tolist()):
            members = rows[groups.ranks[start:stop]]
            if np.any(digests[members] != digests[members[0]]):
                kept.append(members)
        return np.sort(np.concatenate(kept))


class _Among:
    """The rows that share a band with a row of other words: their texts and sketches."""

    def __init__(
        self, texts: CandidateTexts, sketched: Sketched, engine: Engine, threshold: float
    ) -> None:
        self.texts = texts
        self._sketched = sketched
        self._engine = engine
        self._threshold = threshold

    def places(self, rows: I64) -> I64:
        """Where these rows stand among them."""
        return np.searchsorted(self.texts.rows, rows)

    def holds(self, rows: I64) -> NDArray[np.bool_]:
        """Which of some rows are among them."""
        places = self.places(rows)
        held = places < len(self.texts.rows)
        held[held] = self.texts.rows[places[held]] == rows[held]
        return held

    def pairs(
        self, rows: I64, references: int, settings: Settings, *, across: bool = False
    ) -> tuple[Pairs, NDArray[np.bool_]]:
        """Each of `rows` that is near another, with that one, and which of them are copies.

        With `across`, only what follows the first `references` rows is looked at, and only for those.
        """
        part = self._sketched
        if not np.array_equal(rows, self.texts.rows):
            at = self.places(rows)
            columns = np.ascontiguousarray(part.columns[:, at])
            part = Sketched(columns, part.digests[at], part.tokens[at])
        verdicts: Verdicts = decide(
            self.texts.of(rows), part, settings, references=references, match_only=across
        )
        gone = verdicts.removed
        if across:
            gone = gone[gone >= references]  # references may be twins of each other
        pairs = Pairs(rows[gone], rows[verdicts.keeper[gone]], verdicts.similarity[gone])
        copies = verdicts.same_tokens[gone]
        unsure = ~copies
        copies[unsure] = are_copies(pairs.at(unsure), self.texts, self._threshold, self._engine)
        return pairs, copies


def _twins(
    digests: NDArray[np.uint64],
    tokens: NDArray[np.uint32],
    rows: I64,
    references: int | None = None,
) -> Pairs:
    """Each of `rows` that says word by word what an earlier one says; where given, one of `references`."""
    twin = first_twins(digests[rows], tokens[rows], np.arange(len(rows)))
    again = np.flatnonzero(twin != np.arange(len(rows)))
    if references is not None:
        again = again[(again >= references) & (twin[again] < references)]
    return Pairs(rows[again], rows[twin[again]], np.ones(len(again)))


def _joined(found: Sequence[Pairs]) -> Pairs:
    """The pairs in order of their rows, each of which is in one pair."""
    found = [_NOTHING, *found]
    rows = np.concatenate([pairs.left for pairs in found])
    order = np.argsort(rows, kind="stable")
    others = np.concatenate([pairs.right for pairs in found])
    similarity = np.concatenate([pairs.similarity for pairs in found])
    return Pairs(rows[order], others[order], similarity[order])


def listed(pairs: Pairs) -> list[Pair]:
    """(row, the other, similarity) of each."""
    sides = (pairs.left.tolist(), pairs.right.tolist(), pairs.similarity.tolist())
    return list(zip(*sides, strict=True))
