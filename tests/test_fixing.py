"""Repairs change what they must and nothing else, once, in every file type, atomically."""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from curate import fixing
from curate.cli import main
from curate.linting import lint, sources_of
from curate.paths import follow, replaced
from curate.respelling import respell
from curate.rules import RULES
from curate.rules.protocol import About, ColumnRule, Repair, Rule
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions

Write = Callable[..., Path]


def rule(code: str, needle: str, repair: Repair) -> ColumnRule:
    return ColumnRule(
        about=About(
            code=code,
            name=f"test-{code.lower()}",
            severity=Severity.WARNING,
            confidence=Confidence.HIGH,
            summary="s",
            reason="r",
            example="e",
            remedy="m",
        ),
        frame="segments",
        condition=lambda options: pl.col("text").str.contains(needle, literal=True),
        message=f"has {needle}",
        repair=repair,
    )


SAFE, UNSAFE = FixSafety.SAFE, FixSafety.UNSAFE
WORD = rule("TST001", "BAD", Repair(SAFE, "mend", text=lambda text: text.replace("BAD", "good")))
DROP = rule("TST002", "DROP", Repair(UNSAFE, "drop the row", record=lambda record: None))
CHAIN = rule("TST003", "good", Repair(SAFE, "go on", text=lambda t: t.replace("good", "best")))
BY_NAME = {r.about.name: r for r in RULES}


def repair(
    path: Path, tmp_path: Path, *rules: Rule, unsafe: bool = False, write: bool = True, **data: Any
) -> fixing.Repaired:
    folder = tmp_path / "copies"
    folder.mkdir(exist_ok=True)
    options = LintOptions()
    repaired = fixing.fix(
        sources_of([path], options),
        options,
        DataOptions.model_validate(data),
        unsafe=unsafe,
        folder=str(folder),
        rules=rules or (WORD, DROP),
    )
    if write:
        fixing.write(repaired)
    return repaired


ODD_STYLE = (
    '{"prompt":"a",   "completion" : "BAD \\u00e9 \\/ x", "n": 1.50, "e": 1E5}\n'
    '{ "prompt": "untouched\\u0041", "completion": "fine" , "n": 1.0 }\r\n'
    '{"completion": "é BAD", "prompt": "a"}'
)


def test_only_what_is_repaired_changes(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(ODD_STYLE.encode())
    repaired = repair(path, tmp_path)
    assert path.read_bytes().decode() == (
        '{"prompt":"a",   "completion" : "good \\u00e9 / x", "n": 1.50, "e": 1E5}\n'
        '{ "prompt": "untouched\\u0041", "completion": "fine" , "n": 1.0 }\r\n'
        '{"completion": "é good", "prompt": "a"}'
    )
    assert repaired.counts == {"TST001": 2}


def test_fixing_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(ODD_STYLE)
    repair(path, tmp_path)
    after = path.read_bytes()
    assert not repair(path, tmp_path).copies
    assert path.read_bytes() == after


def test_repairs_go_on_until_nothing_is_left(write_jsonl: Write, tmp_path: Path) -> None:
    path = write_jsonl([{"prompt": "a", "completion": "BAD"}])
    repaired = repair(path, tmp_path, WORD, CHAIN)
    assert json.loads(path.read_text())["completion"] == "best"
    assert repaired.counts == {"TST001": 1, "TST003": 1}


def test_repairs_that_undo_each_other_end(write_jsonl: Write, tmp_path: Path) -> None:
    back = rule("TST003", "good", Repair(SAFE, "b", text=lambda t: t.replace("good", "BAD")))
    path = write_jsonl([{"prompt": "a", "completion": "BAD"}])
    repair(path, tmp_path, WORD, back)


def test_unsafe_repairs_need_to_be_asked_for(write_jsonl: Write, tmp_path: Path) -> None:
    path = write_jsonl([{"prompt": "a", "completion": "DROP"}])
    before = path.read_bytes()
    assert not repair(path, tmp_path).copies
    assert path.read_bytes() == before


def test_dropped_rows_are_kept_elsewhere_with_their_reason(
    write_jsonl: Write, tmp_path: Path
) -> None:
    rows = [{"prompt": str(i), "completion": c} for i, c in enumerate(["a", "DROP", "BAD", "DROP"])]
    path = write_jsonl(rows)
    repair(path, tmp_path, unsafe=True)
    assert [json.loads(line)["prompt"] for line in path.read_text().splitlines()] == ["0", "2"]
    removed = [json.loads(line) for line in (tmp_path / "data.removed.jsonl").open()]
    assert [(r["line"], r["code"], r["reason"]) for r in removed] == [
        (2, "TST002", "has DROP"),
        (4, "TST002", "has DROP"),
    ]
    assert removed[0]["row"] == rows[1]


def test_removed_rows_are_added_to_earlier_ones(write_jsonl: Write, tmp_path: Path) -> None:
    (tmp_path / "data.removed.jsonl").write_text('{"row": 1}')
    repair(write_jsonl([{"prompt": "a", "completion": "DROP"}]), tmp_path, unsafe=True)
    assert len((tmp_path / "data.removed.jsonl").read_text().splitlines()) == 2


def test_lines_of_removed_rows_are_those_of_the_first_file(
    write_jsonl: Write, tmp_path: Path
) -> None:
    later = rule("TST003", "NEXT", Repair(UNSAFE, "drop the row", record=lambda record: None))
    turn = rule("TST004", "TURN", Repair(SAFE, "t", text=lambda t: t.replace("TURN", "NEXT")))
    rows = [{"prompt": "p", "completion": c} for c in ("DROP", "keep", "TURN", "keep")]
    repair(write_jsonl(rows), tmp_path, DROP, later, turn, unsafe=True)
    removed = [json.loads(line) for line in (tmp_path / "data.removed.jsonl").open()]
    assert [r["line"] for r in removed] == [1, 3]


ARRAY = """[
  {
    "prompt": "one",
    "completion": "BAD"
  },
  {"prompt":"two","completion":"DROP"} ,
  {"prompt": "three", "completion": "fine"}
]
"""


def test_arrays_keep_their_layout(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text(ARRAY)
    repair(path, tmp_path, unsafe=True)
    assert path.read_text() == ARRAY.replace("BAD", "good").replace(
        '  {"prompt":"two","completion":"DROP"} ,\n', ""
    ).replace('},\n  {"prompt": "three"', '} ,\n  {"prompt": "three"')


@pytest.mark.parametrize("gone", [{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 2}, {0, 1, 2}])
def test_any_elements_of_an_array_can_go(tmp_path: Path, gone: set[int]) -> None:
    rows = [{"prompt": str(i), "completion": "DROP" if i in gone else "ok"} for i in range(3)]
    path = tmp_path / "data.json"
    path.write_text(json.dumps(rows, indent=1))
    repair(path, tmp_path, unsafe=True)
    assert json.loads(path.read_text()) == [r for r in rows if r["completion"] == "ok"]


def test_csv_rows_are_written_again_only_where_they_change(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(
        b'prompt,completion\r\n"a","BAD, really"\r\nx,"keep ""this"""\r\n"two\nlines",BAD\r\nd,DROP\r\n'
    )
    repair(path, tmp_path, unsafe=True)
    assert path.read_bytes() == (
        b'prompt,completion\r\n"a","good, really"\r\nx,"keep ""this"""\r\n"two\nlines",good\r\n'
    )
    with path.open(newline="") as stream:
        assert list(csv.reader(stream))[-1] == ["two\nlines", "good"]


COMPRESSED: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    ".gz": (gzip.compress, gzip.decompress),
    ".bz2": (bz2.compress, bz2.decompress),
    ".xz": (lzma.compress, lzma.decompress),
    ".zst": (
        zstandard.compress,
        lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    ),
}


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz"])
def test_what_rules_about_all_rows_find_in_cells_is_repaired(tmp_path: Path, suffix: str) -> None:
    rows = [("I love number {i}.", "positive"), ("I hate number {i}.", "negative")]
    lines = [(asked.replace("{i}", str(i)), said) for i in range(40) for asked, said in rows]
    lines += [("It is fine.", "Positive"), ("It is bad.", "negative.")]
    between = "\t" if suffix == ".tsv" else ","
    cells = [f"{asked}{between}{said}\n" for asked, said in lines]
    content = f"prompt{between}completion\n" + "".join(cells)
    path = tmp_path / f"rows{suffix}"
    opened = gzip.open if suffix == ".csv.gz" else open
    with opened(path, "wt", encoding="utf-8") as file:
        file.write(content)
    command = ["lint", "--isolated", "--no-cache", "--select", "CON005", str(path)]
    assert main([*command, "--fix"]) == 0
    with opened(path, "rt", encoding="utf-8") as file:
        mended = file.read()
    assert mended == content.replace("Positive", "positive").replace("negative.", "negative")
    report = lint([path], LintOptions(select=("CON005",)))
    assert not report.findings


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_compressed_files_stay_compressed(tmp_path: Path, suffix: str) -> None:
    pack, unpack = COMPRESSED[suffix]
    path = tmp_path / f"data.jsonl{suffix}"
    path.write_bytes(pack(b'{"prompt": "a", "completion": "BAD"}\n'))
    repair(path, tmp_path)
    assert unpack(path.read_bytes()) == b'{"prompt": "a", "completion": "good"}\n'


def test_parquet_says_that_it_cannot(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pl.DataFrame({"prompt": ["a"], "completion": ["BAD"]}).write_parquet(path)
    before = path.read_bytes()
    repaired = repair(path, tmp_path)
    assert path.read_bytes() == before
    assert "convert it to .jsonl" in repaired.refused[str(path)]
    assert repaired.total == 0


def test_texts_inside_conversations_and_parts(write_jsonl: Write, tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "BAD a"}, {"type": "image_url", "image_url": {"url": "BAD"}}]
    row = {
        "messages": [
            {"role": "user", "content": parts},
            {"role": "assistant", "content": "BAD b", "weight": 1},
        ],
        "id": "BAD",
    }
    path = write_jsonl([row])
    repair(path, tmp_path)
    fixed = json.loads(path.read_text())
    assert fixed["messages"][0]["content"][0]["text"] == "good a"
    assert fixed["messages"][0]["content"][1] == parts[1]
    assert fixed["messages"][1] == {"role": "assistant", "content": "good b", "weight": 1}
    assert fixed["id"] == "BAD"


def test_record_repairs_see_canonical_names(write_jsonl: Write, tmp_path: Path) -> None:
    def emptied(record: dict[str, Any]) -> dict[str, Any]:
        assert set(record) == {"prompt", "completion", "id"}
        return {**record, "completion": "mended"}

    path = write_jsonl([{"id": 7, "response": "BAD", "prompt": "q"}])
    repair(path, tmp_path, rule("TST001", "BAD", Repair(SAFE, "m", record=emptied)))
    assert path.read_text() == '{"id": 7, "response": "mended", "prompt": "q"}\n'


def test_faults_of_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"prompt": "a", "completion": "b"}\r\n\r\n{"prompt": "c", "completion": "d"}\r\n'
    )
    rules = tuple(BY_NAME[n] for n in ("byte-order-mark", "carriage-returns", "blank-line"))
    repaired = repair(path, tmp_path, *rules)
    assert path.read_bytes() == (
        b'{"prompt": "a", "completion": "b"}\n{"prompt": "c", "completion": "d"}\n'
    )
    assert not repaired.removed
    assert not (tmp_path / "data.removed.jsonl").exists()


def test_a_row_that_becomes_json_is_repaired_further(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"prompt": "ok", "completion": "ok"}\n{"prompt": "a", "completion": "BAD",}\n')
    repair(path, tmp_path, BY_NAME["invalid-json"], WORD)
    assert json.loads(path.read_text().splitlines()[1]) == {"prompt": "a", "completion": "good"}


def test_the_diff_shows_and_writes_nothing(write_jsonl: Write, tmp_path: Path) -> None:
    path = write_jsonl(
        [{"prompt": "a", "completion": "BAD\u2028x"}, {"prompt": "b", "completion": ""}]
    )
    before = path.read_bytes()
    repaired = repair(path, tmp_path, write=False)
    lines = "".join(fixing.diff(repaired, sources_of([path], LintOptions()))).splitlines()
    assert path.read_bytes() == before
    assert lines[0] == f"--- {path}"
    assert [line for line in lines if line.startswith("-{")]
    assert len([line for line in lines if line.startswith("+{")]) == 1


def test_an_array_that_holds_broken_json_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text('[{"prompt": "a", "completion": "BAD"}, {"prompt": , "completion": "b"}]')
    before = path.read_bytes()
    assert "mend that first" in repair(path, tmp_path).refused[str(path)]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("path", "value"),
    [("a", 1), ("b.c[1].d", 2), ("b.c[0]", 0), ("x.y", 3), ("b.nothing", None), ("a[0]", None)],
)
def test_field_paths(path: str, value: Any) -> None:
    record = {"a": 1, "b": {"c": [0, {"d": 2}]}, "x.y": 3}
    assert follow(record, path) == value
    if value is not None:
        changed = replaced(record, path, "new")
        assert follow(changed, path) == "new"
        assert follow(record, path) == value


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    values, values, st.booleans(), st.sampled_from([None, 1]), st.sampled_from([None, (",", ":")])
)
def test_respelled_text_means_the_new_value(
    old: Any, new: Any, ascii_only: bool, indent: int | None, separators: tuple[str, str] | None
) -> None:
    text = json.dumps(old, ensure_ascii=ascii_only, indent=indent, separators=separators)
    spelled = respell(text, old, new)
    assert json.loads(spelled) == new
    if old == new and orjson.dumps(old) == orjson.dumps(new):
        assert spelled == text


def test_a_key_that_stands_twice_changes_at_its_last_place() -> None:
    text = '{"a": 1, "b": 2, "a": 3}'
    assert respell(text, {"a": 3, "b": 2}, {"a": 4, "b": 2}) == '{"a": 1, "b": 2, "a": 4}'
