"""Write a file again with some rows changed or dropped; all other bytes stay as they are."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, Literal

import orjson

from curate.light_dataclass import dataclass
from curate.reading import BLOCK_BYTES, holds_array, read_rows
from curate.respelling import respell
from curate.sources import kind_of, open_binary, suffixes
from curate.table_reading import csv_value

# What becomes of one row: (its bytes, its parsed value or None) → its new value or bytes, or None
# to drop it. Returning the given bytes leaves the row as it is.
Edit = Callable[[bytes, Any], "Edited"]


@dataclass(frozen=True, slots=True)
class Edited:
    """A row after its repairs: `raw` replaced bytes, or `value` the changed record, or dropped."""

    raw: bytes | None = None
    value: Any = None
    dropped: bool = False


class CannotRewrite(Exception):
    """This file cannot be written again in place; the message says why."""


def rewrite(
    path: str,
    edits: Mapping[int, Edit],
    every_line: Callable[[bytes], bytes] | None,
    out: IO[bytes],
) -> list[int]:
    """Write `path` to `out` (compressed as `path` is), with the rows in `edits` changed.

    Args:
        edits: by 1-based line (JSONL, CSV) or record number (array).
        every_line: applied to the bytes of every line, such as removing carriage returns; to an
            array as a whole, and to each of its rows.

    Returns the numbers of the rows that were dropped. Raises CannotRewrite or UserError.
    """
    kind = kind_of(path)
    dropped: list[int] = []
    if kind == "parquet":
        raise CannotRewrite("parquet files are not repaired in place; convert it to .jsonl first")
    if kind in ("csv", "tsv"):
        pieces = _table(path, edits, "\t" if kind == "tsv" else ",", every_line, dropped)
    elif is_array(path):
        pieces = _array(path, edits, every_line, dropped)
    else:
        pieces = _lines(path, edits, every_line, dropped)
    with _compressed(out, suffixes(path)[1]) as stream:
        for piece in pieces:
            stream.write(piece)
    return dropped


def _compressed(out: IO[bytes], compression: str) -> Any:
    if compression == ".gz":
        return gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0)
    if compression == ".bz2":
        return bz2.open(out, "wb")
    if compression == ".xz":
        return lzma.open(out, "wb")
    if compression == ".zst":
        import zstandard

        return zstandard.ZstdCompressor().stream_writer(out, closefd=False)
    return _Open(out)


class _Open:
    """A stream that stays open at the end of a `with`."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def __enter__(self) -> IO[bytes]:
        return self._out

    def __exit__(self, *_: object) -> None:
        return None


def is_array(path: str) -> bool:
    """Whether a file holds one array of rows."""
    kind = kind_of(path)
    if kind in ("csv", "tsv", "parquet"):
        return False
    with open_binary(path) as stream:
        return holds_array(stream.read(BLOCK_BYTES), kind)


def _lines(
    path: str,
    edits: Mapping[int, Edit],
    every_line: Callable[[bytes], bytes] | None,
    dropped: list[int],
) -> Iterator[bytes]:
    with open_binary(path) as stream:
        for number, line in enumerate(stream, 1):
            edit = edits.get(number)
            if edit is None and every_line is None:
                yield line
                continue
            body, newline = (line[:-1], b"\n") if line.endswith(b"\n") else (line, b"")
            if every_line is not None:
                body = every_line(body)
            if edit is not None:
                returned = body.endswith(b"\r")
                changed = _edited_json(edit, body.removesuffix(b"\r"))
                if changed is None:
                    dropped.append(number)
                    continue
                body = changed + b"\r" if returned else changed
            yield body + newline


def _edited_json(edit: Edit, raw: bytes) -> bytes | None:
    """The bytes of a JSON row after its edit, or None when it is dropped."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = None
    edited = edit(raw, value)
    if edited.dropped:
        return None
    if edited.raw is not None:
        return edited.raw
    return respell(raw.decode("utf-8"), value, edited.value).encode("utf-8")


def _array(
    path: str,
    edits: Mapping[int, Edit],
    every_line: Callable[[bytes], bytes] | None,
    dropped: list[int],
) -> Iterator[bytes]:
    with open_binary(path) as stream:
        content = stream.read()
    if every_line is not None:
        # What stands between the rows is white space; only the start of the file matters.
        content = every_line(content)
    places: list[tuple[int, int, int]] = []
    at = 0
    for batch in read_rows(path):
        if any(fault.rule == "invalid-json" for fault in batch.faults):
            raise CannotRewrite("the array holds broken JSON; mend that first")
        for number, raw in zip(batch.lines, batch.raw, strict=True):
            start = content.find(raw, at)
            if start < 0:
                raise CannotRewrite(
                    "the rows stand inside another object; make them an array first"
                )
            at = start + len(raw)
            places.append((number, start, at))
    yield content[: places[0][1]] if places else content
    before: int | None = None  # where the row that was met last ends
    written = False
    for number, start, end in places:
        edit = edits.get(number)
        row = content[start:end] if every_line is None else every_line(content[start:end])
        text = row if edit is None else _edited_json(edit, row)
        if text is None:
            dropped.append(number)
        else:
            if before is not None and written:
                yield content[before:start]
            yield text
            written = True
        before = end
    if before is not None:
        yield content[before:]


def _table(
    path: str,
    edits: Mapping[int, Edit],
    delimiter: str,
    every_line: Callable[[bytes], bytes] | None,
    dropped: list[int],
) -> Iterator[bytes]:
    with open_binary(path) as stream:
        lines = stream.readlines()
    rows = {
        line: (value, raw)
        for batch in read_rows(path)
        for line, value, raw in zip(batch.lines, batch.values, batch.raw, strict=True)
        if line in edits
    }
    number = 1
    while number <= len(lines):
        line = lines[number - 1]
        if number in rows:
            value, raw = rows[number]
            span = raw.count(b"\n") + 1
            whole = b"".join(lines[number - 1 : number - 1 + span])
            edited = edits[number](raw, value)
            if edited.dropped:
                dropped.append(number)
            elif edited.raw is not None:
                yield edited.raw + whole[len(raw) :]
            else:
                yield _cells(value, edited.value, raw, delimiter) + whole[len(raw) :]
            number += span
            continue
        body = line.rstrip(b"\n")
        ending = line[len(body) :]
        if number in edits:
            edited = edits[number](body, None)
            if edited.dropped:
                number += 1
                continue
            body = body if edited.raw is None else edited.raw
        yield (body if every_line is None else every_line(body)) + ending
        number += 1


def _cells(old: dict[str, Any], new: dict[str, Any], raw: bytes, delimiter: str) -> bytes:
    """A CSV row with changed cells; quoted throughout where it was."""
    if list(old) != list(new):
        raise CannotRewrite("a repair would add or remove a column of a table")
    cells = next(csv.reader(io.StringIO(raw.decode("utf-8")), delimiter=delimiter))
    for i, name in enumerate(old):
        if old[name] != new[name]:
            spelled = new[name]
            if not isinstance(spelled, str):
                spelled = json.dumps(spelled, ensure_ascii=False)
            elif old[name] != csv_value(name, cells[i], old):
                continue
            cells[i] = spelled
    quoted: Literal[0, 1] = csv.QUOTE_ALL if _all_quoted(raw, delimiter) else csv.QUOTE_MINIMAL
    return _spelled(cells, delimiter, quoted).encode("utf-8")


def _all_quoted(raw: bytes, delimiter: str) -> bool:
    cells = next(csv.reader(io.StringIO(raw.decode("utf-8")), delimiter=delimiter))
    return _spelled(cells, delimiter, csv.QUOTE_ALL).encode("utf-8") == raw


def _spelled(cells: list[str], delimiter: str, quoting: Literal[0, 1]) -> str:
    text = io.StringIO()
    # The writer quotes a line ending inside a cell only if it is (part of) its own.
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n")
