"""DYN001: an answer that stayed improbable while the run learnt the others."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.run_evidence import NEEDED, most_suspects, no_run, placed, run_of
from curate.run_dynamics import SUSPECT, UNEXPECTED
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    run = run_of(options)
    suspects = placed(dataset, run.train).filter(
        (pl.col("excess") >= SUSPECT)
        & (pl.col("last_excess") >= UNEXPECTED)
        & (pl.col("rank") <= most_suspects(run, options))
    )
    columns = ("row", "rank", "passes", "first", "last", "typical_first", "typical_last")
    for row, rank, passes, first, last, typical_first, typical_last in suspects.select(
        columns
    ).iter_rows():
        course = (
            f"{first:.2f} nats a {run.unit} when met first and {last:.2f} the last of {passes} times, where "
            f"{typical_first:.2f} and {typical_last:.2f} were to be expected"
            if passes > 1
            else f"{first:.2f} nats a {run.unit} when met, where {typical_first:.2f} were to be expected"
        )
        yield Hit(
            row,
            f"the answer stayed improbable: {course}; number {rank:,} of "
            f"{run.train.height:,} by how far it stands out",
            column="completion",
        )


RULE = DatasetRule(
    about=About(
        code="DYN001",
        name="never-learnt",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the run never learnt this example: the answer may be wrong",
        reason="What the other examples teach speaks against this answer, each time it comes up. Such rows are often "
        "mislabelled, or the prompt does not hold what the answer needs; a model that learns them does so by heart.",
        example="a delivery complaint that is labelled billing, among 500 tickets with right labels",
        remedy="Read the row, those with the smallest number first. Correct the answer, add to the prompt what it needs, "
        "or drop the row; a rare case that is right is worth keeping, and worth more examples like it.",
        options=("run", "max_suspects"),
    ),
    features=NEEDED,
    check=_check,
    unavailable=no_run,
)
