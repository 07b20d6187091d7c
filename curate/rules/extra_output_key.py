"""CON003: an output has a key that no others have, or spells one otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts, hits_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for _, hit in hits_of(dataset, "extra-key"):
        yield hit


RULE = DatasetRule(
    about=About(
        code="CON003",
        name="extra-output-key",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the output has a key that hardly any other has, or spells one otherwise",
        reason="A stray key teaches the model to invent keys; a second spelling splits what is one key.",
        example='{"completion": "{\\"orderId\\": \\"KL-1\\"}"} where all others have "order_id"',
        remedy="Remove or rename the key (--fix renames it where only the spelling differs).",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
