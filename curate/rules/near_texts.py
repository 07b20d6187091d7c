"""Sketches of all rows, and what they say: near duplicates within a split, near matches across.

Rows are sketched while they are read (100 bytes a row). The few that share a band with another are
compared exactly (`curate.matching`): from memory while all texts together are small, otherwise they
are read once more, into a scratch file.

Two rows are near when their whole texts are, and `curate.copies` holds them for copies.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.candidates import group
from curate.copies import MOST_LEEWAY, Pairs, are_copies
from curate.dataset import Dataset
from curate.engines import choose_engine
from curate.matching import Settings, Sketched, Verdicts, decide
from curate.rules.splits import Split, splits_of
from curate.schemas.options.lint import LintOptions
from curate.shingles import Shingling
from curate.signatures import Sketches
from curate.texts import I64, TextBatch

Pair = tuple[int, int, float]
# Whole texts, and how many bytes at the end of each are the answer.
_Texts = tuple[TextBatch, I64]
_ROUNDS = 3
# Texts are kept in memory up to so many bytes, all of them or none.
_MOST_KEPT = 64 << 20


def whole_text(rows: pl.DataFrame) -> pl.Series:
    """What a row is compared by: prompt and answers, without the system text; never null."""
    parts = pl.concat_str("prompt", "completion", "rejected", separator="\n", ignore_nulls=True)
    return rows.lazy().select(text=parts.fill_null("")).collect()["text"]


def as_batch(texts: pl.Series) -> TextBatch:
    """The texts of a column, none of them null, in one piece."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(texts.str.len_bytes().to_numpy(), out=offsets[1:])
    return TextBatch(b"".join(texts.cast(pl.Binary).to_list()), offsets)


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
        self._kept: list[_Texts] | None = []
        self._kept_bytes = 0
        self._sketched: Sketched | None = None
        self._duplicates: list[Pair] | None = None
        self._leaks: list[Pair] | None = None

    def add(self, rows: pl.DataFrame, file: int) -> None:
        """Sketch the rows of a batch."""
        batch = as_batch(whole_text(rows))
        settings = self._settings
        self._parts.append(self._engine.sketch(batch, settings.shingling, settings.bands))
        if self._kept is not None:
            self._kept.append((batch, _answer_bytes(rows)))
            self._kept_bytes += len(batch.data)
            if self._kept_bytes > _MOST_KEPT:
                self._kept = None

    def add_reference(self, rows: pl.DataFrame, file: int) -> None:
        """Benchmarks are looked for by containment, not by likeness."""

    def duplicates(self, dataset: Dataset) -> list[Pair]:
        """(row, the earlier row of its split that it is near, exact similarity), by row."""
        self._decide(dataset)
        assert self._duplicates is not None
        return self._duplicates

    def leaks(self, dataset: Dataset) -> list[Pair]:
        """(row, the row of another split that it is near, exact similarity), by row."""
        self._decide(dataset)
        assert self._leaks is not None
        return self._leaks

    def _decide(self, dataset: Dataset) -> None:
        if self._duplicates is not None:
            return
        sketched = self._all()
        splits = splits_of(dataset)
        with _candidate_texts(dataset, self._candidates(sketched), self._kept) as texts:
            found: list[Pair] = []
            for split in splits:
                found += self._within(texts, sketched, split.rows)
            self._duplicates = sorted(found)
            self._leaks = self._across(texts, sketched, splits)
        self._kept = None

    def _within(self, texts: _ScratchTexts, sketched: Sketched, rows: I64) -> list[Pair]:
        """Copies within one split: close ones first, then with all the leeway.

        A row goes to the nearest row that stays. Where that is no copy after all, a copy may be
        among those that went likewise, so these are compared with each other once more.
        """
        found: list[Pair] = []
        # Only rows that share a band with another text can be copies.
        left = np.zeros(len(sketched.tokens), np.bool_)
        left[texts.rows] = True
        for settings in (self._close, self._settings):
            turned_down = rows
            for _ in range(_ROUNDS):
                pairs, copies = self._pairs(texts, sketched, turned_down, 0, settings)
                found += _listed(pairs.at(copies))
                left[pairs.left[copies]] = False
                turned_down = pairs.left[~copies]
                if len(turned_down) < 2:
                    break
            rows = rows[left[rows]]
        return found

    def _across(
        self, texts: _ScratchTexts, sketched: Sketched, splits: Sequence[Split]
    ) -> list[Pair]:
        best: dict[int, Pair] = {}
        for i, later in enumerate(splits):
            for earlier in splits[:i]:
                if earlier.role == later.role:
                    continue
                rows = np.concatenate([earlier.rows, later.rows])
                first = len(earlier.rows)
                pairs, copies = self._pairs(texts, sketched, rows, first, self._settings)
                for pair in _listed(pairs.at(copies)):
                    known = best.get(pair[0])
                    if known is None or pair[2] > known[2]:
                        best[pair[0]] = pair
        return sorted(best.values())

    def _pairs(
        self,
        texts: _ScratchTexts,
        sketched: Sketched,
        rows: I64,
        references: int,
        settings: Settings,
    ) -> tuple[Pairs, NDArray[np.bool_]]:
        """Each of `rows` that is near another, with that one, and which of them are copies."""
        part = sketched
        if not np.array_equal(rows, np.arange(len(sketched.tokens))):
            columns = np.ascontiguousarray(sketched.columns[:, rows])
            part = Sketched(columns, sketched.digests[rows], sketched.tokens[rows])
        verdicts: Verdicts = decide(
            texts.of(rows), part, settings, references=references, match_only=references > 0
        )
        gone = verdicts.removed
        pairs = Pairs(rows[gone], rows[verdicts.keeper[gone]], verdicts.similarity[gone])
        copies = verdicts.same_tokens[gone]
        unsure = ~copies
        copies[unsure] = are_copies(pairs.at(unsure), texts, self._threshold, self._engine)
        return pairs, copies

    def _all(self) -> Sketched:
        """The sketches of all rows; each part is let go as soon as it is copied."""
        if self._sketched is None:
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
            self._sketched = Sketched(columns, digests, tokens)
        return self._sketched

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


class _ScratchTexts:
    """The texts of some rows, in a scratch file."""

    def __init__(self, data: mmap.mmap | bytes, rows: I64, offsets: I64, answers: I64) -> None:
        self._data = data
        self.rows = rows
        self._offsets = offsets
        self._answers = answers

    def of(self, rows: I64) -> _Selected:
        """A source whose text i is that of row `rows[i]`."""
        return _Selected(self, rows)

    def take(self, rows: I64) -> TextBatch:
        """The texts of these rows; empty for rows that were not kept."""
        return self._ends(rows, None)

    def answers(self, rows: I64) -> TextBatch:
        """The answers of these rows (their ends, of so many bytes); of preferences, both answers."""
        return self._ends(rows, self._answers)

    def _ends(self, rows: I64, sizes: I64 | None) -> TextBatch:
        if not len(self.rows):
            return TextBatch(b"", np.zeros(len(rows) + 1, np.int64))
        at = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        last = self._offsets[at + 1]
        first = self._offsets[at] if sizes is None else last - sizes[at]
        first = np.where(self.rows[at] == rows, first, last)
        bounds = zip(first.tolist(), last.tolist(), strict=True)
        offsets = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(last - first, out=offsets[1:])
        return TextBatch(b"".join([self._data[a:b] for a, b in bounds]), offsets)


class _Selected:
    """A `TextSource` of some rows, only ever asked for single texts: all are sketched already."""

    def __init__(self, texts: _ScratchTexts, rows: I64) -> None:
        self._texts = texts
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def batches(self) -> Sequence[Callable[[], TextBatch]]:
        """Nothing is read again from the start."""
        return []

    def take(self, rows: I64) -> TextBatch:
        """The texts of these rows."""
        return self._texts.take(self._rows[rows])


@contextmanager
def _candidate_texts(
    dataset: Dataset, rows: I64, kept: Sequence[_Texts] | None
) -> Iterator[_ScratchTexts]:
    """The texts of these rows, ascending: from memory, or read again."""
    if kept is not None:
        pieces = list(_selected_texts(kept, rows))
        data = b"".join(batch.data for batch, _ in pieces)
        yield _scratch(data, rows, pieces)
        return
    with tempfile.TemporaryFile(prefix="curate-texts-") as stream:
        pieces = []
        for frame in dataset.read_again(rows.tolist()):
            batch, answers = as_batch(whole_text(frame)), _answer_bytes(frame)
            stream.write(batch.data)
            pieces.append((TextBatch(b"", batch.offsets), answers))
        stream.flush()
        if not stream.tell():
            yield _scratch(b"", rows, pieces)
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield _scratch(mapped, rows, pieces)


def _selected_texts(texts: Sequence[_Texts], rows: I64) -> Iterator[_Texts]:
    """Of consecutive batches, the texts of these rows."""
    start = 0
    for batch, answers in texts:
        low, high = np.searchsorted(rows, [start, start + len(batch)])
        here = rows[low:high] - start
        start += len(batch)
        if len(here):
            bounds = zip(
                batch.offsets[here].tolist(), batch.offsets[here + 1].tolist(), strict=True
            )
            offsets = np.zeros(len(here) + 1, np.int64)
            np.cumsum(batch.offsets[here + 1] - batch.offsets[here], out=offsets[1:])
            data = b"".join([batch.data[a:b] for a, b in bounds])
            yield TextBatch(data, offsets), answers[here]


def _listed(pairs: Pairs) -> list[Pair]:
    sides = (pairs.left.tolist(), pairs.right.tolist(), pairs.similarity.tolist())
    return list(zip(*sides, strict=True))


def _scratch(data: mmap.mmap | bytes, rows: I64, pieces: Sequence[_Texts]) -> _ScratchTexts:
    sizes = [np.zeros(1, np.int64), *(np.diff(batch.offsets) for batch, _ in pieces)]
    answers = [np.zeros(0, np.int64), *(answers for _, answers in pieces)]
    return _ScratchTexts(data, rows, np.cumsum(np.concatenate(sizes)), np.concatenate(answers))


def _answer_bytes(rows: pl.DataFrame) -> I64:
    """How many bytes at the end of each whole text are answers."""
    completion, rejected = (
        pl.col(c).str.len_bytes().fill_null(0) for c in ("completion", "rejected")
    )
    both = completion + rejected + pl.col("rejected").is_not_null().cast(pl.UInt32)
    return rows.select(both.cast(pl.Int64))["completion"].to_numpy()
