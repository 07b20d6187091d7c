"""Whole lines of a file (or elements of an array) that are not parsed yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from curate.diagnosing import diagnose
from curate.faults import Fault, RawBatch
from curate.light_dataclass import dataclass
from curate.texts import I64


@dataclass(frozen=True, slots=True)
class LineBlock:
    """Whole lines of a file, not parsed yet. Line i, without its ending, is `text[starts[i]:ends[i]]`.

    What else the text may hold belongs to other blocks.
    """

    path: str
    text: bytes
    starts: I64
    ends: I64
    first_line: int
    faults: tuple[Fault, ...] = ()

    def __len__(self) -> int:
        return len(self.starts)

    def split(self, lines: int) -> tuple[LineBlock, LineBlock]:
        """The first lines, with all faults, and the others."""
        head = replace(self, starts=self.starts[:lines], ends=self.ends[:lines])
        starts, ends = self.starts[lines:], self.ends[lines:]
        first = self.first_line + len(head)
        return head, LineBlock(self.path, self.text, starts, ends, first)

    def parsed(self) -> RawBatch:
        """All lines, parsed."""
        batch = RawBatch(self.path, faults=list(self.faults))
        lines = range(self.first_line, self.first_line + len(self))
        _parse_lines(batch, self._cut(self.starts, self.ends), lines)
        return batch

    def some_parsed(self, chosen: I64) -> RawBatch:
        """Some of the lines, parsed, without the faults of the block."""
        batch = RawBatch(self.path)
        rows = self._cut(self.starts[chosen], self.ends[chosen])
        _parse_lines(batch, rows, (chosen + self.first_line).tolist())
        return batch

    def _cut(self, starts: I64, ends: I64) -> list[bytes]:
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        return [self.text[start:end] for start, end in places]


def _parse_lines(batch: RawBatch, rows: list[bytes], lines: Sequence[int]) -> None:
    """Parse rows; the whole list at once when all are well, row by row when one is not."""
    batch.rows_met = len(rows)
    try:
        batch.values = list(map(orjson.loads, rows))
        batch.lines = list(lines)
        batch.raw = rows
        return
    except orjson.JSONDecodeError:
        pass
    for line, row in zip(lines, rows, strict=True):
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
