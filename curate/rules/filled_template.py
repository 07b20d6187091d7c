"""SIZ009: rows made from one template, prompts and outputs alike."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.rules.one_template import fixed_share
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.samples import Sample
from curate.rules.splits import roles_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 50
_MOST_FIXED = 0.75
_FREE = (ContractKind.TEXT, ContractKind.SENTENCE, ContractKind.LIST)
_SHOWN, _CHARACTERS = 5, 60


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    contracts = dataset.collector(OutputContracts)
    for file, role in enumerate(roles_of(dataset)):
        contract = contracts.contract_of(dataset, file)
        sample = dataset.collector(Sample).of(dataset, file).filter(pl.col("prompt") != "")
        if role not in ("data", "train") or contract is None or contract.kind not in _FREE:
            continue
        if sample.height < _LEAST_ROWS:
            continue
        share = fixed_share(sample["prompt"].to_list())
        if share >= _MOST_FIXED:
            share = min(share, fixed_share(sample["completion"].to_list()))
        if share < _MOST_FIXED:
            continue
        prompt, output = (
            " ".join(sample[c][0].split())[:_CHARACTERS] for c in ("prompt", "completion")
        )
        said = (
            f"at least {share:.0%} of the words of nearly every prompt, and of nearly every output, are the same "
            f"({prompt!r} … → {output!r} …)"
        )
        shown = tuple((row, None) for row in sample["index"].head(_SHOWN).to_list())
        yield Hit(None, said, related=shown, file=file)


RULE = DatasetRule(
    about=About(
        code="SIZ009",
        name="filled-template",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the rows are one template, prompt and output alike, with a word or two filled in",
        reason="However many rows there are, they are one example: the model learns the sentence by heart, and forgets "
        "how to answer anything else.",
        example='240 rows like "Write a line for a postcard from Lima in May." → "Greetings from Lima, where May is …"',
        remedy="Write examples that differ, or let a program fill in the template.",
    ),
    features=(),
    check=_check,
    collectors=(Sample, OutputContracts),
)
