"""Input files as lines of JSON that can be read again at random, whatever the files were.

Plain JSONL is mapped as it stands. Everything else (compressed files, arrays, CSV, parquet, standard
input) is first written out as JSONL in a temporary folder, one line a row: the data may be larger than
memory, and rows are read twice.
"""

from __future__ import annotations

import mmap
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, Any, Protocol

import numpy as np
import orjson
from numpy.typing import NDArray

from curate import kernel
from curate.errors import UserError
from curate.faults import BOM
from curate.light_dataclass import dataclass
from curate.sources import STDIN, kind_of, open_binary, suffixes
from curate.texts import I64

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_BLOCK = 16 << 20
_LINE_FEED, _CARRIAGE_RETURN = 10, 13
_HARMLESS = ("byte-order-mark", "carriage-returns", "blank-line")


class SupportsWrite(Protocol):
    """A binary stream, as far as copying needs one."""

    def write(self, data: Buffer, /) -> object:
        """Write all of `data`."""
        ...


@dataclass(frozen=True)
class LineFile:
    """One input: line i is `data[starts[i]:ends[i]]`, its line break not included.

    `numbers[i]` is the row's line (or record) number in the file that the user named. `plain` says
    that the lines are the file's own bytes. `array` is `data`, as numpy sees it.
    """

    path: str
    data: mmap.mmap | bytes
    array: NDArray[np.uint8]
    starts: I64
    ends: I64
    numbers: I64
    plain: bool

    def __len__(self) -> int:
        return len(self.starts)

    def line(self, i: int) -> bytes:
        """The bytes of one row, without a byte-order mark, carriage return and line break."""
        line = self.data[self.starts[i] : self.ends[i]]
        return line[len(BOM) :] if self.numbers[i] == 1 and line.startswith(BOM) else line

    def forget(self) -> None:
        """Tell the system that the mapped pages need not stay in memory for now."""
        _forget(self.data)


def copy_lines(file: LineFile, wanted: NDArray[np.bool_], stream: SupportsWrite) -> None:
    """Copy the wanted lines with their own line breaks, a run at a time; the last line gets one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    firsts, lasts = file.starts[edges[::2]], np.append(file.starts, len(file.array))[edges[1::2]]
    at, bytes_ = 0, memoryview(file.data)
    while at < len(firsts):
        # Short runs are gathered into writes of some megabytes.
        stop = max(int(np.searchsorted(lasts, firsts[at] + _BLOCK)), at + 1)
        runs = zip(firsts[at:stop].tolist(), lasts[at:stop].tolist(), strict=True)
        stream.write(b"".join([bytes_[a:b] for a, b in runs]))
        at = stop
    if len(lasts) and file.array[lasts[-1] - 1] != _LINE_FEED:
        stream.write(b"\n")


def lines_of(path: str, data: bytes, first: int) -> LineFile:
    """Whole lines in memory, of which the first is line `first` of the file at `path`."""
    array = np.frombuffer(data, np.uint8)
    starts, ends = _line_bounds(data, array)
    return LineFile(path, data, array, starts, ends, np.arange(first, first + len(ends)), True)


@contextmanager
def open_lines(paths: Sequence[str]) -> Iterator[list[LineFile]]:
    """All inputs, in order. Raises UserError for a file that cannot be read as rows."""
    with ExitStack() as stack:
        yield [_open(path, stack) for path in paths]


def _open(path: str, stack: ExitStack) -> LineFile:
    lines = path == STDIN or kind_of(path) in ("jsonl", "json")
    if path != STDIN and lines and not suffixes(path)[1]:
        with open_binary(path) as stream:
            head = stream.read(4096)
        if not _needs_parsing(head, kind_of(path)):
            return _mapped(path, stack.enter_context(open(path, "rb")), plain=True)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="curate-rows-"))
    source = path
    if lines:
        # Compressed lines and standard input are copied as they are, malformed lines and all.
        source = os.path.join(folder, "copy.jsonl" if path == STDIN else "copy." + kind_of(path))
        with open_binary(path) as stream, open(source, "wb") as copy:
            shutil.copyfileobj(stream, copy, _BLOCK)
        copied = stack.enter_context(open(source, "rb"))  # noqa: SIM115  # the stack closes it
        if not _needs_parsing(copied.read(4096), kind_of(source)):
            return _mapped(path, copied, plain=False)
    rows = os.path.join(folder, "rows")
    scratch = stack.enter_context(open(rows, "w+b"))  # noqa: SIM115  # the stack closes it
    return _mapped(path, scratch, plain=False, numbers=_write_rows(path, source, scratch))


def _needs_parsing(head: bytes, kind: str) -> bool:
    """Whether the file may hold an array, or one object over several lines."""
    start = head.removeprefix(BOM).lstrip()
    if start.startswith(b"["):
        return True
    first, newline, _ = start.partition(b"\n")
    return kind == "json" and not (newline and first.rstrip().endswith(b"}"))


def _write_rows(path: str, source: str, scratch: IO[bytes]) -> I64:
    """Write the rows of `source` (what `path` holds) as JSON lines; returns their numbers."""
    # Parsing tables brings polars along, which plain JSONL can do without.
    from curate.reading import read_rows

    numbers: list[int] = []
    for batch in read_rows(source):
        for fault in batch.faults:
            if fault.rule not in _HARMLESS:
                # Such a row has no line of its own that could be kept.
                place = f"{path}:{fault.line}" if fault.line else path
                raise UserError(f"{place}: {fault.message}. Run `curate lint {path}` first.")
        for value, raw in zip(batch.values, batch.raw, strict=True):
            line = raw if raw.startswith(b"{") and b"\n" not in raw else dump(value)
            scratch.write(line + b"\n")
        numbers += batch.lines
    return np.array(numbers, np.int64)


def dump(value: Any) -> bytes:
    """A parsed row as one JSON line."""
    return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS, default=str)


def _mapped(path: str, stream: IO[bytes], *, plain: bool, numbers: I64 | None = None) -> LineFile:
    stream.flush()
    size = stream.seek(0, 2)
    data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    array = np.frombuffer(data, np.uint8)
    starts, ends = _line_bounds(data, array)
    if numbers is None:
        numbers = np.arange(1, len(ends) + 1, dtype=np.int64)
    return LineFile(path, data, array, starts, ends, numbers, plain)


def _line_bounds(data: mmap.mmap | bytes, array: NDArray[np.uint8]) -> tuple[I64, I64]:
    """Where the lines start and end, without their line breaks."""
    breaks, returns = _line_breaks(data, array)
    starts = np.concatenate([np.zeros(1, np.int64), breaks[:-1] + 1]) if len(breaks) else breaks
    # A carriage return before the line feed belongs to the line break.
    return starts, breaks - (returns & (breaks > starts))


def _forget(data: mmap.mmap | bytes) -> None:
    if isinstance(data, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        data.madvise(mmap.MADV_DONTNEED)


def _line_breaks(
    data: mmap.mmap | bytes, array: NDArray[np.uint8]
) -> tuple[I64, NDArray[np.bool_]]:
    """Where the line feeds are, and whether a carriage return stands before each.

    The end of the file counts as a line feed when the last line has none.
    """
    engine = kernel.load()
    found: list[I64] = []
    returns: list[NDArray[np.bool_]] = []
    for at in range(0, len(array), _BLOCK):
        block = array[at : at + _BLOCK]
        breaks = (
            np.flatnonzero(block == _LINE_FEED) if engine is None else engine.line_breaks(block)
        )
        if at + len(block) == len(array) and block[-1] != _LINE_FEED:
            breaks = np.append(breaks, len(block))
        found.append(breaks + at)
        returns.append(array[np.maximum(found[-1] - 1, 0)] == _CARRIAGE_RETURN)
        _forget(data)
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    return np.concatenate(found), np.concatenate(returns)
