"""PRF011: far more answers of one kind than of the other."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.proportions import wilson
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_ROWS = 20


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    labels = dataset.frame["label"].drop_nulls()
    good = int(labels.sum())
    bad = len(labels) - good
    if len(labels) < _FEWEST_ROWS or not good or not bad:
        return
    if wilson(min(good, bad), len(labels))[1] < options.min_label_share:
        yield Hit(
            None,
            f"{good} answers are labelled true and {bad} false; expected at least "
            f"{100 * options.min_label_share:.0f}% of each",
            field="label",
        )


RULE = DatasetRule(
    about=About(
        code="PRF011",
        name="label-imbalance",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="one label is much rarer than the other",
        reason="With equal weights the rare kind hardly moves the model: KTO asks for a ratio of weights times counts between 1:1 and 4:3 (Ethayarajh et al. 2024, arXiv 2402.01306).",
        example='950 rows with "label": true, 50 with false',
        remedy="Add answers of the rare kind, or weigh them more.",
        options=("min_label_share",),
    ),
    features=("label",),
    check=_check,
)
