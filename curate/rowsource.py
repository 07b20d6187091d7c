"""The rows of several files as one `TextSource`, and back from a row to its file and line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import orjson
from numpy.typing import NDArray

from curate.linefiles import LineFile
from curate.rowtexts import RowTexts
from curate.texts import I64, TextBatch

_BATCH_BYTES = 2 << 20


class RowSource:
    """Rows are numbered through all files; blank lines count, but have no text.

    `unread[row]` is set, once the row has been read in a batch, for rows that are not records of a
    known format (or not JSON at all); they have no text either.
    """

    def __init__(self, files: Sequence[LineFile], texts: RowTexts) -> None:
        self.files = files
        self.starts = np.zeros(len(files) + 1, np.int64)
        np.cumsum([len(f) for f in files], out=self.starts[1:])
        self.unread: NDArray[np.bool_] = np.zeros(len(self), np.bool_)
        self._texts = texts

    def __len__(self) -> int:
        return int(self.starts[-1])

    def place(self, row: int) -> tuple[LineFile, int]:
        """The file of a row, and its index there."""
        file = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.files[file], row - int(self.starts[file])

    def line(self, row: int) -> bytes:
        """The bytes of a row."""
        file, i = self.place(row)
        return file.line(i)

    def text(self, row: int) -> str | None:
        """The text of a row; None where it has none of a known format."""
        return self._parsed_text(self.line(row))

    def batches(self) -> Sequence[Callable[[], TextBatch]]:
        """The texts in order, a few megabytes of lines at a time."""
        found: list[Callable[[], TextBatch]] = []
        for file, first in zip(self.files, self.starts.tolist(), strict=False):
            if not len(file):
                continue
            piece = file.starts // _BATCH_BYTES
            cuts = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), len(file)]
            for start, stop in pairwise(cuts):
                found.append(self._reader(file, first, start, stop))
        return found

    def take(self, rows: I64) -> TextBatch:
        """The texts of these rows."""
        return TextBatch.of([self.text(row) or "" for row in rows.tolist()])

    def _reader(self, file: LineFile, first: int, start: int, stop: int) -> Callable[[], TextBatch]:
        def read() -> TextBatch:
            texts = [self._parsed_text(file.line(i)) for i in range(start, stop)]
            for i, text in enumerate(texts, first + start):
                if text is None:
                    self.unread[i] = True
            return TextBatch.of([text or "" for text in texts])

        return read

    def _parsed_text(self, line: bytes) -> str | None:
        try:
            return self._texts.text(orjson.loads(line))
        except orjson.JSONDecodeError:
            return None
