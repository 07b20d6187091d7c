"""PRF013: one answer judged both desirable and undesirable."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    keys = ["prompt_key", "completion_key"]
    contradicted = (
        dataset.frame.with_row_index("row")
        .filter(pl.col("label").is_not_null())
        .with_columns(
            both=pl.col("label").n_unique().over(keys) == 2,
            first=pl.col("row").filter(pl.col("label")).first().over(keys),
            last=pl.col("row").filter(~pl.col("label")).first().over(keys),
        )
        .filter(pl.col("both"))
        .select("row", "label", "first", "last")
    )
    for row, label, good, bad in contradicted.iter_rows():
        other = bad if label else good
        line = dataset.frame["line"][other]
        yield Hit(
            row,
            f"labelled {str(label).lower()} here and {str(not label).lower()} in row {line}",
            field="label",
            related=((other, None),),
        )


RULE = DatasetRule(
    about=About(
        code="PRF013",
        name="contradictory-labels",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the same answer is labelled true and false",
        reason="The two judgements cancel out, and one of them is wrong.",
        example='the same prompt and completion with "label": true in one row and false in another',
        remedy="Decide which label is right, and drop the other row.",
    ),
    features=("prompt_key", "completion_key", "label"),
    check=_check,
)
