"""Keys that stand twice are found, whatever the texts hold; single keys are never suspected."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.duplicate_keys import duplicate_key_faults, without_twins

# Texts made of the very marks that the search looks for.
TEXT = st.text(st.sampled_from('":\\ ,{}[]a\n😀'), max_size=8)
VALUE = st.recursive(
    TEXT | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RECORD = st.dictionaries(TEXT, VALUE, min_size=1, max_size=4)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")])


def _faults(rows: list[bytes]) -> list[int | None]:
    values = [orjson.loads(row) for row in rows]
    return [f.line for f in duplicate_key_faults(values, range(1, len(rows) + 1), rows)]


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=5), SEPARATORS, st.booleans())
def test_single_keys_are_never_reported(
    records: list[dict[str, Any]], separators: tuple[str, str], ascii_only: bool
) -> None:
    rows = [json.dumps(r, separators=separators, ensure_ascii=ascii_only) for r in records]
    assert _faults([row.encode() for row in rows]) == []


@settings(max_examples=60, deadline=None)
@given(RECORD, SEPARATORS, st.lists(RECORD, max_size=3))
def test_a_twin_is_always_reported(
    record: dict[str, Any], separators: tuple[str, str], others: list[dict[str, Any]]
) -> None:
    row = json.dumps(record, separators=separators)
    key = next(iter(record))
    twin = f"{row[:-1]}{separators[0]}{json.dumps(key)}{separators[1]}1}}".encode()
    rows = [json.dumps(r, separators=separators).encode() for r in others]
    assert _faults([*rows, twin]) == [len(rows) + 1]


@pytest.mark.parametrize(
    ("row", "mended"),
    [
        (b'{"a": 1, "a": 1, "b": 2}', {"a": 1, "b": 2}),
        (b'{"a": 1, "a": 2}', None),
        (b'{"a": {"x": 1, "x": 1}}', {"a": {"x": 1}}),
        (b'{"a": 1, "b": 1}', None),
        (b"no JSON", None),
    ],
)
def test_twins_are_removed_only_where_both_say_the_same(row: bytes, mended: Any) -> None:
    result = without_twins(row)
    assert (None if result is None else json.loads(result)) == mended


def test_cells_of_a_table_are_left_alone() -> None:
    assert list(duplicate_key_faults([{"a": "1"}], [2], [b'1,"a": 2 "a":'])) == []
