"""DUP005: a row of the validation or test set that is trained on."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.splits import has_splits
from curate.rules.twins import NEEDED, SAME_WORDS, comparable, crossings, pairs, place
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    if not has_splits(dataset):
        return
    for row, first in pairs(crossings(comparable(dataset), SAME_WORDS)):
        message = f"the row stands in {place(dataset, first, row)} as well"
        yield Hit(row, message, column="prompt", related=((first, 1.0),))


RULE = DatasetRule(
    about=About(
        code="DUP005",
        name="leaked-row",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row stands in a split before this one as well",
        reason="What is evaluated on must not be trained on: the score measures memory, and overfitting cannot be seen.",
        example="the same row in train.jsonl and test.jsonl",
        remedy="Remove it from one of the two, or split again with `curate split`.",
        options=("train", "val", "test"),
    ),
    features=NEEDED,
    check=_check,
)
