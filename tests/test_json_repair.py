"""A repaired row is JSON and says what was meant; what leaves a doubt is not repaired."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.json_repair import finite, mended_json, without_lone_surrogates

VALUE = st.recursive(
    st.text(max_size=10) | st.integers(-(2**60), 2**60) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
RECORD = st.dictionaries(st.text(max_size=5), VALUE, max_size=4)


@settings(max_examples=60, deadline=None)
@given(RECORD)
def test_python_literals_keep_their_value(record: dict[str, Any]) -> None:
    mended = mended_json(repr(record).encode())
    assert mended is not None
    assert json.loads(mended) == record


@settings(max_examples=60, deadline=None)
@given(RECORD)
def test_a_comma_at_the_end_is_removed_and_nothing_else(record: dict[str, Any]) -> None:
    row = json.dumps(record)
    assert mended_json(f"{row},".encode()) == row.encode()
    if record:
        assert mended_json(f"{row[:-1]}, }}".encode()) == f"{row[:-1]} }}".encode()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[]",:\\ a1\n', max_size=30).map(str.encode))
def test_never_raises_and_gives_json_objects_only(raw: bytes) -> None:
    for repair in (mended_json, without_lone_surrogates, finite):
        result = repair(raw)
        assert result is None or isinstance(json.loads(result), dict)


@pytest.mark.parametrize(
    "row",
    [
        "{'a': (1, 2)}",
        "{'a': {1, 2}}",
        "{'a': b'x'}",
        "{1: 'a'}",
        "{'a': __import__('os')}",
        "{'a': open('x')}",
        "{'a': 1} + {}",
        "['a']",
        "{'a': 1e999}",
        "{'a': 'b'",
        "{" * 10_000,
        "[" * 100_000,
        "-" * 100_000 + "1",
    ],
)
def test_what_is_no_record_is_left(row: str) -> None:
    assert mended_json(row.encode()) is None


def test_whole_characters_stay_whole() -> None:
    row = rb'{"a": "\ud83d\ude00 \\ud83d \u00e9", "\ud83d": "\ude00x"}'
    mended = without_lone_surrogates(row)
    assert mended == rb'{"a": "\ud83d\ude00 \\ud83d \u00e9", "": "x"}'


def test_constants_become_null_outside_of_texts_only() -> None:
    assert finite(b'{"a": NaN, "b": [-Infinity], "NaN": "NaN, Infinity"}') == (
        b'{"a": null, "b": [null], "NaN": "NaN, Infinity"}'
    )
