"""How one output breaks a contract, and, where that is known, what it should have been."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from curate import json_schema
from curate.label_variants import Canonical, canonical, folded, named_in
from curate.light_dataclass import dataclass
from curate.loose_json import Loose, read_loosely, strict_json
from curate.output_tally import NUMBER, UNIT, type_name
from curate.patterns import regex
from curate.respelling import respell
from curate.schemas.contract import ContractKind, PinnedContract

Broken = Literal[
    "unparseable", "missing-key", "extra-key", "wrong-type", "variant", "unknown-value", "unlike"
]
# Strings that stand for an absent value.
NULLS = frozenset({"null", "none", "nil", "n/a", "na", "undefined", ""})
_SHOWN_LABELS = 8
_NUMBER = regex(NUMBER)
_UNIT = regex(UNIT)


@dataclass(frozen=True, slots=True)
class Violation:
    """How one output breaks its contract.

    Attributes:
        kind: which promise is broken.
        path: where in the parsed output ("items[2].price"), empty for the whole.
        message: one clause, such as "the key 'order_id' is missing".
        found: the label or key at fault, for `variant` and `unknown-value`.
        proposal: the usual spelling, where one is known.
        mended: the whole output as it should be, where that is known.
        certain: `mended` means the same as the output did.
    """

    kind: Broken
    path: str
    message: str
    found: str | None = None
    proposal: str | None = None
    mended: str | None = None
    certain: bool = False


def violations(contract: PinnedContract, text: str) -> list[Violation]:
    """How `text` breaks the contract. Blank text is not judged, nor are the unchecked kinds."""
    stripped = text.strip()
    if not stripped:
        return []
    if contract.kind is ContractKind.JSON:
        return list(_check_json(text, contract.json_schema or {}))
    if contract.kind is ContractKind.LABEL:
        return _check_label(stripped if contract.padded else text, contract.labels)
    if contract.kind is ContractKind.NUMBER:
        return _check_number(stripped, contract.with_unit)
    if contract.kind is ContractKind.FINAL_ANSWER:
        marker = contract.marker or ""
        if not marked(marker).search(stripped):
            return [Violation("unlike", "", f"no last line gives the answer after {marker!r}")]
    return []


def _check_number(text: str, with_unit: bool | None) -> list[Violation]:
    if not _NUMBER.match(text):
        return [Violation("unlike", "", f"the output {_short(text)} is not a number")]
    if with_unit is None or with_unit == bool(_UNIT.search(text)):
        return []
    here, elsewhere = ("no unit", "one") if with_unit else ("a unit", "none")
    return [
        Violation(
            "unlike", "", f"the number {_short(text)} has {here}; the others have {elsewhere}"
        )
    ]


@lru_cache(maxsize=64)
def marked(marker: str) -> re.Pattern[str]:
    """A stripped output that gives its final answer after the marker, at its end."""
    return re.compile(rf"(?:^|\n|\. )(?i:{re.escape(marker)})\s*\S[^\n]{{0,80}}$")


def _check_json(text: str, schema: Mapping[str, Any]) -> Iterator[Violation]:
    ok, value = strict_json(text)
    if ok and isinstance(value, (dict, list)):
        yield from _check_value(value, schema, text)
        return
    if ok:
        said = f"it is {json_schema.kind_of(value)}, not an object or list"
        yield Violation("unparseable", "", f"the output is JSON, but {said}")
        return
    loose = read_loosely(text)
    mended = _respelled(loose)
    yield Violation(
        "unparseable",
        "",
        f"the output is not JSON: {loose.why}",
        mended=mended,
        certain=mended is not None and not loose.around and _is_exact(loose),
    )


def _respelled(loose: Loose) -> str | None:
    if not loose.readable or loose.cut:
        return None
    try:
        return json.dumps(loose.value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


def _is_exact(loose: Loose) -> bool:
    """Whether the liberties taken leave no doubt about the value."""
    return not set(loose.liberties) & {
        "NaN or undefined", "unusual numbers", "unknown escapes", "a missing comma", "curly quotes",
    }  # fmt: skip


def _check_label(text: str, labels: Sequence[str]) -> list[Violation]:
    stripped = text.strip()
    if stripped in labels and text == stripped:
        return []
    if stripped in labels:
        message = f"the label {_short(text)} has white space around it; elsewhere {stripped!r}"
        return [Violation("variant", "", message, text, stripped, stripped, True)]
    return [_judged(stripped, labels, "", canonical(stripped, labels))]


def _judged(found: str, labels: Sequence[str], path: str, usual: Canonical | None) -> Violation:
    where = f"{path} is " if path else "the label is "
    named = named_in(found, labels) if usual is None else ()
    if len(named) > 1:
        said = f"{where}{_short(found)}, which names {len(named)} labels; expected one of them"
        return Violation("unknown-value", path, said, found)
    if usual is None:
        expected = ", ".join(map(repr, labels[:_SHOWN_LABELS])) + (
            ", …" if len(labels) > _SHOWN_LABELS else ""
        )
        return Violation(
            "unknown-value", path, f"{where}{_short(found)}; expected one of {expected}", found
        )
    how = {
        "alike": "elsewhere it is written",
        "near": "this looks like a variant of",
        "same": "this stands for the same as",
        "inside": "elsewhere the label stands alone:",
    }
    message = f"{where}{_short(found)}; {how[usual.likeness]} {usual.label!r}"
    certain = usual.likeness == "alike"
    return Violation(
        "variant", path, message, found, usual.label, None if path else usual.label, certain
    )


def _check_value(value: Any, schema: Mapping[str, Any], text: str) -> Iterator[Violation]:
    """Violations of a parsed output, those of labels and keys with the output as it should be."""
    for violation in _walk(value, schema, ""):
        if violation.proposal is None:
            yield violation
            continue
        meant = _with_proposal(value, violation)
        mended = None if meant is None else _spelled_like(text, value, meant)
        yield Violation(
            violation.kind,
            violation.path,
            violation.message,
            violation.found,
            violation.proposal,
            mended,
            violation.certain and mended is not None,
        )


def _walk(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[Violation]:
    """The schema's own keywords by hand where they need more than a verdict; the rest as given."""
    unfilled = schema.get("not") if isinstance(value, (str, type(None))) else None
    if isinstance(unfilled, dict) and list(unfilled) == ["enum"]:
        if value in unfilled["enum"]:
            said = (
                f"{path or 'the output'} is {_short(str(value))}; nearly all others are filled in"
            )
            yield Violation("wrong-type", path, said)
            return
        schema = {k: v for k, v in schema.items() if k != "not"}
    if "$ref" in schema or any(k in schema for k in ("anyOf", "oneOf", "allOf", "not", "$defs")):
        for fault in json_schema.violations(value, schema):
            below = ".".join(filter(None, (path, fault.path)))
            yield _from_fault(fault.message, below)
        return
    types = schema.get("type")
    names = [types] if isinstance(types, str) else types
    if isinstance(names, list) and not _has_type(value, names):
        yield _wrong_type(value, names, schema, path)
        return
    choices = schema.get("enum")
    if isinstance(choices, list) and isinstance(value, str) and value not in choices:
        labels = [c for c in choices if isinstance(c, str)]
        if "null" in (names or ()) and value.strip().casefold() in NULLS:
            yield _null_as_text(value, path)
        else:
            yield _judged(value, labels, path or "the output", canonical(value, labels))
        return
    if isinstance(value, str) and "null" in (names or ()) and value.strip().casefold() in NULLS:
        yield _null_as_text(value, path)
        return
    pattern = schema.get("pattern")
    if isinstance(value, str) and isinstance(pattern, str) and not _matches(pattern, value):
        said = f"{path or 'the output'} is {_short(value)}; elsewhere it is written as {_as_written(pattern)}"
        yield Violation("wrong-type", path, said)
        return
    if isinstance(value, dict):
        yield from _walk_object(value, schema, path)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for i, item in enumerate(value):
            yield from _walk(item, schema["items"], f"{path}[{i}]")
    rest = {k: v for k, v in schema.items() if k not in _WALKED}
    if rest:
        for fault in json_schema.violations(value, rest):
            yield _from_fault(fault.message, path)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:  # of another dialect
        return None


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.search(value) is not None


def _as_written(pattern: str) -> str:
    """A pattern of digits and letters as one would show it: 9999-99-99."""
    return re.sub(
        r"\\(.)", r"\1", pattern.strip("^$").replace("[0-9]", "9").replace("[A-Za-z]", "A")
    )


_WALKED = {
    "type", "enum", "pattern", "properties", "required", "additionalProperties", "items", "title",
    "description", "$schema", "$id", "default", "examples",
}  # fmt: skip


def _walk_object(
    value: dict[str, Any], schema: Mapping[str, Any], path: str
) -> Iterator[Violation]:
    properties = schema.get("properties", {})
    missing = [k for k in schema.get("required", ()) if k not in value]
    extra = [k for k in value if k not in properties]
    if schema.get("additionalProperties", True) is not False:
        below = schema.get("additionalProperties")
        if isinstance(below, dict):
            for key in extra:
                yield from _walk(value[key], below, _joined(path, key))
        extra = []
    absent = [k for k in properties if k not in value]
    for key in list(extra):
        usual = canonical(key_words(key), [key_words(k) for k in absent])
        meant = [k for k in absent if usual is not None and key_words(k) == usual.label]
        if usual is None or len(meant) != 1 or usual.likeness == "inside":
            continue
        extra.remove(key)
        absent.remove(meant[0])
        missing = [k for k in missing if k != meant[0]]
        message = f"the key {key!r} should be {meant[0]!r}"
        certain = usual.likeness == "alike"
        yield Violation("extra-key", _joined(path, key), message, key, meant[0], None, certain)
    where = f" of {path}" if path else ""
    for key in missing:
        yield Violation("missing-key", path, f"the key {key!r}{where} is missing", key)
    for key in extra:
        yield Violation(
            "extra-key",
            _joined(path, key),
            f"the key {key!r}{where} is not one that others have",
            key,
        )
    for key, below in properties.items():
        if key in value and isinstance(below, dict):
            yield from _walk(value[key], below, _joined(path, key))


def key_words(key: str) -> str:
    """ "orderId", "order-id" and "Order ID" alike: the words of a key."""
    return folded(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key))


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _has_type(value: Any, names: Sequence[str]) -> bool:
    kind = type_name(value)
    if kind in names or (kind == "integer" and "number" in names):
        return True
    return kind == "number" and "integer" in names and float(value).is_integer()


def _wrong_type(
    value: Any, names: Sequence[str], schema: Mapping[str, Any], path: str
) -> Violation:
    expected = " or ".join(_with_article(n) for n in names)
    found = json_schema.kind_of(value)
    shown = "" if value is None or isinstance(value, (dict, list)) else f" ({_plain(value)})"
    return Violation(
        "wrong-type", path, f"{path or 'the output'} is {found}{shown}; expected {expected}"
    )


def _null_as_text(value: str, path: str) -> Violation:
    return Violation(
        "wrong-type",
        path,
        f"{path or 'the output'} is the string {value!r}; elsewhere null stands there",
    )


def _from_fault(message: str, path: str) -> Violation:
    kind: Broken = "wrong-type"
    if message.endswith("is missing"):
        kind = "missing-key"
    elif message.endswith("is not a known key"):
        kind = "extra-key"
    elif "expected one of" in message:
        kind = "unknown-value"
    return Violation(kind, path, f"{path or 'the output'}: {message}")


_STEP = regex(r"\[(\d+)\]|\.?([^.\[\]]+)")


def _with_proposal(value: Any, violation: Violation) -> Any:
    """The parsed output with one label or key put right; None where the path cannot be followed."""
    copy = json.loads(json.dumps(value))
    steps = [int(i) if i else k for i, k in _STEP.findall(violation.path)]
    try:
        holder = copy
        for step in steps[:-1]:
            holder = holder[step]
        if violation.kind == "extra-key":
            items = [
                (violation.proposal if k == violation.found else k, v) for k, v in holder.items()
            ]
            holder.clear()
            holder.update(items)
        elif steps:
            if holder[steps[-1]] != violation.found:
                return None
            holder[steps[-1]] = violation.proposal
        else:
            copy = violation.proposal
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    return copy


def _spelled_like(text: str, old: Any, new: Any) -> str | None:
    try:
        return respell(text, old, new)
    except (ValueError, IndexError, RecursionError):
        return None


def _with_article(name: str) -> str:
    if name == "null":
        return name
    name = "list" if name == "array" else "whole number" if name == "integer" else name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _short(text: str) -> str:
    return repr(text) if len(text) <= 60 else repr(text[:57]) + "…"


def _plain(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
