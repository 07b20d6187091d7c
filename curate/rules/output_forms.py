"""How the outputs of one split differ in form from those of another: JSON or not, its keys, the types of their values."""

from __future__ import annotations

from collections.abc import Callable

from curate.contract_inference import contract_of_tally
from curate.output_tally import OutputTally, ValueTally
from curate.schemas.contract import ContractKind

# Nearly all outputs of one split, and hardly any of the other.
_NEARLY_ALL, _HARDLY_ANY = 0.9, 0.1
_FEWEST = 20
_MOST_SAID = 3
_SHARES: dict[ContractKind, tuple[str, Callable[[OutputTally], float]]] = {
    ContractKind.JSON: ("JSON", lambda tally: tally.meant_as_json + tally.fenced_json),
    ContractKind.LABEL: ("labels", lambda tally: tally.labels.total() if tally.labels else 0.0),
    ContractKind.NUMBER: ("numbers", lambda tally: tally.numbers),
    ContractKind.FINAL_ANSWER: (
        "final answers on a last line of their own",
        lambda tally: max(tally.marked.values(), default=0),
    ),
}


def difference(outputs: OutputTally, trained: OutputTally) -> str | None:
    """What nearly all of the outputs are or have, and hardly any of those that are trained on, or the other way round."""
    if min(outputs.outputs, trained.outputs) < _FEWEST:
        return None
    for here, there, said in (
        (outputs, trained, "the outputs are {}; what is trained on is not"),
        (trained, outputs, "the outputs are no {}; what is trained on is"),
    ):
        kind = contract_of_tally(here).kind
        if kind in _SHARES:
            name, count = _SHARES[kind]
            if count(there) <= _HARDLY_ANY * there.outputs:
                return said.format(name)
    # Lists of objects have their keys one level below.
    pairs = (outputs.values, trained.values), (outputs.values.items, trained.values.items)
    for mine, other in pairs:
        if mine is not None and other is not None and (found := _of_objects(mine, other)):
            return found
    return None


def _of_objects(mine: ValueTally, other: ValueTally) -> str | None:
    totals = mine.types["object"], other.types["object"]
    if min(totals) < _FEWEST:
        return None
    more = _keys_beyond(mine, other, totals)
    less = _keys_beyond(other, mine, totals[::-1])
    if more or less:
        said = [f"have the key {_listed(more)}"] if more else []
        said += [f"lack the key {_listed(less)}"] if less else []
        return f"the outputs {' and '.join(said)}, unlike those that are trained on"
    for key, below in mine.keys.items():
        there = other.keys.get(key)
        types = _type(below, totals[0]), None if there is None else _type(there, totals[1])
        if None not in types and types[0] != types[1]:
            return f"under the key {key!r} the outputs have {types[0]}s; what is trained on has {types[1]}s"
    return None


def _keys_beyond(mine: ValueTally, other: ValueTally, totals: tuple[int, int]) -> list[str]:
    """Keys of nearly all of my objects that hardly any of the other's have."""
    return [
        key
        for key, below in mine.keys.items()
        if below.types.total() >= _NEARLY_ALL * totals[0]
        and (key not in other.keys or other.keys[key].types.total() <= _HARDLY_ANY * totals[1])
    ]


def _type(tally: ValueTally, total: int) -> str | None:
    """The type of nearly all values of a key that nearly all objects have; whole numbers are numbers."""
    counts = tally.types
    if counts["integer"] and counts["number"]:
        counts = counts.copy()
        counts["number"] += counts.pop("integer")
    kind, count = counts.most_common(1)[0] if counts else ("", 0)
    if count < _NEARLY_ALL * total or kind == "null":
        return None
    return {"integer": "number", "array": "list"}.get(kind, kind)


def _listed(keys: list[str]) -> str:
    more = f" and {len(keys) - _MOST_SAID} more" if len(keys) > _MOST_SAID else ""
    return ", ".join(map(repr, keys[:_MOST_SAID])) + more
