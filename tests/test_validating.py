"""Formats are detected, valid rows accepted, and each malformed row is named with its field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.columns import Batch, ColumnBuilder, is_plain_chat
from curate.errors import UserError
from curate.faults import Fault
from curate.schemas.options.data import DataOptions
from curate.schemas.records import ChatRecord, RecordFormat
from curate.validating import load_examples, read_checked

Write = Callable[..., Path]
TOOL_CALL = {"id": "c1", "type": "function", "function": {"name": "time", "arguments": "{}"}}

# Rows as current APIs and published sets write them; none of them may be a fault.
MODERN_CHAT: list[list[dict[str, Any]]] = [
    [
        {"role": "user", "content": "What time is it?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [TOOL_CALL, {**TOOL_CALL, "id": "c2"}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "12:00"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "13:00"}]},
        {"role": "assistant", "content": "Noon in one place, one o'clock in the other."},
    ],
    [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
    [
        {
            "role": "user",
            "name": "ann",
            "content": [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            ],
        },
        {"role": "assistant", "content": "A cat.", "weight": 0},
        {"role": "user", "content": "Sure?"},
        {"role": "assistant", "content": "Yes.", "weight": 1},
    ],
    [
        {"role": "user", "content": "Call it"},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "done"},
        {"role": "assistant", "content": None, "refusal": "I can't help with that."},
    ],
]


def check(path: Path, **options: Any) -> tuple[list[Batch], list[Fault]]:
    checked = list(read_checked(str(path), DataOptions(**options)))
    return [b for c in checked for b in c.batches], [f for c in checked for f in c.faults]


@pytest.mark.parametrize("messages", MODERN_CHAT)
def test_modern_chat_rows_are_valid(write_jsonl: Write, messages: list[dict[str, Any]]) -> None:
    tools = [{"type": "function", "function": {"name": "time", "parameters": {"type": "object"}}}]
    path = write_jsonl([{"messages": messages, "tools": tools, "parallel_tool_calls": True}])
    batches, faults = check(path)
    assert faults == []
    assert [len(b) for b in batches] == [1]


FORMATS: dict[RecordFormat, dict[str, Any]] = {
    RecordFormat.CHAT: {
        "messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
    },
    RecordFormat.INSTRUCTION: {"instruction": "Q", "input": "", "output": "A"},
    RecordFormat.SHAREGPT: {
        "conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]
    },
    RecordFormat.PROMPT_COMPLETION: {"prompt": "Q", "completion": "A"},
    RecordFormat.QUESTION_ANSWER: {"question": "Q", "answer": "A"},
    RecordFormat.TEXT: {"text": "A"},
    RecordFormat.PREFERENCE: {"prompt": "Q", "chosen": "A", "rejected": "B"},
    RecordFormat.UNPAIRED_PREFERENCE: {"prompt": "Q", "completion": "A", "label": True},
}
SUFFIXES = [".jsonl", ".json", ".csv", ".parquet", ".jsonl.gz", ".jsonl.zst"]


def save(record: dict[str, Any], path: Path) -> None:
    import gzip

    import zstandard

    text = (json.dumps(record) + "\n").encode()
    if path.name.endswith(".csv"):
        cells = {k: json.dumps(v) if isinstance(v, list) else v for k, v in record.items()}
        pl.DataFrame([cells]).write_csv(path)
    elif path.name.endswith(".parquet"):
        pl.DataFrame([record]).write_parquet(path)
    elif path.name.endswith(".json"):
        path.write_text(json.dumps([record]))
    elif path.name.endswith(".gz"):
        path.write_bytes(gzip.compress(text))
    elif path.name.endswith(".zst"):
        path.write_bytes(zstandard.compress(text))
    else:
        path.write_bytes(text)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_is_read_from_every_file_type(
    tmp_path: Path, format_: RecordFormat, suffix: str
) -> None:
    path = tmp_path / f"data{suffix}"
    save(FORMATS[format_], path)
    [batch], faults = check(path)
    assert faults == []
    assert batch.format is format_
    row = batch.rows.row(0, named=True)
    assert row["completion"] == "A"
    assert row["prompt"] == (None if format_ is RecordFormat.TEXT else "Q")
    [example] = load_examples([path], DataOptions())
    assert example.line == (2 if suffix == ".csv" else 1)  # a CSV file has a header


def test_names_of_published_sets_are_understood(write_jsonl: Write) -> None:
    rows = [{"instruction": "Do", "context": "this", "response": "done", "category": "x"}]
    [batch], faults = check(write_jsonl(rows))
    assert faults == []
    assert batch.rows["prompt"].to_list() == ["Do\n\nthis"]
    assert batch.fields == ("instruction", "context", "response")


def test_columns_can_be_mapped(write_jsonl: Write) -> None:
    path = write_jsonl([{"q": "Why?", "a": "Because."}])
    _, faults = check(path)
    assert [f.rule for f in faults] == ["unknown-format"]
    [batch], faults = check(path, map={"prompt": "q", "completion": "a"})
    assert faults == []
    assert batch.format is RecordFormat.PROMPT_COMPLETION
    assert batch.fields == ("q", "a")


@pytest.mark.parametrize(
    ("row", "rule", "field"),
    [
        ({"messages": []}, "schema-violation", "messages"),
        ({"messages": "hi"}, "schema-violation", "messages"),
        ({"messages": [{"role": "user"}, 3]}, "schema-violation", "messages[1]"),
        ({"messages": [{"role": "user", "content": 3}]}, "schema-violation", "messages[0].content"),
        ({"messages": [{"role": "bot", "content": "x"}]}, "unknown-role", "messages[0].role"),
        ({"messages": [{"content": "x"}]}, "schema-violation", "messages[0].role"),
        ([1, 2], "not-an-object", None),
        ("text", "not-an-object", None),
        ({"prompt": "Q", "completion": "A"}, "mixed-formats", None),
    ],
)
def test_a_row_that_does_not_fit_is_named_with_its_field(
    write_jsonl: Write, row: Any, rule: str, field: str | None
) -> None:
    good = FORMATS[RecordFormat.CHAT]
    _, faults = check(write_jsonl([good, good, row, good]))
    assert [(f.rule, f.line, f.field) for f in faults] == [(rule, 3, field)]


def test_a_mixed_row_is_still_read_in_its_own_format(write_jsonl: Write) -> None:
    good = FORMATS[RecordFormat.CHAT]
    batches, _ = check(write_jsonl([good, {"prompt": "Q", "completion": "A"}, good]))
    assert sorted((str(b.format), len(b)) for b in batches) == [
        ("chat", 2),
        ("prompt-completion", 1),
    ]


def test_loading_for_training_refuses_the_first_bad_row_with_its_place(write_jsonl: Write) -> None:
    path = write_jsonl([FORMATS[RecordFormat.CHAT], {"messages": []}])
    with pytest.raises(UserError, match=rf"{path}:2: .*curate lint"):
        load_examples([path], DataOptions())


def test_transcripts_without_a_prompt_are_split_at_what_both_sides_share(
    write_jsonl: Write,
) -> None:
    head = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: More"
    path = write_jsonl(
        [{"chosen": f"{head}\n\nAssistant: Yes", "rejected": f"{head}\n\nAssistant: No"}]
    )
    [example] = load_examples([path], DataOptions())
    assert [m.text for m in example.messages] == ["Hi", "Hello", "More"]
    assert example.chosen is not None
    assert example.rejected is not None
    assert (example.chosen[0].text, example.rejected[0].text) == ("Yes", "No")


def test_lone_surrogates_do_not_break_the_columns(write_jsonl: Write, tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(
        '{"prompt": "a", "completion": "fine"}\n{"prompt": "a", "completion": "\\ud83d"}\n'
    )
    batches, _ = check(path)
    assert sum(len(b) for b in batches) >= 1


roles = st.sampled_from(["system", "developer", "user", "assistant", "tool"])
messages = st.lists(
    st.fixed_dictionaries({"role": roles, "content": st.text(max_size=8)}), min_size=1, max_size=5
)


@given(st.lists(messages, min_size=1, max_size=5))
def test_the_fast_path_gives_the_columns_that_the_models_give(
    chats: list[list[dict[str, Any]]],
) -> None:
    records = [{"messages": m} for m in chats]
    numbers = list(range(1, len(records) + 1))
    fast = ColumnBuilder("f", RecordFormat.CHAT)
    assert fast.add_plain_chats(records, numbers, [b""] * len(records))
    slow = ColumnBuilder("f", RecordFormat.CHAT)
    for number, record in zip(numbers, records, strict=True):
        assert is_plain_chat(record)
        slow.add(record, ChatRecord.model_validate(record), number, b"")
    quick, thorough = fast.build(), slow.build()
    ignored = ["special"]  # the fast path leaves tool turns without tools to the roles string
    assert quick.rows.drop(ignored).equals(thorough.rows.drop(ignored))
    assert quick.fields == thorough.fields
    assert quick.segments.drop("void").equals(thorough.segments.drop("void"))
