"""Bytes to batches of parsed rows, with the line and the original bytes of each.

Every reader streams: memory holds one block of the file, not the file. A row that cannot be read
becomes a `Fault`; the rest of the file is still read. Only what makes the whole file unreadable
raises (`UserError`).
"""

from __future__ import annotations

import codecs
import io
import os
from collections.abc import Callable, Iterator
from typing import IO

import numpy as np
import orjson

from curate import kernel
from curate.array_reading import read_array
from curate.errors import UserError
from curate.faults import BOM, Fault, RawBatch
from curate.line_block import LineBlock
from curate.sources import kind_of, open_binary
from curate.table_reading import check_parquet, read_delimited, read_parquet
from curate.texts import I64

_LINE_FEED, _CARRIAGE_RETURN = 10, 13

# Small enough for a block and what is made of it to stay in the processor's caches: 8 MiB blocks
# take 1.5 times as long.
BLOCK_BYTES = 2 << 20
_BYTES_OF_A_SAMPLE = 4096
_LINES_LOOKED_AT = 8  # blank ones among them


def read_rows(path: str, *, kind: str | None = None) -> Iterator[RawBatch]:
    """The rows of one file in batches, in order.

    Args:
        path: a file, or "-" for standard input.
        kind: jsonl, json, csv, tsv or parquet; without it the name decides, and content decides
            between JSON lines and an array.

    Raises UserError for a file that cannot be opened, is damaged, or is something else.
    """
    for piece in read_pieces(path, kind=kind):
        batch = piece.parsed() if isinstance(piece, LineBlock) else piece
        if batch.rows_met or batch.faults:
            yield batch


def read_pieces(path: str, *, kind: str | None = None) -> Iterator[RawBatch | LineBlock]:
    """As `read_rows`, with JSON lines not parsed yet: the kernel reads most of them without Python."""
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


def _json(path: str, stream: IO[bytes], kind: str) -> Iterator[RawBatch | LineBlock]:
    blocks = _blocks(stream)
    head = next(blocks, b"")
    _refuse_binary(path, head)
    if holds_array(head, kind):
        yield from read_array(path, head, blocks)
    else:
        again = isinstance(stream, io.BufferedReader) and stream.seekable()
        yield from line_blocks(path, head, blocks, _stepping(stream) if again else None)


def _stepping(stream: IO[bytes]) -> Callable[[int], object]:
    return lambda size: stream.seek(-size, io.SEEK_CUR)


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
        if first.startswith(b"["):
            return first.strip() != b"[" and _goes_on_with_rows(rest)
        # A broken first line that closes its bracket is a broken row, not the start of an array.
        return bool(newline) and first.rstrip().endswith((b"}", b"]")) and first.startswith(b"{")
    return True


def _goes_on_with_rows(rest: bytes) -> bool:
    """Whether the next two lines (or the only one) are objects of their own.

    No array has two objects without a comma between them: its first line is then a broken row.
    """
    lines = [
        line for line in rest.split(b"\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT] if line.strip()
    ]
    try:
        return bool(lines) and all(isinstance(orjson.loads(line), dict) for line in lines[:2])
    except orjson.JSONDecodeError:
        return False


def refusal(path: str) -> str | None:
    """Why a file cannot be read, as far as its first bytes say; None for one that may be read."""
    if not os.path.isfile(path):
        return None  # a pipe can be read only once
    try:
        with open_binary(path) as stream:
            head = stream.read(_BYTES_OF_A_SAMPLE)
        kind = kind_of(path)
        if kind == "parquet":
            check_parquet(path, head)
        elif kind in ("jsonl", "json"):
            _refuse_binary(path, head)
    except UserError as error:
        return str(error)
    return None


def _refuse_binary(path: str, head: bytes) -> None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UserError(
            f"{path}: this file is in UTF-16; convert it to UTF-8 first "
            f"(`iconv -f UTF-16 -t UTF-8 {path}`)"
        )
    sample = head[:_BYTES_OF_A_SAMPLE]
    controls = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    if len(sample) > 64 and controls > len(sample) // 10:
        raise UserError(f"{path}: this is not text but binary data; expected JSON lines in UTF-8")


def line_blocks(
    path: str,
    head: bytes,
    blocks: Iterator[bytes],
    step_back: Callable[[int], object] | None = None,
) -> Iterator[LineBlock]:
    """The lines of a file that starts with `head` and goes on with `blocks`.

    With `step_back`, what was cut from the end of a block is read again with the next one, which costs less
    than to put the two together.
    """
    line = 1
    faults: list[Fault] = []
    if head.startswith(BOM):
        head = head.removeprefix(BOM)
        faults.append(Fault("byte-order-mark", 1, "the file starts with a UTF-8 byte-order mark"))
    carriage_returns_said = False
    for text, size in _whole_lines(head, blocks, step_back):
        starts, ends, returns = _line_places(text, size)
        if returns and not carriage_returns_said:
            carriage_returns_said = True
            message = "lines end in CR LF (Windows) instead of LF"
            faults.append(Fault("carriage-returns", line, message))
        yield LineBlock(path, text, starts, ends, line, tuple(faults))
        faults = []
        line += len(starts)


def _whole_lines(
    head: bytes, blocks: Iterator[bytes], step_back: Callable[[int], object] | None
) -> Iterator[tuple[bytes, int]]:
    """Texts, and of each how many bytes are whole lines; the last line of all needs no line feed."""
    parts: list[
        bytes | memoryview
    ] = []  # of a line that has not ended yet; joined once, not per block
    block: bytes | None = head
    while block is not None:
        cut = block.rfind(b"\n") + 1
        if cut and not parts and step_back is not None:
            if cut < len(block):
                step_back(len(block) - cut)
            yield block, cut
            block = next(blocks, None)
            continue
        following = next(blocks, None)
        if following is None:
            cut = len(block)
        if cut:
            text = b"".join([*parts, memoryview(block)[:cut]]) if parts else block
            yield text, (len(text) if parts else cut)
            parts = []
        if cut < len(block):
            parts.append(memoryview(block)[cut:])
        block = following


def _line_places(text: bytes, size: int) -> tuple[I64, I64, bool]:
    """Where the lines of `text[:size]` start and end, and whether any ends in CR LF.

    A carriage return before the line feed then belongs to the line break.
    """
    codes = np.frombuffer(text, np.uint8)[:size]
    engine = kernel.load()
    if engine is not None:
        return engine.line_places(codes)
    breaks = np.flatnonzero(codes == _LINE_FEED)
    returns = b"\r\n" in text[:size]
    starts = np.concatenate([np.zeros(1, np.int64), breaks + 1])
    ends = np.append(breaks, size)
    if starts[-1] == size:
        starts, ends = starts[:-1], ends[:-1]
    if returns:
        ends = ends - ((ends > starts) & (codes[np.maximum(ends - 1, 0)] == _CARRIAGE_RETURN))
    return starts, ends, returns
