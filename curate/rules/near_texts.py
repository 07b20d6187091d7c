"""Sketches of all rows, and what they say: near duplicates within a split, near matches across.

Rows are sketched while they are read (100 bytes a row). The few that share a band with another are
compared exactly (`curate.matching`): from memory while all texts together are small, otherwise they
are read once more, into a scratch file.

Two rows are near when their whole texts are, and their answers have something to do with each other:
two questions about one long passage are no copies. A changed word breaks five shingles, of which a
short text has few: so texts that are a little less alike count too where the answers are the same, and
still less alike ones where hardly a word differs.
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

from curate.candidates import group
from curate.dataset import Dataset
from curate.engines import choose_engine
from curate.label_variants import edit_distance
from curate.matching import Settings, Sketched, Verdicts, decide
from curate.patterns import regex
from curate.rules.splits import Split, splits_of
from curate.schemas.options.lint import LintOptions
from curate.shingles import Shingling
from curate.signatures import Sketches
from curate.texts import I64, TextBatch

Pair = tuple[int, int, float]
# Whole texts, and how many bytes at the end of each are the answer.
_Texts = tuple[TextBatch, I64]
# How much less alike the whole texts may be: where the answers are the same, and where hardly a word
# differs (at most this share of them).
_LEEWAY = 0.05
_MOST_LEEWAY = 0.2
_EDITED_WORDS = 0.04
_ROUNDS = 3
# Texts are kept in memory up to so many bytes, all of them or none.
_MOST_KEPT = 64 << 20
# The least share of words that the answers of near duplicates have in common.
_COMMON_WORDS = 0.5
_WORD = regex(r"\w+")


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
        least = max(options.near_duplicate - _MOST_LEEWAY, 0.05)
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
        for settings in (self._close, self._settings):
            turned_down = rows
            for _ in range(_ROUNDS):
                accepted, turned_down = self._pairs(texts, sketched, turned_down, 0, settings)
                found += accepted
                if len(turned_down) < 2:
                    break
            # Only rows that share a band with another text can still be copies.
            left = np.zeros(len(sketched.tokens), np.bool_)
            left[texts.rows] = True
            left[[row for row, _, _ in found]] = False
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
                accepted, _ = self._pairs(texts, sketched, rows, len(earlier.rows), self._settings)
                for pair in accepted:
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
    ) -> tuple[list[Pair], I64]:
        """The copies among `rows`, and the rows that are near another but no copies of it."""
        part = sketched
        if not np.array_equal(rows, np.arange(len(sketched.tokens))):
            columns = np.ascontiguousarray(sketched.columns[:, rows])
            part = Sketched(columns, sketched.digests[rows], sketched.tokens[rows])
        verdicts: Verdicts = decide(
            texts.of(rows), part, settings, references=references, match_only=references > 0
        )
        accepted: list[Pair] = []
        turned_down: list[int] = []
        for i in verdicts.removed.tolist():
            row, keeper = int(rows[i]), int(rows[verdicts.keeper[i]])
            similarity = float(verdicts.similarity[i])
            if verdicts.same_tokens[i] or self._is_copy(texts, row, keeper, similarity):
                accepted.append((row, keeper, similarity))
            else:
                turned_down.append(row)
        return accepted, np.array(turned_down, np.int64)

    def _is_copy(self, texts: _ScratchTexts, row: int, keeper: int, similarity: float) -> bool:
        mine, other = (_WORD.findall(texts.answer(r).casefold()) for r in (row, keeper))
        if similarity >= self._threshold:
            left, right = set(mine), set(other)
            common = len(left & right)
            return not left or not right or common >= _COMMON_WORDS * len(left | right)
        if similarity >= self._threshold - _LEEWAY and mine == other:
            return True
        whole, against = (_WORD.findall(texts.text(r).casefold()) for r in (row, keeper))
        allowed = int(_EDITED_WORDS * len(whole))
        return allowed > 0 and edit_distance(whole, against, allowed) <= allowed

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

    def answer(self, row: int) -> str:
        """The answer of a row (its end, of so many bytes); of preferences, both answers."""
        i = int(np.searchsorted(self.rows, row))
        end = self._offsets[i + 1]
        return bytes(self._data[end - self._answers[i] : end]).decode("utf-8", "replace")

    def text(self, row: int) -> str:
        """The whole text of a row."""
        i = int(np.searchsorted(self.rows, row))
        return bytes(self._data[self._offsets[i] : self._offsets[i + 1]]).decode("utf-8", "replace")

    def of(self, rows: I64) -> _Selected:
        """A source whose text i is that of row `rows[i]`."""
        return _Selected(self, rows)

    def take(self, rows: I64) -> TextBatch:
        """The texts of these rows; empty for rows that were not kept."""
        at = np.searchsorted(self.rows, rows)
        pieces = []
        for row, i in zip(rows.tolist(), at.tolist(), strict=True):
            known = i < len(self.rows) and self.rows[i] == row
            pieces.append(
                bytes(self._data[self._offsets[i] : self._offsets[i + 1]]) if known else b""
            )
        offsets = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum([len(p) for p in pieces], out=offsets[1:])
        return TextBatch(b"".join(pieces), offsets)


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
