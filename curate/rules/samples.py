"""A sample of each file's rows with their texts, for rules that have to read."""

from __future__ import annotations

import numpy as np
import polars as pl

from curate.dataset import Dataset
from curate.memory import on_its_own
from curate.schemas.options.lint import LintOptions

SIZE = 600
_LONGEST = 4000
_KEPT = ("prompt", "completion", "roles")


class Sample:
    """Collects up to `SIZE` rows of each file: those with the smallest hashes.

    So the sample depends on the rows alone, not on their order, and equal rows are drawn together.
    """

    def __init__(self, options: LintOptions) -> None:
        self._frames: dict[int, pl.DataFrame] = {}
        self._limits: dict[int, int] = {}
        self._row = 0

    def add(self, rows: pl.DataFrame, file: int) -> None:
        """Draw from a batch."""
        draws = rows.lazy().select(
            index=pl.int_range(self._row, self._row + rows.height, dtype=pl.UInt32),
            draw=pl.col("prompt").hash(0) ^ pl.col("completion").hash(1),
            answered=pl.col("completion").is_not_null(),
        )
        low = pl.col("draw") <= self._limits.get(file, (1 << 64) - 1)
        drawn = draws.filter("answered", low).drop("answered").collect()
        if drawn.height > SIZE:  # without an order of all
            limit = np.partition(drawn["draw"].to_numpy(), SIZE - 1)[SIZE - 1]
            drawn = drawn.filter(pl.col("draw") <= int(limit)).sort("draw", "index").head(SIZE)
        texts = [pl.col(c).str.slice(0, _LONGEST) for c in ("prompt", "completion")]
        drawn = drawn.hstack(rows[drawn["index"] - self._row].select(*texts, "roles"))
        self._row += rows.height
        known = self._frames.get(file)
        frame = drawn if known is None else pl.concat([known, drawn])
        if frame.height > SIZE:
            frame = frame.sort("draw", "index").head(SIZE)
            self._limits[file] = int(frame["draw"][-1])
        self._frames[file] = on_its_own(frame)

    def add_reference(self, rows: pl.DataFrame, file: int) -> None:
        """Benchmarks are not what is trained on."""

    def of(self, dataset: Dataset, file: int) -> pl.DataFrame:
        """The sample of a file in reading order: `index` (in `Dataset.frame`), `prompt` (empty where
        there is none), `completion`, `roles`."""
        frame = self._frames.get(file)
        if frame is None:
            schema = {"index": pl.UInt32, "prompt": pl.String, "completion": pl.String}
            return pl.DataFrame(schema={**schema, "roles": pl.String})
        return frame.sort("index").select(
            "index", pl.col("prompt").fill_null(""), "completion", "roles"
        )
