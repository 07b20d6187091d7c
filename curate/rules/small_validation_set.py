"""SIZ006: a validation or test set too small to measure anything with."""

from __future__ import annotations

import math
from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.splits import roles_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Two shares of n rows each differ significantly (5%, two-sided) in 80% of all tries when they differ
# by this times √(2·p·(1−p)/n); p = ½ is the worst case (Fleiss, Statistical Methods for Rates).
_POWER = 1.96 + 0.84
_NAMES = {"val": "validation", "test": "test"}


def detectable_difference(rows: int) -> float:
    """The smallest difference of two accuracies that so many rows can show, as a share."""
    return min(1.0, _POWER * math.sqrt(0.5 / rows))


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for file, role in enumerate(roles_of(dataset)):
        if role not in _NAMES:
            continue
        rows = dataset.frame.filter(pl.col("file") == file).height
        if rows >= options.min_validation:
            continue
        if rows:
            shown = (
                f"two models have to differ by {detectable_difference(rows):.0%} in accuracy before "
                "it can tell them apart"
            )
        else:
            shown = "it can show nothing"
        row = "row" if rows == 1 else "rows"
        yield Hit(None, f"the {_NAMES[role]} set has {rows} {row}: {shown}", file=file)


RULE = DatasetRule(
    about=About(
        code="SIZ006",
        name="small-validation-set",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the validation or test set is too small to measure with",
        reason="Chance moves the score of a small set more than most changes do, so that the best "
        "checkpoint, the better model and overfitting cannot be told from luck.",
        example="a test set of 30 rows: accuracies have to differ by 36% to be told apart",
        remedy="Hold out more rows, or compare row by row (`curate compare` does).",
        options=("min_validation", "val", "test"),
    ),
    features=(),
    check=_check,
)
