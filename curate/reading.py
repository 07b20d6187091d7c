"""Bytes to batches of parsed rows, with the line and the original bytes of each.

Every reader streams: memory holds one block of the file, not the file. A row that cannot be read
becomes a `Fault`; the rest of the file is still read. Only what makes the whole file unreadable
raises (`UserError`).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import IO

import orjson

from curate.array_reading import read_array
from curate.diagnosing import diagnose
from curate.errors import UserError
from curate.faults import BOM, Fault, RawBatch
from curate.sources import kind_of, open_binary
from curate.table_reading import read_delimited, read_parquet

# Small enough for a block and what is made of it to stay in the processor's caches: 8 MiB blocks
# take 1.5 times as long.
BLOCK_BYTES = 2 << 20


def read_rows(path: str, *, kind: str | None = None) -> Iterator[RawBatch]:
    """The rows of one file in batches, in order.

    Args:
        path: a file, or "-" for standard input.
        kind: jsonl, json, csv, tsv or parquet; without it the name decides, and content decides
            between JSON lines and an array.

    Raises UserError for a file that cannot be opened, is damaged, or is something else.
    """
    kind = kind or kind_of(path)
    if kind == "parquet":
        yield from read_parquet(path)
        return
    with open_binary(path) as stream:
        if kind in ("csv", "tsv"):
            yield from read_delimited(path, stream, "\t" if kind == "tsv" else ",")
        else:
            yield from _json(path, stream, kind)


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(BLOCK_BYTES):
        yield block


def _json(path: str, stream: IO[bytes], kind: str) -> Iterator[RawBatch]:
    blocks = _blocks(stream)
    head = next(blocks, b"")
    _refuse_binary(path, head)
    if holds_array(head, kind):
        yield from read_array(path, head, blocks)
    else:
        yield from _lines(path, head, blocks)


def holds_array(head: bytes, kind: str) -> bool:
    """Whether a file that starts so is one JSON value (an array of rows), not a row a line."""
    start = head.removeprefix(BOM).lstrip(b" \t\r\n")
    array = start.startswith(b"[") and not _is_value_line(start)
    if not array and kind == "json" and start.startswith(b"{"):
        # One object over several lines, or alone in its file: {"data": […]}, or a single record.
        array = not _is_value_line(start) or not start.partition(b"\n")[2].strip()
    return array


def _is_value_line(start: bytes) -> bool:
    """Whether the first line is a JSON value of its own, followed by more lines of the kind.

    A one-line file that holds an array is an array; a first line of several that is a whole
    array is a row (and a fault, later).
    """
    first, newline, rest = start.partition(b"\n")
    if first.startswith(b"[") and not rest.strip():
        return False
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        # A broken first line that closes its bracket is a broken row, not the start of an array.
        return bool(newline) and first.rstrip().endswith((b"}", b"]")) and first.startswith(b"{")
    return True


def _refuse_binary(path: str, head: bytes) -> None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(
            f"{path}: this file is in UTF-16; convert it to UTF-8 first "
            f"(`iconv -f UTF-16 -t UTF-8 {path}`)"
        )
    sample = head[:4096]
    controls = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    if len(sample) > 64 and controls > len(sample) // 10:
        raise UserError(f"{path}: this is not text but binary data; expected JSON lines in UTF-8")


def _lines(path: str, head: bytes, blocks: Iterator[bytes]) -> Iterator[RawBatch]:
    line = 1
    file_faults: list[Fault] = []
    if head.startswith(BOM):
        head = head.removeprefix(BOM)
        file_faults.append(
            Fault("byte-order-mark", 1, "the file starts with a UTF-8 byte-order mark")
        )
    carriage_returns_said = False
    rest = head
    parts: list[bytes] = []  # of a line longer than a block; joined once, not per block
    block: bytes | None = rest
    while block is not None:
        following = next(blocks, None)
        cut = block.rfind(b"\n") + 1 if following is not None else len(block)
        if cut == 0:
            parts.append(block)
            block = following
            continue
        text = b"".join([*parts, block[:cut]]) if parts else block[:cut]
        parts = [block[cut:]] if cut < len(block) else []
        rows = text.split(b"\n")
        if rows and rows[-1] == b"":
            rows.pop()
        batch = RawBatch(path, faults=file_faults)
        file_faults = []
        if b"\r\n" in text:
            rows = [row[:-1] if row.endswith(b"\r") else row for row in rows]
            if not carriage_returns_said:
                carriage_returns_said = True
                batch.faults.append(
                    Fault("carriage-returns", line, "lines end in CR LF (Windows) instead of LF")
                )
        _parse_lines(batch, rows, line)
        line += len(rows)
        if batch.rows_met or batch.faults:
            yield batch
        block = following


def _parse_lines(batch: RawBatch, rows: list[bytes], first_line: int) -> None:
    """Parse rows; the whole list at once when all are well, row by row when one is not."""
    batch.rows_met = len(rows)
    try:
        batch.values = list(map(orjson.loads, rows))
        batch.lines = list(range(first_line, first_line + len(rows)))
        batch.raw = rows
        return
    except orjson.JSONDecodeError:
        pass
    for line, row in enumerate(rows, first_line):
        try:
            batch.values.append(orjson.loads(row))
            batch.lines.append(line)
            batch.raw.append(row)
        except orjson.JSONDecodeError as error:
            if not row.strip():
                batch.rows_met -= 1
                batch.faults.append(Fault("blank-line", line, "blank line"))
            else:
                batch.faults.append(diagnose(row, line, str(error)))
