"""Texts by the batch, for pipelines that must not hold all of them in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from curate.light_dataclass import dataclass

I64 = NDArray[np.int64]
_BATCH_TEXTS = 4096


@dataclass(frozen=True)
class TextBatch:
    """Texts as UTF-8 in one piece: text i is `data[offsets[i]:offsets[i + 1]]`."""

    data: bytes
    offsets: I64

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def of(cls, texts: Sequence[str]) -> TextBatch:
        """From strings; lone surrogates pass through (they are no word characters)."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(e) for e in encoded], out=offsets[1:])
        return cls(b"".join(encoded), offsets)

    def part(self, start: int, stop: int) -> TextBatch:
        """Texts `start` to `stop`."""
        bounds = self.offsets[start : stop + 1]
        return TextBatch(self.data[bounds[0] : bounds[-1]], bounds - bounds[0])

    def texts(self) -> list[str]:
        """As strings."""
        bounds = self.offsets.tolist()
        return [self.data[a:b].decode("utf-8", "surrogatepass") for a, b in pairwise(bounds)]


def joined(batches: Sequence[TextBatch]) -> TextBatch:
    """Several batches as one."""
    if len(batches) == 1:
        return batches[0]
    lengths = [np.diff(b.offsets) for b in batches]
    offsets = np.zeros(sum(map(len, lengths)) + 1, np.int64)
    if batches:
        np.cumsum(np.concatenate(lengths), out=offsets[1:])
    return TextBatch(b"".join(b.data for b in batches), offsets)


class TextSource(Protocol):
    """Texts that can be read in batches, and again one by one."""

    def __len__(self) -> int: ...

    def batches(self) -> Sequence[Callable[[], TextBatch]]:
        """The texts in order; each batch is read when it is called, from any thread."""
        ...

    def take(self, rows: I64) -> TextBatch:
        """The texts of these rows, from any thread."""
        ...


class ListSource:
    """A `TextSource` over texts in memory."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def batches(self) -> Sequence[Callable[[], TextBatch]]:
        """Batches of a few thousand texts."""
        return [self._reader(at) for at in range(0, len(self._texts), _BATCH_TEXTS)]

    def take(self, rows: I64) -> TextBatch:
        """The texts of these rows."""
        return TextBatch.of([self._texts[i] for i in rows.tolist()])

    def _reader(self, at: int) -> Callable[[], TextBatch]:
        return lambda: TextBatch.of(self._texts[at : at + _BATCH_TEXTS])


class JoinedSource:
    """Several sources one after another, numbered through."""

    def __init__(self, sources: Sequence[TextSource]) -> None:
        self._sources = sources
        self._starts = np.zeros(len(sources) + 1, np.int64)
        np.cumsum([len(s) for s in sources], out=self._starts[1:])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def batches(self) -> Sequence[Callable[[], TextBatch]]:
        """The batches of all of them."""
        return [batch for source in self._sources for batch in source.batches()]

    def take(self, rows: I64) -> TextBatch:
        """The texts of these rows."""
        owner = np.searchsorted(self._starts, rows, side="right") - 1
        cuts = [0, *(np.flatnonzero(np.diff(owner)) + 1).tolist(), len(rows)]
        return joined(
            [
                self._sources[owner[a]].take(rows[a:b] - self._starts[owner[a]])
                for a, b in pairwise(cuts)
                if b > a
            ]
        )
