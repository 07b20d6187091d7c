"""All rows of a lint run, as compact features: what dataset rules see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any, Literal, TypeVar

import polars as pl

from curate.light_dataclass import dataclass

Collected = TypeVar("Collected")
FileRole = Literal["data", "train", "val", "test"]


@dataclass(frozen=True)
class Dataset:
    """Features of every valid row, in reading order.

    `frame` has the columns `file` (UInt32, index into `files`), `line` (UInt32) and one column
    for each feature that the rule asked for. A row's index in the frame is what `Hit.row` names.
    `rows_met` counts valid and malformed rows together (`rows_met_in` for each file). `roles[file]` says what a file is for:
    "data" (a file to check), "train", "val" or "test" (given with --train, --val, --test).

    `reference` holds the rows of the files given with --against, under the same columns; `file`
    indexes `references`. A hit names such a row in `related` as `len(dataset)` plus its index.

    `collected` holds the collectors of the rules by their class, each having seen every row.
    `read_again` reads some rows (indices of `frame`, ascending) once more and gives their
    `Batch.rows` in that order: for the few rules that need texts after they know of which rows.
    """

    frame: pl.DataFrame
    files: tuple[str, ...]
    rows_met: int
    rows_met_in: tuple[int, ...] = ()
    roles: tuple[FileRole, ...] = ()
    reference: pl.DataFrame | None = None
    references: tuple[str, ...] = ()
    collected: Mapping[type, Any] = field(default_factory=dict)
    read_again: Callable[[Sequence[int]], Iterator[pl.DataFrame]] = lambda rows: iter(())

    def collector(self, kind: type[Collected]) -> Collected:
        """The collector of this class, which the rule named in `DatasetRule.collectors`."""
        found: Collected = self.collected[kind]
        return found

    def place(self, row: int) -> tuple[int, int]:
        """(file, line) of a row: its index into `files`, and its 1-based line."""
        files, lines = self._places
        return int(files[row]), int(lines[row])

    @cached_property
    def _places(self) -> tuple[Any, Any]:
        # One cell of a polars column costs a hundred times one of an array.
        return self.frame["file"].to_numpy(), self.frame["line"].to_numpy()

    def __len__(self) -> int:
        return self.frame.height
