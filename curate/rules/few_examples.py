"""SIZ002: fewer examples than a fine-tune usually needs."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.usable_rows import NEEDED, usable_rows
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for found in usable_rows(dataset):
        if options.min_examples <= found.distinct < options.recommended_examples:
            message = f"{found.told}; {options.recommended_examples:,} or more are recommended"
            yield Hit(None, message, file=found.file)


RULE = DatasetRule(
    about=About(
        code="SIZ002",
        name="few-examples",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="fewer usable examples than recommended",
        reason="A narrow format can be learnt from a few hundred good rows; most tasks take a thousand "
        "or more before held-out quality stops rising.",
        example="a file with 300 rows",
        remedy="Collect more, or watch the validation loss closely and compare with few-shot prompting. "
        "`curate train --learning-curve` says what twice as many rows would buy.",
        options=("recommended_examples",),
    ),
    features=NEEDED,
    check=_check,
)
