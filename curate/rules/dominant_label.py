"""SIZ004: one label outweighs all others."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.label_counts import label_counts
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for labels in label_counts(dataset):
        total = sum(labels.counts.values())
        if not labels.alone or not total:
            continue
        label, count = next(iter(labels.counts.items()))
        if count > options.max_label_share * total:
            others = total - count
            rest = f"all others together {others:,}" if others else "there is no other"
            message = f"the label {label!r} has {count:,} of {total:,} outputs, {rest}"
            yield Hit(None, message, file=labels.file)


RULE = DatasetRule(
    about=About(
        code="SIZ004",
        name="dominant-label",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="one label outweighs all others",
        reason="Always answering with the frequent label is nearly right, so that is what the model "
        "learns; accuracy then says nothing.",
        example='1,900 of 2,000 rows are labelled "other"',
        remedy="Balance the labels, or weigh the rare ones, and evaluate with macro F1.",
        options=("max_label_share",),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
