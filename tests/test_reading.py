"""Every file type, every way in which bytes can be wrong: rows or faults, never an exception."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from curate import kernel, reading
from curate.errors import UserError
from curate.faults import Fault, RawBatch
from curate.reading import read_rows

ROWS = [
    {
        "instruction": f"Name a fruit of size {i}, “quoted”,\nover two lines",
        "input": "",
        "output": f"näh {i}",
    }
    for i in range(50)
]


def values(path: Path) -> list[Any]:
    return [v for batch in read_rows(str(path)) for v in batch.values]


def faults(path: Path) -> list[Fault]:
    return [f for batch in read_rows(str(path)) for f in batch.faults]


def as_lines(rows: list[Any]) -> bytes:
    return "".join(json.dumps(r) + "\n" for r in rows).encode()


WRITERS: dict[str, Callable[[Path], object]] = {
    "a.jsonl": lambda p: p.write_bytes(as_lines(ROWS)),
    "no-last-newline.jsonl": lambda p: p.write_bytes(as_lines(ROWS).rstrip()),
    "a.ndjson": lambda p: p.write_bytes(as_lines(ROWS)),
    "pretty.json": lambda p: p.write_text(json.dumps(ROWS, indent=2)),
    "compact.json": lambda p: p.write_text(json.dumps(ROWS)),
    "lines.json": lambda p: p.write_bytes(as_lines(ROWS)),
    "array.jsonl": lambda p: p.write_text(json.dumps(ROWS, indent=1)),
    "wrapped.json": lambda p: p.write_text(json.dumps({"version": 1, "data": ROWS})),
    "a.csv": lambda p: pl.DataFrame(ROWS).write_csv(p),
    "a.tsv": lambda p: pl.DataFrame(ROWS).write_csv(p, separator="\t"),
    "a.parquet": lambda p: pl.DataFrame(ROWS).write_parquet(p),
    "a.jsonl.gz": lambda p: p.write_bytes(gzip.compress(as_lines(ROWS))),
    "a.jsonl.zst": lambda p: p.write_bytes(zstandard.compress(as_lines(ROWS))),
    "a.jsonl.bz2": lambda p: p.write_bytes(bz2.compress(as_lines(ROWS))),
    "a.jsonl.xz": lambda p: p.write_bytes(lzma.compress(as_lines(ROWS))),
    "a.json.gz": lambda p: p.write_bytes(gzip.compress(json.dumps(ROWS).encode())),
    "a.csv.gz": lambda p: (
        p.write_bytes(gzip.compress(pl.DataFrame(ROWS).write_csv().encode())) and None
    ),
}


@pytest.mark.parametrize("block_bytes", [8 << 20, 1000, 37])
@pytest.mark.parametrize("name", WRITERS)
def test_every_file_type_gives_the_same_rows(
    tmp_path: Path, name: str, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK_BYTES", block_bytes)
    path = tmp_path / name
    WRITERS[name](path)
    assert values(path) == ROWS
    assert faults(path) == []


@pytest.mark.parametrize("name", ["a.jsonl", "pretty.json", "compact.json", "a.jsonl.gz"])
def test_raw_bytes_are_those_of_the_row(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    raw = [r for batch in read_rows(str(path)) for r in batch.raw]
    assert [orjson.loads(r) for r in raw] == ROWS
    if name == "a.jsonl":
        assert b"".join(r + b"\n" for r in raw) == path.read_bytes()


def test_one_record_alone_in_a_json_file_is_a_record(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    record = {"messages": [{"role": "user", "content": "Hi"}]}
    path.write_text(json.dumps(record, indent=2))
    assert values(path) == [record]


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        (b'{"a": 1,}', "invalid-json", 9),
        (b'{"a": "unfinished', "invalid-json", 7),
        (b'{"a": 1} {"b": 2}', "invalid-json", 10),
        (b"{'a': 1}", "invalid-json", 2),
        (b'{"a": NaN}', "non-finite-number", 7),
        (b'{"a": "\xff"}', "invalid-utf8", 8),
        (b'{"a": "x\0y"}', "nul-byte", 9),
        (b"   ", "blank-line", None),
        (b"[" * 3000 + b"]" * 3000, "invalid-json", 1),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(
    tmp_path: Path, line: bytes, rule: str, column: int | None
) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b'{"n": 1}\n' + line + b'\n{"n": 3}\n')
    assert values(path) == [{"n": 1}, {"n": 3}]
    [fault] = faults(path)
    assert (fault.rule, fault.line, fault.column) == (rule, 2, column)


def test_a_truncated_last_line_says_so(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b'{"n": 1}\n{"n": 2, "text": "and th')
    [fault] = faults(path)
    assert fault.line == 2
    assert "ends too early" in fault.message


def test_byte_order_mark_and_carriage_returns_are_said_once_and_read_through(
    tmp_path: Path,
) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"n": 1}\r\n{"n": 2}\r\n')
    assert values(path) == [{"n": 1}, {"n": 2}]
    assert [f.rule for f in faults(path)] == ["byte-order-mark", "carriage-returns"]


def test_a_line_of_fifty_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b'{"n": 1}\n{"text": "' + b"x" * 50_000_000 + b'"}\n{"n": 3}\n')
    assert [len(v.get("text", "")) for v in values(path)] == [0, 50_000_000, 0]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.json", "a.csv"):
        (tmp_path / name).write_bytes(b"")
        assert values(tmp_path / name) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("data.jsonl", gzip.compress(b"{}", mtime=0), "gzip-compressed"),
        ("data.jsonl", b"PAR1" + b"\0" * 100, "a parquet file"),
        ("data.jsonl", bytes(range(32)) * 100, "not text but binary"),
        ("data.jsonl", '{"a": 1}'.encode("utf-16"), "UTF-16"),
        ("data.jsonl.gz", gzip.compress(as_lines(ROWS), mtime=0)[:-20], "damaged or cut short"),
        ("data.jsonl.gz", b'{"a": 1}\n', "not so compressed"),
        ("data.jsonl.zst", zstandard.compress(as_lines(ROWS))[:-20], "damaged or cut short"),
        ("data.parquet", b"PAR1 but nothing else", "cannot be read as parquet"),
        ("data.parquet", b"hello", "not a parquet file"),
        ("data.json", b'[{"a": "\xff\xfe"}]', "not valid UTF-8"),
        ("data.csv", b"a,a\n1,2\n", "stands twice"),
        ("data.docx", b"x", "cannot tell the file type"),
    ],
)
def test_a_file_that_is_not_what_it_says_gets_one_clear_sentence(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        values(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_element_of_an_array_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text('[\n {"n": 1},\n {"n": 2,},\n {"n" 3},\n {"n": 4}\n]')
    assert values(path) == [{"n": 1}, {"n": 4}]
    assert [f.line for f in faults(path)] == [2, 3]


def test_csv_rows_know_their_lines_and_ragged_ones_are_named(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text('prompt,completion\n"two\nlines",a\nb\nc,d\n')
    batches = list(read_rows(str(path)))
    assert [line for b in batches for line in b.lines] == [2, 5]
    assert [(f.rule, f.line) for b in batches for f in b.faults] == [("invalid-csv", 4)]
    assert batches[0].raw[0] == b'"two\nlines",a'


def test_csv_cells_may_hold_messages_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    messages = [{"role": "user", "content": "a, b"}]
    pl.DataFrame({"messages": [json.dumps(messages)], "label": ["true"]}).write_csv(path)
    assert values(path) == [{"messages": messages, "label": True}]


@given(
    st.lists(
        st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.none()), max_size=6
    )
)
def test_any_rows_survive_a_round_trip_through_lines_and_array(rows: list[dict[str, Any]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        lines, array = Path(folder, "a.jsonl"), Path(folder, "a.json")
        lines.write_bytes(as_lines(rows))
        array.write_text(json.dumps(rows))
        clean = json.loads(json.dumps(rows))
        if not any("\ud800" <= c <= "\udfff" for c in json.dumps(rows, ensure_ascii=False)):
            assert values(lines) == clean
        if len(rows) != 0:
            assert values(array) == clean


@pytest.mark.parametrize(
    "first",
    [b'[{"a": 1}, {"a"', b'["no", "row"]', b'[{"a": 1,}]', b"[1, 2"],
)
def test_a_first_line_that_is_a_list_is_one_bad_row(tmp_path: Path, first: bytes) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(
        b"\n".join([b"", first, b'{"b": 1}', b"", b'{"b": 2}', b"{", b'{"b": 3}', b""])
    )
    lines = [line for batch in read_rows(str(path)) for line in batch.lines]
    assert [line for line in lines if line > 2] == [3, 5, 7]
    assert {f.line for f in faults(path) if f.rule != "blank-line"} >= {6}


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1},\n{"a": 2}\n]\n',
        '[\n{"a": 1}\n,\n{"a": 2}\n]',
        '[{"a": 1}\n,{"a": 2}\n]',
        '[{"a": 1\n},\n\n{"a": 2}\n\n]\n',
        '[{"a":\n1}, {"a": 2}]',
    ],
)
def test_an_array_stays_one_wherever_its_lines_end(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rows.json"
    path.write_text(text)
    assert values(path) == [{"a": 1}, {"a": 2}]
    assert faults(path) == []


@pytest.mark.parametrize("size", [64, 300, 5000, 1 << 21])
@pytest.mark.parametrize("indent", [None, 1])
def test_elements_of_arrays_are_the_same_without_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, indent: int | None
) -> None:
    odd = [1e300, 12345678901234567890, [{"a": "b"}], "]", {"é": "\\ud83d"}, {"deep": [[[{}]]]}]
    rows = [*ROWS, *odd, *ROWS, {"long": "x" * 400}, None, True, *ROWS]
    path = tmp_path / "a.json"
    text = json.dumps(rows, indent=indent, ensure_ascii=False)
    broken = text.replace('"input": ""', '"input": nan', 1) if size > 5000 else text
    path.write_bytes(b"\xef\xbb\xbf" + broken.encode())
    monkeypatch.setattr(reading, "BLOCK_BYTES", size)
    ours = _all_of(read_rows(str(path)))
    monkeypatch.setattr(kernel, "load", lambda: None)
    assert ours == _all_of(read_rows(str(path)))


def _all_of(batches: Iterable[RawBatch]) -> tuple[list[Any], ...]:
    """Values, record numbers, bytes and faults of all batches together."""
    values, lines, raw, faults = [], [], [], []
    for batch in batches:
        values += batch.values
        lines += batch.lines
        raw += batch.raw
        faults += batch.faults
    return values, lines, raw, faults
