"""The rows of a batch as bytes and as records, cut out and parsed only when one is asked for."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, overload

import orjson

from curate.texts import I64

T = TypeVar("T")


class _Rows(Sequence[T]):
    """A sequence of which only single items are wanted."""

    @abstractmethod
    def _item(self, index: int) -> T:
        """The item at `index`, which is within bounds."""

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return [self._item(i) for i in range(*index.indices(len(self)))]
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        return self._item(at)


class Lines(_Rows[bytes]):
    """Lines `data[starts[i]:ends[i]]`."""

    def __init__(self, data: bytes, starts: I64, ends: I64) -> None:
        self._data, self._starts, self._ends = data, starts, ends

    def __len__(self) -> int:
        return len(self._starts)

    def _item(self, index: int) -> bytes:
        return self._data[self._starts[index] : self._ends[index]]


class Records(_Rows[dict[str, Any]]):
    """The records that rows of valid JSON hold."""

    def __init__(self, raw: Sequence[bytes]) -> None:
        self._raw = raw

    def __len__(self) -> int:
        return len(self._raw)

    def _item(self, index: int) -> dict[str, Any]:
        record: dict[str, Any] = orjson.loads(self._raw[index])
        return record


class Chained(_Rows[T]):
    """Several sequences, one after the other."""

    def __init__(self, parts: Iterable[Sequence[T]]) -> None:
        self._parts = list(parts)
        self._starts = [0]
        for part in self._parts:
            self._starts.append(self._starts[-1] + len(part))

    def __len__(self) -> int:
        return self._starts[-1]

    def _item(self, index: int) -> T:
        part = bisect_right(self._starts, index) - 1
        return self._parts[part][index - self._starts[part]]
