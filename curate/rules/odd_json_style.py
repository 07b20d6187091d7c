"""CON013: JSON that is spread over lines, or orders its keys, otherwise than the other outputs."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    collector.breaches(dataset)
    for row, message in collector.odd_styles:
        yield Hit(row, message, column="completion")


RULE = DatasetRule(
    about=About(
        code="CON013",
        name="odd-json-style",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        summary="the JSON is laid out otherwise than in the other outputs",
        reason="Parsers do not mind, but the model spends probability on a choice that means nothing, "
        "and the order of keys decides what it knows when it writes a value.",
        example="one output over several lines where all others stand on one",
        remedy="Write all outputs with the same serialiser and key order.",
        options=("contract", "contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
