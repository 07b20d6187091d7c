"""PRF010: all answers are judged alike."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_ROWS = 10


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    labels = dataset.frame["label"].drop_nulls()
    if len(labels) >= _FEWEST_ROWS and labels.n_unique() == 1:
        word = "true" if labels[0] else "false"
        yield Hit(None, f"all {len(labels)} answers have the label {word}", field="label")


RULE = DatasetRule(
    about=About(
        code="PRF010",
        name="one-label",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="all answers have the same label",
        reason="Unpaired preference learning (KTO) compares desirable with undesirable answers; with one kind only, there is nothing to compare.",
        example='500 rows, all with "label": true',
        remedy="Add answers of the other kind, or fine-tune on the good ones instead.",
    ),
    features=("label",),
    check=_check,
)
