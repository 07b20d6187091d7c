"""All rows of a lint run, as compact features: what dataset rules see."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Dataset:
    """Features of every valid row, in reading order.

    `frame` has the columns `file` (UInt32, index into `files`), `line` (UInt32) and one column
    for each feature that the rule asked for. A row's index in the frame is what `Hit.row` names.
    `rows_met` counts valid and malformed rows together.
    """

    frame: pl.DataFrame
    files: tuple[str, ...]
    rows_met: int

    def __len__(self) -> int:
        return self.frame.height
