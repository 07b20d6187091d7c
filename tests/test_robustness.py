"""Whatever the bytes, `curate lint` answers with findings or one sentence, and leaves them alone.

`CURATE_FUZZ=20` makes twenty times as many inputs.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.cli import main

TIMES = int(os.environ.get("CURATE_FUZZ", "1"))


def _load() -> Any:
    """benchmarks/fuzz.py, which makes the inputs; benchmarks are no package."""
    path = Path(__file__).parent.parent / "benchmarks" / "fuzz.py"
    spec = importlib.util.spec_from_file_location("curate_fuzz", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fuzz = _load()


@pytest.mark.parametrize("seed", range(30))
def test_mutated_inputs(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(8 * TIMES):
        chance = random.Random(f"{seed}/{number}")
        suffix = chance.choice(fuzz.SUFFIXES)
        rows: list[Any] = fuzz.rows(chance)
        if chance.random() < 0.6:
            rows = [fuzz.with_wrong_value(r, chance) if chance.random() < 0.5 else r for r in rows]
        content = fuzz.mutated(fuzz.content_of(rows, suffix, chance), chance)
        packing = chance.choice(["", "", "", *fuzz.PACKED])
        path = tmp_path / f"{number}{suffix}{packing}"
        packed = fuzz.PACKED[packing](content) if packing else content
        if packing and chance.random() < 0.5:
            packed = fuzz.mutated(packed, chance)
        path.write_bytes(packed)
        flags = chance.choice([[], ["--diff"], ["--diff", "--unsafe-fixes"]])
        form = chance.choice(["text", "json", "sarif", "github", "html"])
        code = main(["lint", "--no-cache", "--output-format", form, *flags, str(path)])
        said = capsys.readouterr()
        assert code in (0, 1, 2), f"seed {seed}/{number}: {said.err}"
        assert "Traceback" not in said.err
        if code == 2:
            assert said.err.count("\n") <= 2
        assert path.read_bytes() == packed, "the input was changed"


@pytest.mark.parametrize("seed", range(5))
def test_repairing_mutated_inputs_ends_and_repairing_again_changes_nothing(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(6 * TIMES):
        chance = random.Random(f"fix {seed}/{number}")
        suffix = chance.choice([".jsonl", ".jsonl", ".json", ".csv"])
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(fuzz.mutated(fuzz.content_of(fuzz.rows(chance), suffix, chance), chance))
        flags = ["--no-cache", "--unsafe-fixes", str(path)]
        assert main(["lint", *flags]) in (0, 1, 2), f"seed {seed}/{number}"
        after = path.read_bytes()
        assert main(["lint", *flags]) in (0, 1, 2), f"seed {seed}/{number}"
        assert path.read_bytes() == after, f"seed {seed}/{number}: repaired twice"


def check(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """(exit code, everything that was said)."""
    code = main(["lint", "--no-cache", "--select", "FMT,ROL,TXT", str(path)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert code in (0, 1, 2)
    return code, said.out + said.err


ROW = json.dumps(fuzz.CHAT, ensure_ascii=False).encode()
BAD: dict[str, tuple[bytes, int, str]] = {
    "invalid UTF-8": (ROW + b'\n{"text": "\xff"}\n', 1, ":2 "),
    "a NUL byte": (ROW + b'\n{"text": "\x00"}\n', 1, "NUL"),
    "a byte-order mark": (b"\xef\xbb\xbf" + ROW + b"\n", 0, "byte-order mark"),
    "CR LF": (ROW + b"\r\n" + ROW + b"\r\n", 0, "CR LF"),
    "a cut last line": (ROW + b"\n" + ROW[:50], 1, ":2 "),
    "deep nesting": (ROW + b"\n" + b"[" * 100_000 + b"\n", 1, ":2 "),
    "deep objects": (ROW + b"\n" + b'{"a":' * 100_000 + b"\n", 1, ":2 "),
    "huge numbers": (
        b'{"prompt": "a", "completion": "b", "n": ' + b"9" * 10_000 + b"}\n",
        1,
        "a number of 10,000 digits",
    ),
    "an empty file": (b"", 0, "0 rows"),
    "only blank lines": (b"\n\n\n", 0, "0 rows"),
    "a bare number": (b"5\n" + ROW + b"\n", 1, ":1 "),
    "a program": (b"\x7fELF" + bytes(range(256)) * 4, 2, "a program"),
    "binary data": (bytes(range(256)) * 20, 2, "binary"),
    "UTF-16": (ROW.decode().encode("utf-16"), 2, "UTF-16"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, expected, words = BAD[kind]
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    code, said = check(path, capsys)
    assert code == expected, said
    assert words in said
    assert path.read_bytes() == content


def test_a_very_long_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data.jsonl"
    long = {"prompt": "a", "completion": "word " * 2_000_000}
    path.write_text(json.dumps(long) + "\n" + json.dumps({"prompt": "a", "completion": ""}) + "\n")
    code, said = check(path, capsys)
    assert code == 1
    assert ":2 TXT001" in said
    assert len(said) < 20_000


def test_a_folder_a_missing_file_and_one_without_permission(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert check(tmp_path / "empty", capsys)[0] == 2
    assert check(tmp_path / "nowhere.jsonl", capsys)[0] == 2
    locked = tmp_path / "locked.jsonl"
    locked.write_bytes(ROW)
    locked.chmod(0)
    if os.access(locked, os.R_OK):
        pytest.skip("this user may read everything")
    code, said = check(locked, capsys)
    assert code == 2
    assert "permission" in said


def test_damaged_containers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = gzip.compress(ROW * 100)
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "not.jsonl.gz").write_bytes(ROW)
    (tmp_path / "not.parquet").write_bytes(ROW)
    pl.DataFrame({"a": [1], "b": ["x"]}).write_parquet(tmp_path / "columns.parquet")
    assert check(tmp_path / "cut.jsonl.gz", capsys)[0] == 2
    assert check(tmp_path / "not.jsonl.gz", capsys)[0] == 2
    assert check(tmp_path / "not.parquet", capsys)[0] == 2
    table = gzip.compress((tmp_path / "columns.parquet").read_bytes())
    (tmp_path / "cut.parquet.gz").write_bytes(table[: len(table) - 6])
    assert check(tmp_path / "cut.parquet.gz", capsys)[0] == 2
    code, said = check(tmp_path / "columns.parquet", capsys)
    assert code == 1
    assert "no known record format" in said


def test_numbers_of_more_than_64_bits_in_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pl.DataFrame({"prompt": ["a"], "completion": ["b"]})
    huge = pl.Series("n", [2**100], dtype=pl.Int128)
    frame.with_columns(huge).write_parquet(tmp_path / "huge.parquet")
    assert check(tmp_path / "huge.parquet", capsys)[0] == 0


@pytest.mark.parametrize("form", ["[{row}]", '{{"data": [{row}, {row}]}}'])
def test_a_very_long_number_in_an_array(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = '{"prompt": "a", "completion": "b", "n": ' + "9" * 5000 + "}"
    (tmp_path / "data.json").write_text(form.format(row=row), encoding="utf-8")
    code, said = check(tmp_path / "data.json", capsys)
    assert code == 1
    assert "FMT0" in said
