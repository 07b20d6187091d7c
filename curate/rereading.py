"""Some rows of a file that was read before: what a rule has come to need of their text."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import IO

import orjson

from curate.faults import BATCH_ROWS, BOM, RawBatch
from curate.reading import BLOCK_BYTES, holds_array, read_rows
from curate.sources import kind_of, open_binary


def read_selected(path: str, lines: Sequence[int]) -> Iterator[RawBatch]:
    """The rows with these line or record numbers, ascending, as `curate.reading.read_rows` gives them.

    In JSON lines the rows between are only counted, not parsed. Raises UserError.
    """
    wanted = set(lines)
    if kind_of(path) == "jsonl":
        with open_binary(path) as stream:
            head = stream.read(BLOCK_BYTES)
        if not holds_array(head, "jsonl"):
            with open_binary(path) as stream:
                yield from _lines(path, stream, wanted)
            return
    for batch in read_rows(path):
        kept = [i for i, line in enumerate(batch.lines) if line in wanted]
        if kept:
            yield RawBatch(
                path,
                values=[batch.values[i] for i in kept],
                lines=[batch.lines[i] for i in kept],
                raw=[batch.raw[i] for i in kept],
                rows_met=len(kept),
            )


def _lines(path: str, stream: IO[bytes], wanted: set[int]) -> Iterator[RawBatch]:
    batch = RawBatch(path)
    last = max(wanted, default=0)
    for number, line in enumerate(stream, 1):
        if number in wanted:
            row = line.removeprefix(BOM) if number == 1 else line
            row = row.removesuffix(b"\n").removesuffix(b"\r")
            with contextlib.suppress(orjson.JSONDecodeError):
                batch.values.append(orjson.loads(row))
                batch.lines.append(number)
                batch.raw.append(row)
                batch.rows_met += 1
            if len(batch.raw) >= BATCH_ROWS:
                yield batch
                batch = RawBatch(path)
        if number >= last:
            break
    if batch.rows_met:
        yield batch
