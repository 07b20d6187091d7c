"""CON001: an output that should be JSON, as the others are, and is not."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts, hits_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for _, hit in hits_of(dataset, "unparseable"):
        yield hit


RULE = DatasetRule(
    about=About(
        code="CON001",
        name="unparseable-output",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the output should be JSON, as the others are, and is not",
        reason="The program that reads the model's answers will fail on these; a model that has learnt two spellings mixes them.",
        example='{"prompt": "Order KL-1 never came.", "completion": "{\'category\': \'delivery\'}"}',
        remedy="Write JSON (--fix does where the meaning is certain), or drop the row.",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
