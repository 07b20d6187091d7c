"""The last exchange of a row is the same from the columns as from the record."""

from __future__ import annotations

from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.answers import exchanges_at
from curate.faults import RawBatch
from curate.record_shapes import shape_of
from curate.rules.exchanges import last_exchange
from curate.schemas.options.data import DataOptions
from curate.validating import Validator

_TEXT = st.sampled_from(["", " ", "Hi", "2 + 2", "two\n\nlines", "\ufffd", "caf\u00e9"])
_ROLE = st.sampled_from(["system", "developer", "user", "assistant", "tool"])
_SPEAKER = st.sampled_from(["human", "gpt", "system", "Human"])
_PARTS = st.lists(_TEXT.map(lambda text: {"type": "text", "text": text}), min_size=1, max_size=2)
_CHAT: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "messages": st.lists(
            st.fixed_dictionaries(
                {"role": _ROLE, "content": st.one_of(_TEXT, _TEXT, _PARTS)},
                optional={"name": st.just("Ann"), "weight": st.sampled_from([0, 1])},
            ),
            min_size=1,
            max_size=4,
        )
    },
    optional={"tools": st.just([])},
)
_SHAREGPT = st.fixed_dictionaries(
    {
        "conversations": st.lists(
            st.fixed_dictionaries({"from": _SPEAKER, "value": _TEXT}), min_size=1, max_size=4
        )
    },
    optional={"system": _TEXT},
)
_FLAT = st.one_of(
    st.fixed_dictionaries(
        {"instruction": _TEXT, "output": _TEXT},
        optional={"input": _TEXT, "system": _TEXT, "history": st.just([["a", "b"]])},
    ),
    st.fixed_dictionaries(
        {"prompt": _TEXT, "completion": _TEXT}, optional={"system": _TEXT, "tools": st.just([])}
    ),
    st.fixed_dictionaries({"question": _TEXT, "answer": _TEXT}, optional={"context": _TEXT}),
    st.fixed_dictionaries({"prompt": _TEXT, "chosen": _TEXT, "rejected": _TEXT}),
    st.fixed_dictionaries({"text": _TEXT}),
)


def _check(records: list[dict[str, Any]]) -> int:
    """Compare the two ways for all valid records; returns how many the columns answered."""
    raw = [orjson.dumps(record) for record in records]
    data, known = DataOptions(), 0
    batch = RawBatch("x", list(records), list(range(1, len(raw) + 1)), raw)
    for checked in Validator("x", data).check(batch).batches:
        positions = pl.Series(range(len(checked)), dtype=pl.UInt32)
        for row, texts in exchanges_at(checked, positions):
            if texts is None:
                continue
            record = checked.records[row]
            shape = shape_of(record, data)
            assert shape is not None
            exchange = last_exchange(shape.rename(record), checked.format)
            assert exchange is not None
            assert texts == (exchange.prompt, exchange.completion)
            known += 1
    return known


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_CHAT, _SHAREGPT, _FLAT), min_size=1, max_size=4))
def test_columns_and_records_have_the_same_exchange(records: list[dict[str, Any]]) -> None:
    _check(records)


@pytest.mark.parametrize(
    ("record", "known"),
    [
        (
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
            1,
        ),
        ({"instruction": "a", "input": "b", "output": "c"}, 1),
        ({"prompt": "a", "completion": "b"}, 1),
        ({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}, 1),
        ({"prompt": "a", "completion": "\ufffd"}, 0),
        ({"instruction": "", "input": " ", "output": "c"}, 0),
        ({"question": "", "context": "b", "answer": "c"}, 0),
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, 0),
        ({"messages": [{"role": r, "content": r} for r in ("user", "assistant") * 2]}, 0),
    ],
)
def test_which_rows_the_columns_answer_for(record: dict[str, Any], known: int) -> None:
    assert _check([record]) == known
