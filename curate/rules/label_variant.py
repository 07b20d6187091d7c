"""CON005: a label is spelled otherwise than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts, hits_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for _, hit in hits_of(dataset, "variant"):
        yield hit


RULE = DatasetRule(
    about=About(
        code="CON005",
        name="label-variant",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the label is a variant of one that is usual in this set",
        reason="Each spelling is a class of its own to the model: its examples are split, and evaluation counts right answers as wrong.",
        example='{"prompt": "Great phone!", "completion": "Positive "} where others say "positive"',
        remedy="Use the usual spelling (--fix does where only case, spaces or marks differ).",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
