"""The texts of rows that may be near another: from memory while they are few, else in a scratch file."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import polars as pl

from curate.dataset import Dataset
from curate.texts import I64, TextBatch

# Whole texts, and how many bytes at the end of each are the answer.
Texts = tuple[TextBatch, I64]


def whole_text(rows: pl.DataFrame) -> pl.Series:
    """What a row is compared by: prompt and answers, without the system text; never null."""
    parts = pl.concat_str("prompt", "completion", "rejected", separator="\n", ignore_nulls=True)
    return rows.lazy().select(text=parts.fill_null("")).collect()["text"]


def as_batch(texts: pl.Series) -> TextBatch:
    """The texts of a column, none of them null, in one piece."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(texts.str.len_bytes().to_numpy(), out=offsets[1:])
    return TextBatch(b"".join(texts.cast(pl.Binary).to_list()), offsets)


class CandidateTexts:
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
        data = b"".join([self._data[a:b] for a, b in bounds])
        if isinstance(self._data, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            self._data.madvise(mmap.MADV_DONTNEED)  # the file's pages need not count as ours
        return TextBatch(data, offsets)


class _Selected:
    """A `TextSource` of some rows, only ever asked for single texts: all are sketched already."""

    def __init__(self, texts: CandidateTexts, rows: I64) -> None:
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
def candidate_texts(
    dataset: Dataset, rows: I64, kept: Sequence[Texts] | None
) -> Iterator[CandidateTexts]:
    """The texts of these rows, ascending: from memory, or read again."""
    if kept is not None:
        pieces = list(_selected_texts(kept, rows))
        data = b"".join(batch.data for batch, _ in pieces)
        yield _scratch(data, rows, pieces)
        return
    with tempfile.TemporaryFile(prefix="curate-texts-") as stream:
        pieces = []
        for frame in dataset.read_again(rows.tolist()):
            batch, answers = as_batch(whole_text(frame)), answer_bytes(frame)
            stream.write(batch.data)
            pieces.append((TextBatch(b"", batch.offsets), answers))
        stream.flush()
        if not stream.tell():
            yield _scratch(b"", rows, pieces)
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield _scratch(mapped, rows, pieces)


def _selected_texts(texts: Sequence[Texts], rows: I64) -> Iterator[Texts]:
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


def _scratch(data: mmap.mmap | bytes, rows: I64, pieces: Sequence[Texts]) -> CandidateTexts:
    sizes = [np.zeros(1, np.int64), *(np.diff(batch.offsets) for batch, _ in pieces)]
    answers = [np.zeros(0, np.int64), *(answers for _, answers in pieces)]
    return CandidateTexts(data, rows, np.cumsum(np.concatenate(sizes)), np.concatenate(answers))


def answer_bytes(rows: pl.DataFrame) -> I64:
    """How many bytes at the end of each whole text are answers."""
    completion, rejected = (
        pl.col(c).str.len_bytes().fill_null(0) for c in ("completion", "rejected")
    )
    both = completion + rejected + pl.col("rejected").is_not_null().cast(pl.UInt32)
    return rows.select(both.cast(pl.Int64))["completion"].to_numpy()
