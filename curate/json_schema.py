"""A small JSON Schema validator: the keywords that tool definitions and output contracts use.

Known are type, enum, const, properties, required, additionalProperties,
items, prefixItems, minItems, maxItems, uniqueItems, minLength, maxLength, minimum,
maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minProperties, maxProperties, anyOf, oneOf,
allOf, not, and $ref within the schema (JSON Schema 2020-12, core and validation vocabularies).
Keywords it does not know (pattern and format among them) restrict nothing, so that it may miss a
violation but never invents one; a schema that uses a keyword wrongly is treated likewise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeGuard

from curate.light_dataclass import dataclass

_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Violation:
    """Where a value breaks its schema ("city", "stops[2].name", "" for the whole), and how."""

    path: str
    message: str


def violations(value: Any, schema: Any) -> Iterator[Violation]:
    """How `value`, as parsed from JSON, breaks `schema`; nothing when it keeps it."""
    yield from _check(value, schema, "", schema, 0)


def kind_of(value: Any) -> str:
    """The JSON type of a value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a list" if isinstance(value, list) else "an object"


_TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda v: v is None,
    "boolean": lambda v: isinstance(v, bool),
    "string": lambda v: isinstance(v, str),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: (
        not isinstance(v, bool)
        and (isinstance(v, int) or (isinstance(v, float) and v.is_integer()))
    ),
}


TYPE_NAMES = tuple(_TYPES)


def unknown_types(schema: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """(where, name) of each `type` in a schema that JSON Schema does not have, such as "strng"."""
    if not isinstance(schema, dict):
        return
    named = schema.get("type")
    for name in named if isinstance(named, list) else [named]:
        if isinstance(name, str) and name not in _TYPES:
            yield place, name
    for word in ("properties", "$defs", "definitions", "patternProperties"):
        parts = schema.get(word)
        for key, part in parts.items() if isinstance(parts, dict) else ():
            yield from unknown_types(part, f"{place}.{key}" if place else str(key))
    for word in ("items", "additionalProperties", "not"):
        yield from unknown_types(schema.get(word), f"{place}[]" if word == "items" else place)
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        parts = schema.get(word)
        for part in parts if isinstance(parts, list) else ():
            yield from unknown_types(part, place)


def _check(value: Any, schema: Any, path: str, root: Any, depth: int) -> Iterator[Violation]:
    if schema is False:
        yield Violation(path, "nothing is allowed here")
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return
    if isinstance(schema.get("$ref"), str):
        yield from _check(value, _resolved(schema["$ref"], root), path, root, depth + 1)
    wrong = _wrong_type(value, schema.get("type"))
    if wrong is not None:
        yield Violation(path, f"{kind_of(value)}; expected {wrong}")
        return
    yield from _check_choice(value, schema, path)
    if isinstance(value, dict):
        yield from _check_object(value, schema, path, root, depth)
    elif isinstance(value, list):
        yield from _check_list(value, schema, path, root, depth)
    elif isinstance(value, str):
        yield from _check_sizes(len(value), schema, ("minLength", "maxLength"), "characters", path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _check_number(value, schema, path)
    yield from _check_combinations(value, schema, path, root, depth)


def _wrong_type(value: Any, expected: Any) -> str | None:
    names = [expected] if isinstance(expected, str) else expected
    # A type that is not known allows everything ("any", "float" stand in published tools).
    if (
        not isinstance(names, list)
        or not names
        or not all(isinstance(n, str) and n in _TYPES for n in names)
    ):
        return None
    return None if any(_TYPES[n](value) for n in names) else " or ".join(names)


def _check_choice(value: Any, schema: dict[str, Any], path: str) -> Iterator[Violation]:
    choices = schema.get("enum")
    if isinstance(choices, list) and not any(_equal(value, c) for c in choices):
        listed = ", ".join(map(repr, choices[:8])) + (", …" if len(choices) > 8 else "")
        yield Violation(path, f"{_shown(value)}; expected one of {listed}")
    if "const" in schema and not _equal(value, schema["const"]):
        yield Violation(path, f"{_shown(value)}; expected {_shown(schema['const'])}")


def _check_object(
    value: dict[str, Any], schema: dict[str, Any], path: str, root: Any, depth: int
) -> Iterator[Violation]:
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if isinstance(name, str) and name not in value:
            yield Violation(path, f"{name!r} is missing")
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        below = f"{path}.{name}" if path else name
        if name in properties:
            yield from _check(item, properties[name], below, root, depth + 1)
        elif "patternProperties" in schema:
            continue
        elif others is False:
            yield Violation(path, f"{name!r} is not a known key")
        else:
            yield from _check(item, others, below, root, depth + 1)
    yield from _check_sizes(len(value), schema, ("minProperties", "maxProperties"), "keys", path)


def _check_list(
    value: list[Any], schema: dict[str, Any], path: str, root: Any, depth: int
) -> Iterator[Violation]:
    first = schema.get("prefixItems")
    first = first if isinstance(first, list) else []
    rest = schema.get("items", True)
    for i, item in enumerate(value):
        part = first[i] if i < len(first) else rest
        yield from _check(item, part, f"{path}[{i}]", root, depth + 1)
    yield from _check_sizes(len(value), schema, ("minItems", "maxItems"), "elements", path)
    if schema.get("uniqueItems") is True and any(
        _equal(a, b) for i, a in enumerate(value) for b in value[:i]
    ):
        yield Violation(path, "an element stands twice; expected each once")


def _check_sizes(
    size: int, schema: dict[str, Any], names: tuple[str, str], unit: str, path: str
) -> Iterator[Violation]:
    least, most = schema.get(names[0]), schema.get(names[1])
    if _is_number(least) and size < least:
        yield Violation(path, f"{size} {unit}; expected at least {least}")
    if _is_number(most) and size > most:
        yield Violation(path, f"{size} {unit}; expected at most {most}")


def _check_number(value: float, schema: dict[str, Any], path: str) -> Iterator[Violation]:
    bounds: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
        ("minimum", lambda b: value < b, "at least"),
        ("maximum", lambda b: value > b, "at most"),
        ("exclusiveMinimum", lambda b: value <= b, "more than"),
        ("exclusiveMaximum", lambda b: value >= b, "less than"),
    )
    for keyword, breaks, words in bounds:
        bound = schema.get(keyword)
        if _is_number(bound) and breaks(bound):
            yield Violation(path, f"{value}; expected {words} {bound}")
    step = schema.get("multipleOf")
    if _is_number(step) and step > 0:
        quotient = value / step
        if math.isfinite(quotient) and not math.isclose(quotient, round(quotient), abs_tol=1e-9):
            yield Violation(path, f"{value}; expected a multiple of {step}")


def _check_combinations(
    value: Any, schema: dict[str, Any], path: str, root: Any, depth: int
) -> Iterator[Violation]:
    def breaks(part: Any) -> list[Violation]:
        return list(_check(value, part, path, root, depth + 1))

    for part in _parts(schema, "allOf"):
        yield from breaks(part)
    if options := _parts(schema, "anyOf"):
        results = [breaks(part) for part in options]
        if all(results):
            # The branch that fails deepest is the one that was meant.
            yield max(results, key=lambda r: len(r[0].path))[0]
    if options := _parts(schema, "oneOf"):
        results = [breaks(part) for part in options]
        kept = sum(not r for r in results)
        if kept == 0:
            yield max(results, key=lambda r: len(r[0].path))[0]
        elif kept > 1:
            yield Violation(path, f"fits {kept} of the alternatives; expected exactly one")
    if "not" in schema and isinstance(schema["not"], (dict, bool)) and not breaks(schema["not"]):
        yield Violation(path, f"{_shown(value)} is excluded")


def _parts(schema: dict[str, Any], keyword: str) -> list[Any]:
    parts = schema.get(keyword)
    return parts if isinstance(parts, list) else []


def _resolved(reference: str, root: Any) -> Any:
    """The part of the schema that a local reference names; True (all is allowed) otherwise."""
    if not reference.startswith("#"):
        return True
    part = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(part, dict) and name in part:
            part = part[name]
        elif isinstance(part, list) and name.isdigit() and int(name) < len(part):
            part = part[int(name)]
        else:
            return True
    return part


def _equal(a: Any, b: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, but true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    return (type(a) is type(b) and a == b) or (_is_number(a) and _is_number(b) and a == b)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
