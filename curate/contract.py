"""The output contract: what outputs look like, inferred from the outputs, stated and checked.

    contract = infer_contract(completions)
    contract.kind            json, label, number, final-answer, code, list, sentence or text
    contract.describe()      "94% of 1,200 outputs are JSON objects with the keys …; 72 break it"
    contract.check(text)     how one output breaks it

What nearly all outputs do is the contract, and the few that do otherwise break it; so a key that
many rows lack is optional, and a label that is met often is a label. The shares are in
`curate.contract_inference.Shares`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from curate.contract_checking import Violation, violations
from curate.contract_inference import Shares, contract_of_tally
from curate.output_tally import OutputTally
from curate.schemas.contract import ContractKind, PinnedContract
from curate.shared_order import Order

__all__ = ["CHECKED", "Contract", "ContractKind", "Violation", "infer_contract"]

# The kinds of contract that outputs are checked against row by row.
CHECKED = frozenset(
    {ContractKind.JSON, ContractKind.LABEL, ContractKind.NUMBER, ContractKind.FINAL_ANSWER}
)
_SHOWN = 8


class Contract(PinnedContract):
    """A contract that can state itself and check outputs."""

    def describe(self) -> str:
        """One line: what outputs are, and how many break it."""
        said = self._said()
        if self.keeping is None or not self.outputs:
            return f"Outputs are {said}."
        broken = self.outputs - self.keeping
        share = _percent(self.keeping, self.outputs)
        line = f"{share} of {self.outputs:,} outputs are {said}"
        if self.kind not in CHECKED or not broken:
            return line
        return f"{line}; {broken:,} {'breaks' if broken == 1 else 'break'} it"

    def _said(self) -> str:
        if self.kind is ContractKind.JSON:
            return _described_schema(self.json_schema or {})
        if self.kind is ContractKind.LABEL:
            shown = ", ".join(map(repr, self.labels[:_SHOWN]))
            more = f", … ({len(self.labels)} in all)" if len(self.labels) > _SHOWN else ""
            return f"one of {len(self.labels)} labels: {shown}{more}"
        if self.kind is ContractKind.NUMBER:
            return "one number"
        if self.kind is ContractKind.FINAL_ANSWER:
            return f"text whose last line gives the answer after {self.marker!r}"
        if self.kind is ContractKind.CODE:
            return f"code in {self.language}" if self.language else "code"
        return {"list": "lists", "sentence": "one sentence"}.get(self.kind.value, "free text")

    def check(self, text: str) -> list[Violation]:
        """How `text` breaks the contract. Blank text is not judged, nor are the unchecked kinds."""
        return violations(self, text)


def infer_contract(
    completions: Sequence[str] | pl.Series, shares: Shares | None = None
) -> Contract:
    """The contract that most of the outputs keep, with `keeping` counted over all of them."""
    series = (
        completions
        if isinstance(completions, pl.Series)
        else pl.Series(list(completions), dtype=pl.String)
    )
    tally = OutputTally()
    tally.add(series)
    contract = from_tally(tally, shares)
    if contract.kind not in CHECKED:
        return contract
    texts = series.drop_nulls().to_list()
    keeping = sum(not contract.check(text) for text in texts if text.strip())
    return contract.model_copy(update={"keeping": keeping})


def from_tally(
    tally: OutputTally, shares: Shares | None = None, order: Order | None = None
) -> Contract:
    """The contract that most of the counted outputs keep; `order` is what all prompts say.

    `keeping` is None for the kinds that are checked: it takes a look at each output to know.
    """
    return Contract.model_validate(contract_of_tally(tally, shares, order).model_dump())


def _described_schema(schema: Mapping[str, Any]) -> str:
    types = schema.get("type")
    if types == "array":
        items = schema.get("items", {})
        return f"JSON lists of {_described_items(items)}"
    if "properties" not in schema:
        return "JSON objects" if types in ("object", None) else "JSON values"
    required = set(schema.get("required", ()))
    keys = [
        f"{name} ({_described_type(below)}{'' if name in required else ', optional'})"
        for name, below in schema["properties"].items()
    ]
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return f"JSON objects with the keys {', '.join(keys[:_SHOWN])}{more}"


def _described_items(schema: Mapping[str, Any]) -> str:
    if "properties" in schema:
        return "objects with the keys " + ", ".join(list(schema["properties"])[:_SHOWN])
    kind = schema.get("type", "value")
    return f"{kind}s" if isinstance(kind, str) else "values"


def _described_type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        labels = [c for c in schema["enum"] if c is not None]
        null = " or null" if None in schema["enum"] else ""
        return f"one of {len(labels)}{null}"
    types = schema.get("type")
    if types is None:
        return "anything"
    names = [types] if isinstance(types, str) else list(types)
    if names[0] == "array" and isinstance(schema.get("items"), dict):
        names[0] = f"list of {_described_items(schema['items'])}"
    return " or ".join("list" if n == "array" else n for n in names)


def _percent(part: int, whole: int) -> str:
    share = 100 * part / whole
    if part < whole and share > 99.5:
        return f"{min(share, 99.9):.1f}%"
    return f"{share:.0f}%"
