"""CON002: an output lacks a key that the others have."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts, hits_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for _, hit in hits_of(dataset, "missing-key"):
        yield hit


RULE = DatasetRule(
    about=About(
        code="CON002",
        name="missing-output-key",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the output lacks a key that nearly all others have",
        reason="The model learns that the key may be left out, and the program that reads it finds nothing there.",
        example='{"completion": "{\\"category\\": \\"billing\\"}"} where all others have "urgency" as well',
        remedy="Add the key, with null where there is no value.",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
