"""What reading gives: batches of parsed rows, and a `Fault` for each row that could not be read.

Reading never raises over one bad row: it records a `Fault` and goes on. Each fault carries the
name of the rule that reports it (`curate.rules`), which adds code, severity and explanation.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any

from curate.light_dataclass import dataclass

EXCERPT_CHARACTERS = 160
BATCH_ROWS = 20_000
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `line` is 1-based, None for the whole file; `column` is 1-based in that line.

    `raw` holds the bytes of a row that did not parse, for its repair.
    """

    rule: str
    line: int | None
    message: str
    field: str | None = None
    column: int | None = None
    excerpt: str | None = None
    span: tuple[int, int] | None = None
    raw: bytes | None = None


@dataclass(slots=True)
class RawBatch:
    """Rows that parsed, and the faults of those that did not.

    `values[i]` is the parsed row (any JSON value), `lines[i]` its 1-based line (JSONL, CSV) or
    record number (JSON array, parquet), `raw[i]` its original bytes without the line ending.
    `text_rows` is the number of rows met, good and bad.
    """

    path: str
    values: list[Any] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rows_met: int = 0


def excerpt_around(raw: bytes, column: int) -> tuple[str, tuple[int, int]]:
    """The part of a line around a 1-based byte column, and where in it that column stands."""
    at = max(0, min(column - 1, len(raw)))
    start = max(0, at - EXCERPT_CHARACTERS // 2)
    shown = raw[start : start + EXCERPT_CHARACTERS].decode("utf-8", errors="replace")
    offset = len(raw[start:at].decode("utf-8", errors="replace"))
    return shown, (offset, offset + 1)
