"""CON004: a value in an output has another type than in the others."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts, hits_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for _, hit in hits_of(dataset, "wrong-type"):
        yield hit


RULE = DatasetRule(
    about=About(
        code="CON004",
        name="wrong-value-type",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="a value in the output has another type than in the others",
        reason="Code that expects a string breaks on a number or a list, and so will whatever reads the model's answers.",
        example='{"completion": "{\\"order_id\\": 56120}"} where all others have a string',
        remedy="Write the value with the type that the others have.",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
