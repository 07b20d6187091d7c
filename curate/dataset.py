"""All rows of a lint run, as compact features: what dataset rules see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import polars as pl

Collected = TypeVar("Collected")
FileRole = Literal["data", "train", "val", "test"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Features of every valid row, in reading order.

    `frame` has the columns `file` (UInt32, index into `files`), `line` (UInt32) and one column
    for each feature that the rule asked for. A row's index in the frame is what `Hit.row` names.
    `rows_met` counts valid and malformed rows together (`rows_met_in` for each file). `roles[file]` says what a file is for:
    "data" (a file to check), "train", "val" or "test" (given with --train, --val, --test).

    `reference` holds the rows of the files given with --against, under the same columns; `file`
    indexes `references`. A hit names such a row in `related` as `len(dataset)` plus its index.

    `collected` holds the collectors of the rules by their class, each having seen every row.
    `read_again` reads the files once more and gives their `Batch.rows`, in the order of `frame`:
    for the few rules that need whole texts after they know what to look for.
    """

    frame: pl.DataFrame
    files: tuple[str, ...]
    rows_met: int
    rows_met_in: tuple[int, ...] = ()
    roles: tuple[FileRole, ...] = ()
    reference: pl.DataFrame | None = None
    references: tuple[str, ...] = ()
    collected: Mapping[type, Any] = field(default_factory=dict)
    read_again: Callable[[], Iterator[pl.DataFrame]] = lambda: iter(())

    def collector(self, kind: type[Collected]) -> Collected:
        """The collector of this class, which the rule named in `DatasetRule.collectors`."""
        found: Collected = self.collected[kind]
        return found

    def __len__(self) -> int:
        return self.frame.height
