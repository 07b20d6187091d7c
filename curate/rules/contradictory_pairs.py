"""PRF004: A preferred to B in one row, and B to A in another."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    pairs = (
        dataset.frame.with_row_index("row")
        .filter(
            pl.col("rejected_length").is_not_null()
            & (pl.col("completion_key") != pl.col("rejected_key"))
        )
        .select("row", "prompt_key", "completion_key", "rejected_key")
    )
    other = pairs.select(
        "prompt_key",
        pl.col("rejected_key").alias("completion_key"),
        pl.col("completion_key").alias("rejected_key"),
        pl.col("row").alias("other"),
    )
    joined = (
        pairs.join(other, on=["prompt_key", "completion_key", "rejected_key"])
        .group_by("row")
        .agg(pl.col("other").sort())
        .sort("row")
    )
    for row, others in joined.iter_rows():
        line = dataset.frame["line"][others[0]]
        yield Hit(
            row,
            f"the same two answers are ranked the other way in row {line}",
            field="chosen",
            related=tuple((o, None) for o in others[:10]),
        )


RULE = DatasetRule(
    about=About(
        code="PRF004",
        name="contradictory-pairs",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the same two answers are ranked both ways",
        reason="The two rows cancel out, and one of them is wrong; if there are many, the judgements are noise.",
        example='chosen "A", rejected "B" in one row; chosen "B", rejected "A" in another with the same prompt',
        remedy="Decide which is better, and drop the other row.",
    ),
    features=("prompt_key", "completion_key", "rejected_key", "rejected_length"),
    check=_check,
)
