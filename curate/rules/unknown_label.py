"""CON006: a label that is none of the few that all other outputs have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts, hits_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.texts_again import texts_again
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_MOST_READ = 10_000


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    found = [
        (breach, hit)
        for breach, hit in hits_of(dataset, "unknown-value")
        if collector.is_strong(breach.group)
    ]
    # What was read in the prompt is a rare value (a city, a name), if the prompt is not what names the labels.
    read = [b.row for b, _ in found if not collector.is_offered(b.group)][:_MOST_READ]
    prompts = texts_again(dataset, read, ("prompt",))
    for breach, hit in found:
        (prompt,) = prompts.get(breach.row, (None,))
        value = (breach.violation.found or "").strip()
        if not value or prompt is None or not _stands_in(value, prompt):
            yield hit


def _stands_in(value: str, prompt: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", prompt, re.IGNORECASE) is not None


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
