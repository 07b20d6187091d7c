"""The rows of several files as one `TextSource`, and back from a row to its file and line."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
import orjson
from numpy.typing import NDArray

from curate import kernel
from curate.engines import Engine
from curate.errors import UserError
from curate.linefiles import LineFile
from curate.linetexts import LineTexts
from curate.rowtexts import RowTexts, unknown_format
from curate.shingles import ShingleSets, Shingling
from curate.signatures import Banding, Sketches
from curate.texts import I64, TextBatch, joined

_BATCH_BYTES = 2 << 20


class RowSource:
    """Rows are numbered through all files; blank lines count, but have no text.

    `unread[row]` is set, once the row has been read in a batch, for rows that are not records of a
    known format (or not JSON at all); they have no text either.
    """

    def __init__(
        self, files: Sequence[LineFile], texts: RowTexts, *, memory: int | None = None
    ) -> None:
        self.files = files
        self.starts = np.zeros(len(files) + 1, np.int64)
        np.cumsum([len(f) for f in files], out=self.starts[1:])
        self._firsts: list[int] = self.starts.tolist()
        self.unread: NDArray[np.bool_] = np.zeros(len(self), np.bool_)
        self._texts = texts
        # Mapped pages are read again from the system's cache, so letting them go costs little.
        self._frugal = memory is not None and sum(len(f.array) for f in files) > memory // 2
        self._lines = LineTexts.of(texts)
        for file in files:
            if len(file):  # so that the first batches, read at the same time, know the keys
                self._parsed_text(file.line(0), learn=True)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def place(self, row: int) -> tuple[LineFile, int]:
        """The file of a row, and its index there."""
        file = bisect_right(self._firsts, row) - 1
        return self.files[file], row - self._firsts[file]

    def line(self, row: int) -> bytes:
        """The bytes of a row."""
        file, i = self.place(row)
        return file.line(i)

    def sizes(self) -> I64:
        """How many bytes each line has."""
        sizes = np.concatenate([np.zeros(0, np.int64), *(f.ends - f.starts for f in self.files)])
        for file, first in zip(self.files, self._firsts, strict=False):
            if len(file):
                sizes[first] = len(file.line(0))  # without a byte-order mark
        return sizes

    def text(self, row: int) -> str | None:
        """The text of a row; None where it has none of a known format."""
        return self._parsed_text(self.line(row))

    def batches(self) -> Sequence[Callable[[], TextBatch]]:
        """The texts in order, a few megabytes of lines at a time."""
        return [
            partial(self._batch, file, first, start, stop)
            for file, first, start, stop in self._pieces()
        ]

    def sketches(
        self, engine: Engine, shingling: Shingling, banding: Banding
    ) -> Sequence[Callable[[], Sketches]]:
        """The sketches of the texts in order, batch by batch, from any thread."""
        return [
            partial(self._sketched, engine, shingling, banding, file, first, start, stop)
            for file, first, start, stop in self._pieces()
        ]

    def sets(self, engine: Engine, rows: I64, shingling: Shingling, tokens: int) -> ShingleSets:
        """The shingle sets of these rows, which have so many tokens together."""
        if (
            self._lines is not None
            and engine.name == kernel.KernelEngine.name
            and len(self.files) == 1
        ):
            found = self._lines.sets(self.files[0], rows, shingling, tokens)
            if found is not None:
                if self._frugal:
                    self.files[0].forget()
                return found
        return engine.sets(self.take(rows), shingling)

    def _pieces(self) -> Iterator[tuple[LineFile, int, int, int]]:
        """(file, row number of its first line, first and last line) of each batch."""
        for file, first in zip(self.files, self.starts.tolist(), strict=False):
            if not len(file):
                continue
            piece = file.starts // _BATCH_BYTES
            cuts = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), len(file)]
            for start, stop in pairwise(cuts):
                yield file, first, start, stop

    def take(self, rows: I64) -> TextBatch:
        """The texts of these rows."""
        owner = np.searchsorted(self.starts, rows, side="right") - 1
        cuts = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), len(rows)]
        return joined(
            [
                self._read(self.files[owner[a]], rows[a:b] - self.starts[owner[a]])[0]
                for a, b in pairwise(cuts)
                if b > a
            ]
        )

    def _batch(self, file: LineFile, first: int, start: int, stop: int) -> TextBatch:
        batch, unread = self._read(file, np.arange(start, stop))
        self.unread[first + start + np.array(unread, np.int64)] = True
        return batch

    def _sketched(
        self,
        engine: Engine,
        shingling: Shingling,
        banding: Banding,
        file: LineFile,
        first: int,
        start: int,
        stop: int,
    ) -> Sketches:
        """In one go from lines to sketches where the kernel can, else by way of the texts."""
        direct = None
        if self._lines is not None and engine.name == kernel.KernelEngine.name:
            direct = self._lines.sketch(file, start, stop, shingling, banding)
        if direct is None:
            return engine.sketch(self._batch(file, first, start, stop), shingling, banding)
        sketches, left = direct
        if self._frugal:
            file.forget()
        if left:
            texts = [self._parsed_text(file.line(start + i), learn=True) for i in left]
            unread = [i for i, text in zip(left, texts, strict=True) if text is None]
            self.unread[first + start + np.array(unread, np.int64)] = True
            others = engine.sketch(TextBatch.of([text or "" for text in texts]), shingling, banding)
            sketches.replace(left, others)
        return sketches

    def _read(self, file: LineFile, indices: I64) -> tuple[TextBatch, list[int]]:
        """The texts of lines of one file, and which of `indices` have none of a known format."""
        if self._lines is None:
            texts = [self._parsed_text(file.line(i)) for i in indices.tolist()]
            return (
                TextBatch.of([text or "" for text in texts]),
                [i for i, text in enumerate(texts) if text is None],
            )
        batch, left = self._lines.extract(file, indices)
        if self._frugal:
            file.forget()
        if not left:
            return batch, []
        parts: list[TextBatch] = []
        unread: list[int] = []
        at = 0
        for i in left:
            text = self._parsed_text(file.line(int(indices[i])), learn=True)
            if text is None:
                unread.append(i)
            parts += [batch.part(at, i), TextBatch.of([text or ""])]
            at = i + 1
        return joined([*parts, batch.part(at, len(batch))]), unread

    def _parsed_text(self, line: bytes, *, learn: bool = False) -> str | None:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        if learn and self._lines is not None:
            self._lines.learn(row)
        return self._texts.text(row)


def refuse_unknown(source: RowSource) -> None:
    """Raise UserError for a file of which no row has a known format."""
    for file, first in zip(source.files, source.starts.tolist(), strict=False):
        if not len(file) or not source.unread[first : first + len(file)].all():
            continue
        for i in range(len(file)):
            line = file.line(i)
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise UserError(
                    f"{file.path}:{file.numbers[i]}: not valid JSON ({error}), nor is any other "
                    f"row of this file. Run `curate lint {file.path}`."
                ) from None
            if isinstance(row, dict):
                raise unknown_format(file.path, row)
            raise UserError(f"{file.path}:{file.numbers[i]}: expected an object with named fields")
