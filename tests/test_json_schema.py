"""The small validator never says what the full one (jsonschema) does not, and agrees on its keywords."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.json_schema import violations

WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 1},
        "unit": {"enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {"stop": {"type": "object", "required": ["name"]}},
}


@pytest.mark.parametrize(
    "value",
    [
        {"city": "Paris"},
        {"city": "Paris", "unit": "celsius", "days": 3.0},
        {"city": "Paris", "stops": [{"name": "a"}, {"name": None}]},
    ],
)
def test_what_keeps_the_schema(value: Any) -> None:
    assert list(violations(value, WEATHER)) == []


@pytest.mark.parametrize(
    ("value", "path", "part"),
    [
        ({}, "", "'city' is missing"),
        ({"city": 5}, "city", "a number; expected string"),
        ({"city": "Paris", "unit": "kelvin"}, "unit", "expected one of 'celsius', 'fahrenheit'"),
        ({"city": "Paris", "days": True}, "days", "a boolean; expected integer"),
        ({"city": "Paris", "days": 1.5}, "days", "a number; expected integer"),
        ({"city": "Paris", "days": 15}, "days", "expected at most 14"),
        ({"city": "Paris", "zip": 1}, "", "'zip' is not a known key"),
        ({"city": "Paris", "stops": [{"name": "a"}, {}]}, "stops[1]", "'name' is missing"),
    ],
)
def test_what_breaks_the_schema_is_named(value: Any, path: str, part: str) -> None:
    [violation] = violations(value, WEATHER)
    assert violation.path == path
    assert part in violation.message


@pytest.mark.parametrize(
    "schema",
    [
        None,
        5,
        [],
        {"type": "any"},
        {"type": 5},
        {"type": [{"role": 1}]},
        {"required": "city"},
        {"properties": []},
        {"enum": 1},
    ],
)
def test_a_wrong_schema_restricts_nothing(schema: Any) -> None:
    assert list(violations({"city": "Paris"}, schema)) == []


def test_a_schema_that_refers_to_itself_ends() -> None:
    assert list(violations({}, {"$ref": "#"})) == []
    tree = {"properties": {"child": {"$ref": "#"}}, "required": ["child"]}
    assert [v.path for v in violations({"child": {"child": {}}}, tree)] == ["child.child"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0])
    | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPE = st.sampled_from(["null", "boolean", "string", "array", "object", "number", "integer"])
SMALL = st.integers(0, 3)


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPE | st.lists(TYPE, min_size=1, max_size=2, unique=True),
            "enum": st.lists(JSON, min_size=1, max_size=3),
            "const": JSON,
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "minItems": SMALL,
            "maxItems": SMALL,
            "uniqueItems": st.booleans(),
            "minLength": SMALL,
            "maxLength": SMALL,
            "minimum": SMALL,
            "exclusiveMaximum": SMALL,
            "minProperties": SMALL,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    )


SCHEMAS = st.recursive(st.booleans() | _schemas(st.booleans()), _schemas, max_leaves=4)


@settings(max_examples=300, deadline=None)
@given(value=JSON, schema=SCHEMAS)
def test_agrees_with_the_full_validator(value: Any, schema: Any) -> None:
    valid = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (not list(violations(value, schema))) == valid
