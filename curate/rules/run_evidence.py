"""What the rules about training dynamics share: rows of the data joined with what a run saw of them."""

from __future__ import annotations

import polars as pl

from curate.dataset import Dataset
from curate.run_dynamics import KEYS, RunDynamics, dynamics_of
from curate.schemas.options.lint import LintOptions

NEEDED = KEYS


def no_run(options: LintOptions) -> str | None:
    """Why rules about training dynamics cannot run; raises UserError for a run that is unusable."""
    if options.run is None:
        return "needs --run RUN, a finished run of `curate train` on this data"
    dynamics_of(options.run)
    return None


def run_of(options: LintOptions) -> RunDynamics:
    """The run that the options name."""
    assert options.run is not None  # else the rule would not run
    return dynamics_of(options.run)


def most_suspects(run: RunDynamics, options: LintOptions) -> int:
    """How many rows of the run may be reported for one fault."""
    return max(1, round(options.max_suspects * run.train.height))


def placed(dataset: Dataset, seen: pl.DataFrame) -> pl.DataFrame:
    """The rows of the dataset that the run saw, with what it saw: `row` and the columns of `seen`.

    Rows are matched by their texts, so that the file may be another one than the run's own: the
    user's, from which the run's was split. Of equal rows in a file, each is found.
    """
    once = seen.unique(subset=KEYS, keep="first", maintain_order=True).drop("line")
    rows = dataset.frame.with_row_index("row").select("row", *KEYS)
    return rows.join(once, on=KEYS, how="inner", nulls_equal=True, maintain_order="left")
