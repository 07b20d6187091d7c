"""SIZ001: too few examples to learn from."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.usable_rows import NEEDED, usable_rows
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for found in usable_rows(dataset):
        if found.distinct < options.min_examples:
            message = f"{found.told}; at least {options.min_examples} are needed"
            yield Hit(None, message, file=found.file)


RULE = DatasetRule(
    about=About(
        code="SIZ001",
        name="too-few-examples",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="too few usable examples to fine-tune on",
        reason="Below some fifty examples a fine-tune memorises its rows instead of learning the task; "
        "putting a few of them into the prompt does better.",
        example="a file with 12 rows",
        remedy="Collect more examples, or use them as few-shot examples in the prompt.",
        options=("min_examples",),
    ),
    features=NEEDED,
    check=_check,
)
