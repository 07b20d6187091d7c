"""CON017: a key of JSON outputs that is null in some and left out of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.output_tally import ValueTally
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Of both ways so many, so that neither is a slip.
_LEAST, _SHARE = 5, 0.05


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    tallies = collector.tallies(dataset)
    for group, contract in collector.contracts(dataset).items():
        if contract.kind is not ContractKind.JSON or collector.given is not None:
            continue
        schema, values = contract.json_schema or {}, tallies[group].values
        places = [(schema, values)]
        if values.items is not None:
            places.append((schema.get("items", {}), values.items))
        file = group if isinstance(group, int) else None
        for below, tally in places:
            for said in _undecided(below, tally):
                yield Hit(None, said, file=file)


def _undecided(schema: dict[str, Any], tally: ValueTally) -> Iterator[str]:
    total, required = tally.types["object"], schema.get("required", ())
    least = max(_LEAST, _SHARE * total)
    for key in schema.get("properties", {}):
        if key in required or key not in tally.keys:
            continue  # what lacks a key that is required is named itself
        types = tally.keys[key].types
        missing = total - types.total()
        if types["null"] >= least and missing >= least:
            yield (
                f"of {total:,} objects, the key {key!r} is null in {types['null']:,} and missing from {missing:,}: two ways "
                "of saying that there is no value"
            )


RULE = DatasetRule(
    about=About(
        code="CON017",
        name="null-or-missing",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a key of the outputs is null in some rows and missing from others",
        reason="The model cannot know which way to take, and the program that reads its answers has to expect both.",
        example='{"city": "Graz", "salary": null} in 40 of 300 outputs, {"city": "Leeds"} in 60',
        remedy="Write null wherever there is no value, or leave the key out everywhere.",
        options=("contract_share", "contract_outputs"),
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
