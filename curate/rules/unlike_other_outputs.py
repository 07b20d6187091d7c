"""CON008: an output that lacks the form that all others have (a number, a marked final answer)."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts, hits_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for _, hit in hits_of(dataset, "unlike"):
        yield hit


RULE = DatasetRule(
    about=About(
        code="CON008",
        name="unlike-other-outputs",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the output lacks the form that nearly all others have",
        reason="What reads the answers looks for a number, or for the mark before the final answer, "
        "and finds nothing.",
        example='{"answer": "She has 12 eggs left."} where all others end with a line "#### 12"',
        remedy="Give the output the form of the others, or drop the row.",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
