"""Formats are detected, valid rows accepted, and each malformed row is named with its field."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate import textkernel
from curate.columns import Batch, ColumnBuilder, text_series
from curate.errors import UserError
from curate.faults import Fault
from curate.plain import PlainReader
from curate.reading import line_blocks
from curate.schemas.options.data import DataOptions
from curate.schemas.records import RECORD_MODELS
from curate.schemas.turns import RecordFormat
from curate.validating import Checked, Validator, load_examples, read_checked

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


texts = st.text(max_size=8)
roles = st.sampled_from(["system", "developer", "user", "assistant"])
speakers = st.sampled_from(["system", "human", "gpt", "GPT", "assistant", "bing"])
some = st.one_of(st.none(), texts)


def optional(required: dict[str, Any], rest: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=rest)


PLAIN: dict[RecordFormat, st.SearchStrategy[dict[str, Any]]] = {
    RecordFormat.CHAT: optional(
        {
            "messages": st.lists(
                st.fixed_dictionaries({"role": roles, "content": texts}), min_size=1, max_size=5
            )
        },
        {"id": st.integers()},
    ),
    RecordFormat.SHAREGPT: st.fixed_dictionaries(
        {
            "conversations": st.lists(
                st.fixed_dictionaries({"from": speakers, "value": texts}), min_size=1, max_size=5
            )
        }
    ),
    RecordFormat.INSTRUCTION: optional(
        {"instruction": texts, "output": texts}, {"input": some, "system": some}
    ),
    RecordFormat.PROMPT_COMPLETION: optional(
        {"prompt": texts, "completion": texts}, {"system": some, "score": st.floats()}
    ),
    RecordFormat.QUESTION_ANSWER: optional(
        {"question": texts, "answer": texts}, {"context": some, "system": some}
    ),
    RecordFormat.TEXT: st.fixed_dictionaries({"text": texts}),
}


@pytest.mark.parametrize("format_", list(PLAIN))
@given(data=st.data())
def test_the_fast_path_gives_the_columns_that_the_models_give(
    format_: RecordFormat, data: st.DataObject
) -> None:
    records = data.draw(st.lists(PLAIN[format_], min_size=1, max_size=5))
    numbers = list(range(1, len(records) + 1))
    reader = PlainReader("f", format_)
    quick = reader.batch(records, numbers, [b""] * len(records))
    assert quick is not None
    slow = ColumnBuilder("f", format_)
    for number, record in zip(numbers, records, strict=True):
        assert reader.is_plain(record)
        slow.add(record, RECORD_MODELS[format_].model_validate(record), number, b"")
    thorough = slow.build()
    assert_frame_equal(quick.rows, thorough.rows)
    assert_frame_equal(by_field(quick), by_field(thorough))


def by_field(batch: Batch) -> pl.DataFrame:
    """The segments, with the name of the field instead of its number in this batch."""
    names = [batch.fields[slot] for slot in batch.segments["slot"]]
    return batch.segments.with_columns(slot=pl.Series(names, dtype=pl.String))


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": None}]},
        {"messages": [{"role": "user", "content": "x", "name": "n"}]},
        {"messages": [{"role": "user", "content": "x"}], "tools": []},
        {"messages": []},
        {"messages": ["x"]},
    ],
)
def test_what_is_special_is_left_to_the_models(record: dict[str, Any]) -> None:
    reader = PlainReader("f", RecordFormat.CHAT)
    assert not reader.is_plain(record)
    assert reader.batch([record], [1], [b""]) is None


def test_one_special_row_among_plain_ones_keeps_every_row(write_jsonl: Write) -> None:
    plain = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    called = {"messages": MODERN_CHAT[0]}
    path = write_jsonl([plain, called, plain, {"messages": []}, plain])
    batches, faults = check(path)
    lines = sorted(line for batch in batches for line in batch.rows["line"])
    assert lines == [1, 2, 3, 5]
    assert [fault.line for fault in faults] == [4]


def test_a_text_with_a_label_is_a_classification(tmp_path: Path) -> None:
    """`text,label` is what classification sets are published as; the label is the answer."""
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\nI like it,positive\nI hate it,negative\n", "utf-8")
    batches = [b for c in read_checked(str(path), DataOptions()) for b in c.batches]
    assert [b.rows["completion"].to_list() for b in batches] == [["positive", "negative"]]
    assert [b.rows["prompt"].to_list() for b in batches] == [["I like it", "I hate it"]]


def test_a_text_with_a_number_stays_a_text(tmp_path: Path) -> None:
    """A class number is nothing that a model could write, and may be a note."""
    path = tmp_path / "texts.jsonl"
    path.write_text('{"text": "a story", "label": 0}\n{"text": "another", "label": 1}\n', "utf-8")
    checked = list(read_checked(str(path), DataOptions()))
    assert not [f for c in checked for f in c.faults]
    assert [b.rows["completion"].to_list() for c in checked for b in c.batches] == [
        ["a story", "another"]
    ]


_TEXT = st.one_of(st.text(max_size=8), st.sampled_from(["\ud83d", 'a"b\\c', "\x00", "é\u2028😀"]))
_TURN = st.tuples(
    st.sampled_from(["user", "assistant", "system", "developer", "tool", "Bot", "HUMAN"]),
    st.one_of(_TEXT, _TEXT, st.none()),
)
_MORE = st.sampled_from([{}, {}, {"id": 1}, {"id": 1e300}, {"meta": {"a": [1, None, "x"]}}])


def _row(
    form: str, turns: Sequence[tuple[str, str | None]], more: dict[str, Any]
) -> dict[str, Any]:
    if form == "chat":
        return {"messages": [{"role": r, "content": t} for r, t in turns], **more}
    if form == "sharegpt":
        return {"conversations": [{"from": r, "value": t} for r, t in turns], **more}
    names = {"instruction": ["instruction", "input", "output"], "flat": ["prompt", "completion"]}
    texts = [t for _, t in turns] + [None, "x", None]
    return dict(zip(names[form], texts, strict=False)) | more


@pytest.mark.skipif(textkernel.load() is None, reason="the kernel is not built")
@settings(max_examples=120, deadline=None)
@given(
    form=st.sampled_from(["chat", "sharegpt", "instruction", "flat"]),
    bodies=st.lists(st.tuples(st.lists(_TURN, max_size=4), _MORE), min_size=1, max_size=12),
    odd=st.sampled_from([[], [{}], [[1]], [None], [{"text": "of another format"}]]),
    ascii_only=st.booleans(),
    ending=st.sampled_from([b"\n", b"\r\n", b" \n", b"\n\n"]),
    broken=st.sampled_from(
        [b"", b'{"messages": [', b"\xff\n", b'{"prompt": "a", "completion": "b", "prompt": "c"}\n']
    ),
)
@example(
    form="chat",
    bodies=[([("user", "")], {})],
    odd=[[1]],
    ascii_only=False,
    ending=b"\n",
    broken=b'{"prompt": "a", "completion": "b", "prompt": "c"}\n',
)
def test_lines_give_what_parsed_rows_give(
    form: str,
    bodies: list[tuple[list[tuple[str, str | None]], dict[str, Any]]],
    odd: list[Any],
    ascii_only: bool,
    ending: bytes,
    broken: bytes,
) -> None:
    rows = [_row(form, turns, more) for turns, more in bodies] + odd
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    text = ending.join(line.encode("utf-8", "surrogatepass") for line in lines) + ending + broken
    plain = [("user", "a"), ("assistant", "b"), ("assistant", "c")]
    ways: list[dict[str, Any]] = [{}, {"id": 1}, {"meta": {}}]
    head = [json.dumps(_row(form, plain, more)) for more in ways]
    through_lines, through_rows = Validator("f", DataOptions()), Validator("f", DataOptions())
    for validator in (through_lines, through_rows):
        (block,) = line_blocks("f", "\n".join(head).encode(), iter(()))
        validator.check_lines(block)
    (block,) = line_blocks("f", text, iter(()))
    ours, theirs = through_lines.check_lines(block), through_rows.check(block.parsed())
    assert ours.rows_met == theirs.rows_met
    assert sorted(map(repr, ours.faults)) == sorted(map(repr, theirs.faults))
    assert _by_line(ours) == _by_line(theirs)


def _by_line(checked: Checked) -> list[Any]:
    """All that the batches say, row by row."""
    found = []
    for batch in checked.batches:
        for i, row in enumerate(batch.rows.drop("row").iter_rows(named=True)):
            segments = batch.segments.filter(pl.col("row") == i).drop("row").iter_rows(named=True)
            named = [s | {"slot": batch.fields[s["slot"]]} for s in segments]
            found.append((row["line"], batch.format, row, named, batch.raw[i], batch.records[i]))
    return sorted(found, key=lambda row: int(row[0]))


def test_half_a_character_is_shown_as_a_replacement_character() -> None:
    texts = ["a\ud800b", "\ud83d\ude00", None, "\udc80", "plain"]
    shown = text_series("text", texts).to_list()
    assert shown == ["a\ufffdb", "\U0001f600", None, "\ufffd", "plain"]
