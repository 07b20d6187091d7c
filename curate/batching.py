"""Rows in batches: large ones for the rules, and in reading order for the dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from curate.columns import Batch, merged
from curate.schemas.turns import RecordFormat
from curate.validating import Checked

# So many rows, or bytes of text, go through the rules at once. Reading likes small blocks, which fit
# into the processor's caches; each expression costs up to 5 ms for its regular expressions (polars
# compiles them anew each time), half a second for all rules, however few rows there are.
ROWS_AT_ONCE = 100_000
BYTES_AT_ONCE = 48 << 20


def in_reading_order(checked: Checked) -> list[pl.DataFrame]:
    """The rows of the batches as one frame; rows of several formats come as several batches."""
    if not checked.batches:
        return []
    frame = pl.concat([batch.rows for batch in checked.batches])
    return [frame if frame["line"].is_sorted() else frame.sort("line")]


def in_large_batches(checks: Iterator[Checked]) -> Iterator[Checked]:
    """The same rows and faults, many at a time, one batch a format."""
    waiting: list[Checked] = []
    size = 0
    for checked in checks:
        waiting.append(checked)
        size += sum(int(b.segments["text"].str.len_bytes().sum()) for b in checked.batches)
        if size >= BYTES_AT_ONCE or sum(c.rows_met for c in waiting) >= ROWS_AT_ONCE:
            yield _together(waiting)
            waiting, size = [], 0
    if waiting:
        yield _together(waiting)


def _together(checks: Sequence[Checked]) -> Checked:
    by_format: dict[RecordFormat, list[Batch]] = {}
    for checked in checks:
        for batch in checked.batches:
            by_format.setdefault(batch.format, []).append(batch)
    return Checked(
        batches=[merged(batches) for batches in by_format.values()],
        faults=[fault for checked in checks for fault in checked.faults],
        rows_met=sum(checked.rows_met for checked in checks),
    )
