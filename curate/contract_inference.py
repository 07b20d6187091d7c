"""From counts of outputs to the contract that most of them keep."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from curate.contract_checking import NULLS, key_words
from curate.label_variants import core_labels, is_closed
from curate.label_vocabularies import one_vocabulary
from curate.light_dataclass import dataclass
from curate.output_tally import MARKERS, NUMBER, OutputTally, ValueTally
from curate.patterns import regex
from curate.schemas.contract import ContractKind, PinnedContract
from curate.shared_order import Order

_NUMBER = regex(NUMBER)
# A date or a time, each digit a 9 and each letter an A; where so many of so many are written in one way, it is the rule.
_DATE = regex(
    r"9999-99-99(?:[A ]99:99(?::99(?:\.9+)?)?A?)?|99[./-]99[./-]9999|9999[/.]99[/.]99|99:99(?::99)?(?: AA)?|99 AAA 9999"
)
_CLASS = {"9": "[0-9]", "A": "[A-Za-z]"}
_LEAST_DATES, _SHAPED = 50, 0.9
_MOST_NULL = 0.02


@dataclass(frozen=True, slots=True)
class Shares:
    """When something is the rule and when it is the exception, as shares of the outputs.

    Attributes:
        least: fewer outputs than this say nothing.
        structured: outputs are JSON, labels, numbers or final answers from this share on.
        ordered: where what all prompts say asks for it, from this share on (JSON, a key, the labels listed).
        required: a key is required from this share of the objects on.
        odd: a key, a type or an order is odd up to this share (and one alone always is).
        filled, empty: of so many values, and no fewer, up to this share may be empty by mistake.
        labels: the labels of a closed set make up at least this share of the strings.
        most_labels: a closed set has at most so many labels.
    """

    least: int = 20
    structured: float = 0.8
    ordered: float = 0.5
    required: float = 0.85
    odd: float = 0.05
    odd_type: float = 0.15
    filled: int = 50
    empty: float = 0.03
    labels: float = 0.9
    most_labels: int = 150

    def is_odd(self, count: int, total: int, share: float | None = None) -> bool:
        """Whether so few of so many are an exception."""
        return count <= max(1.0, (self.odd if share is None else share) * total)


def contract_of_tally(
    tally: OutputTally, shares: Shares | None = None, order: Order | None = None
) -> PinnedContract:
    """The contract that most of the counted outputs keep.

    `order` is what all prompts say: what it asks for is the rule although a larger part breaks it. `keeping` is set for the kinds that are not checked; for the others, it takes a look at each
    output to know.
    """
    shares, order = shares or Shares(), order or Order()
    total = tally.outputs
    if total < shares.least:
        return PinnedContract(kind=ContractKind.TEXT, outputs=total, keeping=total)
    # Where fences are the rule, they are what reads the answers expects.
    fenced = tally.fenced_json if tally.fenced_json < 0.5 * total else 0
    # Prose around JSON is a slip where most outputs are JSON and nothing else.
    around = tally.around_json if tally.parsed >= shares.ordered * total else 0
    least = shares.ordered if order.wants_json else shares.structured
    if tally.parsed and tally.meant_as_json + fenced + around >= least * total:
        return _json_contract(tally, shares, order)
    labels = _labels(tally, shares, order)
    if labels is not None:
        return PinnedContract(
            kind=ContractKind.LABEL,
            labels=labels,
            # Whatever most outputs do is meant; a minority makes two labels of one.
            padded=2 * tally.padded >= total,
            outputs=total,
        )
    if tally.numbers >= shares.structured * total:
        with_unit: bool | None = None
        if shares.is_odd(tally.units, tally.numbers):
            with_unit = False
        elif shares.is_odd(tally.numbers - tally.units, tally.numbers):
            with_unit = True
        return PinnedContract(kind=ContractKind.NUMBER, with_unit=with_unit, outputs=total)
    marker, marked = max(((m, tally.marked[m]) for m in MARKERS), key=lambda item: item[1])
    if marked >= max(shares.structured, 0.9) * total:
        return PinnedContract(kind=ContractKind.FINAL_ANSWER, marker=marker, outputs=total)
    return _free_contract(tally, shares)


def _free_contract(tally: OutputTally, shares: Shares) -> PinnedContract:
    kinds = (
        (ContractKind.CODE, tally.coded),
        (ContractKind.LIST, tally.listed),
        (ContractKind.SENTENCE, tally.single),
    )
    for kind, count in kinds:
        if count >= shares.structured * tally.sampled:
            language = tally.languages.most_common(1)[0][0] if tally.languages else None
            keeping = round(tally.outputs * count / tally.sampled)
            return PinnedContract(
                kind=kind,
                outputs=tally.outputs,
                keeping=keeping,
                language=language if kind is ContractKind.CODE else None,
            )
    return PinnedContract(kind=ContractKind.TEXT, outputs=tally.outputs, keeping=tally.outputs)


def _labels(tally: OutputTally, shares: Shares, order: Order) -> tuple[str, ...] | None:
    if tally.labels is None:
        return None
    short = tally.labels.total()
    if short < shares.structured * tally.outputs:
        return None
    counts = tally.labels
    core = core_labels(
        counts,
        least=_least_label(tally.outputs),
        coverage=shares.structured * tally.outputs / short,
        most=min(shares.most_labels, tally.outputs // 5),
    )
    if core is not None and len(core) > 2 and all(_NUMBER.match(label) for label in core):
        # Ratings are labels; sums that happen to repeat are numbers.
        return core if len(core) <= 12 and _core_share(core, counts) >= 0.97 else None
    return None if core is None else narrowed_labels(core, counts, shares, order)


def narrowed_labels(
    core: tuple[str, ...], counts: Mapping[str, int], shares: Shares, order: Order
) -> tuple[str, ...]:
    """The labels that the order lists, where it lists those of most outputs; else those of one vocabulary."""
    listed = order.lists(core)
    if listed is not None:
        covered = sum(counts[label] for label in set(listed) & set(core))
        if covered >= shares.ordered * sum(counts[label] for label in core):
            return (*(k for k in core if k in listed), *(k for k in listed if k not in core))
    return one_vocabulary(core, counts, ordered=bool(order.text))


def _core_share(core: Sequence[str], counts: Counter[str]) -> float:
    """The share of all that the labels make up exactly as they are."""
    return sum(counts[label] for label in core) / max(counts.total(), 1)


def _least_label(total: int) -> int:
    """How often a string must be met to be a label: three times, and one row in five hundred."""
    return max(3 if total >= 40 else 2, total // 500)


def _json_contract(tally: OutputTally, shares: Shares, order: Order) -> PinnedContract:
    schema = _as_ordered(_schema_of(tally.values, shares), tally.values, shares, order)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    multiline = tally.multiline
    one_line: bool | None = None
    if shares.is_odd(multiline, tally.parsed):
        one_line = True
    elif shares.is_odd(tally.parsed - multiline, tally.parsed):
        one_line = False
    orders = tally.values.orders
    usual, count = orders.most_common(1)[0] if orders else ((), 0)
    steady = count >= shares.structured * orders.total()
    return PinnedContract(
        kind=ContractKind.JSON,
        json_schema=schema,
        outputs=tally.outputs,
        one_line=one_line,
        key_order=usual if steady else (),
    )


def _as_ordered(
    schema: dict[str, Any], tally: ValueTally, shares: Shares, order: Order
) -> dict[str, Any]:
    """The schema with the keys that the order names required, and with the labels that it lists."""
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    total = tally.types["object"]
    if not order.text or not properties or total < shares.least:
        return schema
    named = {key for key in properties if order.names(key)}
    usual = [key for key in required if key in named]
    if len(usual) >= max(2.0, shares.structured * len(required)) and not order.allows_lacks:
        met = {key: below.types.total() for key, below in _as_usual(tally.keys, total).items()}
        schema["required"] = [
            key
            for key in properties
            if key in required or (key in named and met.get(key, 0) >= shares.ordered * total)
        ]
    for key, below in properties.items():
        labels = [label for label in below.get("enum", ()) if label is not None]
        counts = tally.keys[key].strings if key in tally.keys else None
        if len(labels) > 1 and counts is not None:
            kept = narrowed_labels(tuple(labels), counts, shares, order)
            below["enum"] = [*kept, *([None] if None in below["enum"] else [])]
    return schema


def _schema_of(tally: ValueTally, shares: Shares) -> dict[str, Any]:
    types = _types_of(tally, shares)
    schema: dict[str, Any] = {}
    if types:
        schema["type"] = types[0] if len(types) == 1 else types
    labels = _string_labels(tally, shares) if "string" in types else None
    if labels is not None and set(types) <= {"string", "null"}:
        nullable = "null" in types
        schema["enum"] = [*labels, None] if nullable else list(labels)
    elif types == ["string"] and (shape := _date_shape(tally)) is not None:
        schema["pattern"] = shape
    if "object" in types and tally.keys:
        schema |= _object_schema(tally, shares)
    if "array" in types and tally.items is not None and tally.items.types:
        schema["items"] = _schema_of(tally.items, shares)
    total = tally.types.total()
    if total >= shares.filled:
        if labels is None and "null" not in types and _rare(tally.empty.total(), total, shares) > 0:
            schema["not"] = {"enum": sorted(tally.empty)}
        if types == ["array"] and _rare(tally.bare, total, shares) > 0:
            schema["minItems"] = 1
    return schema


def _rare(count: int, total: int, shares: Shares) -> int:
    """The count, where so few are empty that the others' being filled is the rule; 0 else."""
    return count if shares.is_odd(count, total, shares.empty) else 0


def _types_of(tally: ValueTally, shares: Shares) -> list[str]:
    counts = Counter(tally.types)
    if counts["number"] and counts["integer"]:
        counts["number"] += counts.pop("integer")
    total = counts.total()
    if total < shares.least:
        return [t for t, n in counts.most_common() if n]
    values = total - counts["null"]
    if counts["string"] and counts["string"] < values and _all_numbers(tally):
        # Numbers, some of which are written as strings: one of both ways is a slip, however common.
        mixed = max(counts["number"] + counts["integer"], counts["string"])
        kind = (
            "string" if counts["string"] == mixed else "number" if counts["number"] else "integer"
        )
        if counts["number"] + counts["integer"] + counts["string"] == values:
            return [kind, "null"] if counts["null"] > _MOST_NULL * total else [kind]
    kept = [
        t
        for t, n in counts.most_common()
        if n and t != "null" and not shares.is_odd(n, values, shares.odd_type)
    ]
    if not kept:
        kept = [t for t, n in counts.most_common(1) if n and t != "null"]
    # A null is an absent value, except where nearly all of many are filled in, or one label of a few is expected.
    many = total >= shares.filled and not _rare(counts["null"], total, shares)
    if counts["null"] > 1 and (
        many
        or (
            total < shares.filled and (counts["null"] >= 0.02 * total or not _closed(tally, shares))
        )
    ):
        kept.append("null")
    return kept or ["null"]


def _all_numbers(tally: ValueTally) -> bool:
    return bool(tally.strings) and all(_NUMBER.match(s.strip()) for s in tally.strings or ())


def _date_shape(tally: ValueTally) -> str | None:
    """The one way in which nearly all strings of a place write a date or a time, as an expression."""
    total = tally.types["string"] - tally.empty.total()
    if not tally.shapes or total < _LEAST_DATES:
        return None
    shape, count = tally.shapes.most_common(1)[0]
    if count < _SHAPED * total or count == total or not _DATE.fullmatch(shape):
        return None
    return "^" + "".join(_CLASS.get(c) or re.escape(c) for c in shape) + "$"


def _closed(tally: ValueTally, shares: Shares) -> bool:
    return _string_labels(tally, shares) is not None


def _string_labels(tally: ValueTally, shares: Shares) -> tuple[str, ...] | None:
    """The labels of a place that holds one of few strings, else None."""
    if tally.strings is None:
        return None
    counts = Counter({s: n for s, n in tally.strings.items() if s.strip().casefold() not in NULLS})
    total = counts.total()
    if total < shares.least or len(counts) > 0.4 * total:
        return None
    core = core_labels(
        counts, least=_least_label(total), coverage=shares.labels, most=shares.most_labels
    )
    if core is None or any(len(label) > 48 for label in core):
        return None
    return core if total >= 5 * len(core) and is_closed(core, counts) else None


def _object_schema(tally: ValueTally, shares: Shares) -> dict[str, Any]:
    total = tally.types["object"]
    met = _as_usual({k: below for k, below in tally.keys.items() if below.types}, total)
    if total < shares.least:
        keys = met
    else:
        keys = {
            k: below for k, below in met.items() if not shares.is_odd(below.types.total(), total)
        }
        if not keys or _open_keys(tally, total, shares):
            # Keys are data here (names, ids): nothing can be said about them.
            return {}
    return {
        "properties": {k: _schema_of(below, shares) for k, below in keys.items()},
        "required": [
            k for k, below in keys.items() if below.types.total() >= shares.required * total
        ],
        "additionalProperties": total < shares.least,
    }


def _as_usual(keys: dict[str, ValueTally], total: int) -> dict[str, ValueTally]:
    """The keys with the spellings of one ("orderId", "order_id") counted together under the commonest.

    Where both stand in one object they are two keys.
    """
    spellings: dict[str, list[str]] = {}
    for key in keys:
        spellings.setdefault(key_words(key), []).append(key)
    merged = dict(keys)
    for same in spellings.values():
        if len(same) < 2 or sum(keys[k].types.total() for k in same) > total:
            continue
        usual, *others = sorted(same, key=lambda k: (-keys[k].types.total(), k))
        merged[usual] = ValueTally()
        for key in same:
            merged[usual].merge(keys[key])
        for key in others:
            del merged[key]
    return merged


def _open_keys(tally: ValueTally, total: int, shares: Shares) -> bool:
    """Whether the odd keys are too many to be mistakes."""
    odd = sum(b.types.total() for b in tally.keys.values() if shares.is_odd(b.types.total(), total))
    return odd > max(2.0, 0.15 * total)
