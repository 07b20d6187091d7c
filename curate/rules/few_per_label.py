"""SIZ003: labels with too few examples to learn them."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.label_counts import label_counts
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_SHOWN = 5


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for labels in label_counts(dataset):
        few = [(k, n) for k, n in labels.counts.items() if n < options.min_per_label]
        if few and len(labels.counts) > 1:
            shown = ", ".join(f"{label!r} ({count})" for label, count in few[-_SHOWN:][::-1])
            more = f" and {len(few) - _SHOWN} more" if len(few) > _SHOWN else ""
            message = (
                f"{len(few)} of {len(labels.counts)} {labels.named} have fewer than "
                f"{options.min_per_label} examples: {shown}{more}"
            )
            yield Hit(None, message, file=labels.file)


RULE = DatasetRule(
    about=About(
        code="SIZ003",
        name="few-per-label",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="labels with too few examples to learn them",
        reason="A class of a handful of examples is not learnt, and cannot be evaluated either: after a "
        "split, one or none of them is left to test.",
        example="a label that stands in 4 of 2,000 rows",
        remedy="Collect examples of these labels, or merge them with others.",
        options=("min_per_label",),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
