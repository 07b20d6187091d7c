"""CON009: what outputs look like, and how many break it."""

from __future__ import annotations

from collections.abc import Iterator

from curate.contract import CHECKED
from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_EXAMPLES = 20


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    breaches = collector.breaches(dataset)
    for group, contract in collector.contracts(dataset).items():
        if contract.kind not in CHECKED or contract.keeping in (None, contract.outputs):
            continue
        rows = dict.fromkeys(b.row for b in breaches if b.group == group)
        shown = tuple((row, None) for row in list(rows)[:_EXAMPLES])
        file = group if isinstance(group, int) else None
        yield Hit(None, contract.describe(), related=shown, file=file)


RULE = DatasetRule(
    about=About(
        code="CON009",
        name="broken-contract",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="outputs share one form, and some break it",
        reason="A set that teaches one form has to keep it: the model learns the exceptions too. The "
        "message states the form; CON001 to CON008 name the rows.",
        example="94% of 1,200 outputs are JSON objects with the keys category (one of 6) and urgency "
        "(one of 3); 72 break it",
        remedy="Mend or drop the rows that CON001 to CON008 name; pin the form with curate contract.",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
