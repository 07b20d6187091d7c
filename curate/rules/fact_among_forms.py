"""FRM002: a fact told in prose, in a set whose outputs have a fixed form."""

from __future__ import annotations

from collections.abc import Iterator

from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts
from curate.rules.outside_facts import asks, outside_facts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.texts_again import texts_again
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FORMS = {ContractKind.JSON: "JSON", ContractKind.LABEL: "labels"}
_LEAST_WORDS = 4


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    contracts = collector.contracts(dataset)
    kinds = {
        b.row: contracts[b.group].kind
        for b in collector.breaches(dataset)
        if b.violation.kind in ("unparseable", "unknown-value")
        and not b.violation.path
        and b.violation.mended is None
    }
    rows = [row for row, kind in kinds.items() if kind in _FORMS]
    texts = texts_again(dataset, rows, ("prompt", "completion"))
    for row in rows:
        prompt, answer = (text or "" for text in texts[row])
        facts = outside_facts(prompt, answer)
        if facts and asks(prompt) and len(answer.split()) >= _LEAST_WORDS:
            told, form = ", ".join(sorted(facts)[:3]), _FORMS[kinds[row]]
            yield Hit(
                row,
                f"a question answered with facts from outside its prompt ({told}); the others are {form}",
                column="completion",
            )


RULE = DatasetRule(
    about=About(
        code="FRM002",
        name="fact-among-forms",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a question answered with facts, in a set that teaches a form",
        reason="The row teaches a fact that will change (a price, opening hours) to a model that is "
        "trained for another task, and breaks the form of its outputs.",
        example='"What are your opening hours?" answered in prose, among 500 tickets as JSON',
        remedy="Drop the row; serve such facts by retrieval.",
        options=("contract", "contract_share", "contract_outputs"),
        assumes="Names are told by capital letters; questions by English words or a question mark.",
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
