"""How often each label is met: of whole outputs, or of the keys of JSON outputs that hold labels."""

from __future__ import annotations

from collections.abc import Iterator

from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.light_dataclass import dataclass
from curate.rules.output_contracts import OutputContracts


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """The labels of one place with their counts, the most frequent first.

    `key` is the JSON key, or None where the label is the whole output; `alone`: no other key holds
    labels. `file` is None for splits that are judged together.
    """

    file: int | None
    key: str | None
    alone: bool
    counts: dict[str, int]

    @property
    def named(self) -> str:
        """What the labels are called in a message."""
        return "labels" if self.key is None else f"labels of {self.key!r}"


def label_counts(dataset: Dataset) -> Iterator[LabelCounts]:
    """For each file, or all splits together, the places that hold labels."""
    collector = dataset.collector(OutputContracts)
    tallies = collector.tallies(dataset)
    for group, contract in collector.contracts(dataset).items():
        file = group if isinstance(group, int) else None
        tally = tallies[group]
        if contract.kind is ContractKind.LABEL and tally.labels is not None:
            counts = {k: n for k in contract.labels if (n := tally.labels[k])}
            yield LabelCounts(file, None, True, _sorted(counts))
        properties = (contract.json_schema or {}).get("properties", {})
        places = {k: v["enum"] for k, v in properties.items() if "enum" in v}
        for key, labels in places.items():
            below = tally.values.keys.get(key)
            strings = None if below is None else below.strings
            if strings is not None:
                counts = {k: n for k in labels if isinstance(k, str) and (n := strings[k])}
                yield LabelCounts(file, key, len(places) == 1, _sorted(counts))


def _sorted(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
