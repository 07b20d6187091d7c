"""PRF005: a pair that stands in the set more than once."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    keys = ["prompt_key", "completion_key", "rejected_key"]
    repeated = (
        dataset.frame.with_row_index("row")
        .filter(pl.col("rejected_length").is_not_null())
        .with_columns(first=pl.col("row").min().over(keys))
        .filter(pl.col("row") != pl.col("first"))
        .select("row", "first")
    )
    for row, first in repeated.iter_rows():
        yield Hit(
            row,
            f"the same pair as in row {dataset.frame['line'][first]}",
            field="chosen",
            related=((first, None),),
        )


RULE = DatasetRule(
    about=About(
        code="PRF005",
        name="repeated-pair",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the same pair stands in the set more than once",
        reason="A repeated judgement counts twice; copies that fall on both sides of a split make the validation accuracy meaningless.",
        example="the same prompt, chosen and rejected in two rows",
        remedy="Keep one of them (`curate dedupe`).",
    ),
    features=("prompt_key", "completion_key", "rejected_key", "rejected_length"),
    check=_check,
    either=True,
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
)
