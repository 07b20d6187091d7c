"""Plain records straight from lines of JSON: as `curate.plain`, but no row becomes a Python object.

The kernel reads lines whose keys are, in order, those of a row that Python has read before, and whose
values are of the plain kinds. All other lines it leaves to Python, which reads and checks them as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from curate import textkernel
from curate.arrays import series_of
from curate.columns import SEGMENT_SCHEMA, Batch
from curate.laying import conversation_rows, flat_rows, gathered, row_frame, segments_of
from curate.layouts import flat_layout
from curate.line_block import LineBlock
from curate.plain import CONVERSATIONS, FLAT, SPECIAL_KEYS, Fields, PlainReader, Turns
from curate.rowbytes import Chained, Lines, Records
from curate.textkernel import Columns, Formats, joined
from curate.texts import I64
from curate.threads import side_by_side

_MOST_SHAPES = 8
_MOST_KEYS = 19  # three bits of a 64-bit word for the type of each value, four for the shape
_MOST_SLOTS = 8
# JSON types as the kernel numbers them.
_TYPES = ("", "string", "number", "boolean", "null", "list", "object")
_ROLES = ("system", "user", "assistant")
# Of each batch that Python parsed, so many rows are looked at.
_LEARNT_FROM = 256
_MOST_MET = 1024


class PlainLines:
    """Reads the plain lines of one file, once it has met rows with their keys."""

    def __init__(
        self, reader: PlainReader, fits: Callable[[tuple[str, ...]], bool], *, unread: bool = False
    ) -> None:
        """`fits` says whether a record with these keys is of the reader's format and columns.

        Where the texts are `unread`, rows have none, and no segments.
        """
        self._unread = unread
        self._reader = reader
        self._fits = fits
        self._kernel = textkernel.load() if reader.usable else None
        self._met: set[tuple[str, ...]] = set()
        self._shapes: list[tuple[str, ...]] = []
        self._formats: Formats | None = None
        turns, flat = CONVERSATIONS.get(reader.format), FLAT.get(reader.format)
        self._turns = turns
        self._special = SPECIAL_KEYS if flat is None else flat.special
        fields = [(turns.turns, "", True)] if turns else flat.fields if flat else ()
        self._slots = {reader.column(name): slot for slot, (name, _, _) in enumerate(fields)}
        self._needed = sum(1 << slot for slot, (_, _, must) in enumerate(fields) if must)

    def learn(self, values: Sequence[Any]) -> bool:
        """Look at some parsed rows, so that lines with their keys need not be parsed.

        Returns whether more lines can be read now.
        """
        if self._kernel is None or len(self._met) > _MOST_MET:
            return False
        some = values[:_LEARNT_FROM]
        new = {tuple(value) for value in some if type(value) is dict} - self._met
        self._met |= new
        readable = sorted(keys for keys in new if self._readable(keys))
        if readable and len(self._shapes) < _MOST_SHAPES:
            self._shapes = (self._shapes + readable)[:_MOST_SHAPES]
            shapes = [[(key, self._slots.get(key, -1)) for key in keys] for keys in self._shapes]
            self._formats = Formats(shapes, self._needed, self._speakers(), self._unread)
            return True
        return False

    def _readable(self, keys: tuple[str, ...]) -> bool:
        return (
            0 < len(keys) <= _MOST_KEYS
            and all(key.isprintable() and not {"\\", '"'} & set(key) for key in keys)
            and self._special.isdisjoint(keys)
            and self._fits(keys)
        )

    def _speakers(self) -> tuple[str, str, dict[str, str], bool] | None:
        if self._turns is None:
            return None
        letters = {name: role[0] for name, role in self._turns.speakers.items()}
        return self._turns.role, self._turns.text, letters, self._turns.folded

    def read(self, blocks: Sequence[LineBlock]) -> tuple[Batch | None, list[I64]]:
        """The plain rows of some blocks, and which lines of each are left to Python."""
        if self._formats is None:
            return None, [np.arange(len(block)) for block in blocks]
        found = self._found(blocks)
        for i, block in enumerate(blocks):
            left = np.flatnonzero(~found[i].done)
            many = len(left) > max(_LEARNT_FROM, len(block) // 4)
            if many and self.learn(block.some_parsed(left[:_LEARNT_FROM]).values):
                found[i:] = self._found(blocks[i:])
        columns = joined(found)
        batch = self._batch(columns, blocks) if columns.done.any() else None
        return batch, [np.flatnonzero(~one.done) for one in found]

    def _found(self, blocks: Sequence[LineBlock]) -> list[Columns]:
        kernel, formats = self._kernel, self._formats
        assert kernel is not None
        assert formats is not None
        tasks = [partial(kernel.columns, formats, b.text, b.starts, b.ends) for b in blocks]
        return side_by_side(tasks, "reading")  # the kernel works without Python's lock

    def _batch(self, columns: Columns, blocks: Sequence[LineBlock]) -> Batch:
        reader, read = self._reader, np.flatnonzero(columns.done)
        sizes = columns.sizes[read].astype(np.int64)
        row = np.repeat(np.arange(len(read)), sizes)
        if self._unread:
            rows, segments, fields = _no_texts(len(read))
        elif self._turns is not None:
            rows, segments, fields = self._conversations(self._turns, columns, sizes, row)
        else:
            rows, segments, fields = self._fields(FLAT[reader.format], columns, len(read), row)
        raw = Chained(_lines(columns, blocks))
        numbers = [np.arange(len(b), dtype=np.uint32) + np.uint32(b.first_line) for b in blocks]
        line = series_of(np.concatenate(numbers)[read], "line")
        frame = row_frame(rows, line, self._layout(columns, read))
        return Batch(reader.path, reader.format, frame, segments, fields, Records(raw), raw)

    def _conversations(
        self, turns: Turns, columns: Columns, sizes: I64, row: Any
    ) -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...]]:
        letters = columns.letters.tobytes().decode("ascii")
        rows = conversation_rows(columns.text, letters, sizes)
        roles = np.zeros(len(letters), np.int64)
        for number, name in enumerate(_ROLES):
            roles[columns.letters == ord(name[0])] = number
        starts = np.cumsum(sizes) - sizes
        slot = np.arange(len(letters)) - np.repeat(starts, sizes)
        role = pl.Series("role", _ROLES, dtype=pl.String).gather(series_of(roles))
        key = self._reader.column(turns.turns)
        fields = tuple(f"{key}[{i}].{turns.text}" for i in range(int(sizes.max())))
        return rows, segments_of(row, slot, role, columns.text), fields

    def _fields(
        self, spec: Fields, columns: Columns, count: int, row: Any
    ) -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...]]:
        present = np.flatnonzero(np.bincount(columns.letters)).tolist()
        place = np.zeros(_MOST_SLOTS, np.int64)
        place[present] = np.arange(len(present))
        slot = place[columns.letters]
        role = pl.Series("role", [spec.fields[i][1] for i in present], dtype=pl.String).gather(
            series_of(slot)
        )
        series = []
        for number, field in enumerate(present):
            places = np.full(count, -1, np.int64)
            at = np.flatnonzero(slot == number)
            places[row[at]] = at
            series.append(gathered(columns.text, places).alias(spec.fields[field][0]))
        rows = flat_rows(self._reader.format, pl.DataFrame(series))
        fields = tuple(self._reader.column(spec.fields[field][0]) for field in present)
        return rows, segments_of(row, slot, role, columns.text), fields

    def _layout(self, columns: Columns, read: I64) -> pl.Series:
        kinds = columns.types[read] | columns.shapes[read].astype(np.uint64) << np.uint64(60)
        met, which = np.unique(kinds, return_inverse=True)
        return pl.Series("layout", [self._layout_of(int(kind)) for kind in met]).gather(
            series_of(which)
        )

    def _layout_of(self, kind: int) -> str:
        keys = self._shapes[kind >> 60]
        return flat_layout(keys, [_TYPES[kind >> 3 * i & 7] for i in range(len(keys))])


def _lines(columns: Columns, blocks: Sequence[LineBlock]) -> Iterator[Lines]:
    """The lines of each block that were read."""
    start = 0
    for block in blocks:
        read = columns.done[start : start + len(block)]
        start += len(block)
        yield Lines(block.text, block.starts[read], block.ends[read])


def _no_texts(count: int) -> tuple[pl.DataFrame, pl.DataFrame, tuple[str, ...]]:
    names = ("system", "prompt", "completion", "roles")
    rows = [pl.repeat(None, count, dtype=pl.String, eager=True).alias(name) for name in names]
    return pl.DataFrame(rows), pl.DataFrame(schema=SEGMENT_SCHEMA), ()
