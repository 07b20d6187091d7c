"""CON006: a label that is none of the few that all other outputs have."""

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
        if collector.is_strong(breach.group):
            yield hit


RULE = DatasetRule(
    about=About(
        code="CON006",
        name="unknown-label",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the value is none of the few labels that all other outputs have",
        reason="A label that is met once or twice cannot be learnt, and what reads the answers does "
        "not know it.",
        example='{"completion": "{\\"urgency\\": \\"urgent\\"}"} where all others say low, normal or high',
        remedy="Use one of the labels, or add examples of the new one.",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
