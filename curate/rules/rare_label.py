"""CON007: a label that is met too rarely to tell a class from a mistake."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts, hits_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    for breach, hit in hits_of(dataset, "unknown-value"):
        if not collector.is_strong(breach.group):
            yield hit


RULE = DatasetRule(
    about=About(
        code="CON007",
        name="rare-label",
        severity=Severity.INFO,
        confidence=Confidence.LOW,
        summary="the label is rare, in a set too small or too varied to call it wrong",
        reason="It may be a class with too few examples, or a mistake: somebody has to look.",
        example="a label that is met once in a set of 60 rows",
        remedy="Add examples of this label, or use one of the others.",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
