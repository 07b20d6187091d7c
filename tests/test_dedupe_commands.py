"""`curate dedupe` and `curate split` as commands: exit codes and what they print."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.cli import main
from curate.cli.dedupe import marked

TEXT = "the same long sentence stands here twice or nearly so in this little file of ours"


@pytest.fixture(name="data")
def data_fixture(write_jsonl: Callable[..., Path]) -> Path:
    rows = [TEXT, TEXT, TEXT.replace("ours", "theirs"), "something else"]
    rows += [f"row {i} has words {i * 7} of its own {i * 13}" for i in range(6)]
    return write_jsonl([{"text": text} for text in rows])


def test_check_exits_with_1_and_writes_nothing(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(data.parent.iterdir())
    assert main(["dedupe", str(data), "--check"]) == 1
    printed = capsys.readouterr().out
    assert "10 rows: 8 stay, 2 would go (20.0%)" in printed
    assert "the same bytes" in printed
    assert sorted(data.parent.iterdir()) == before
    assert main(["dedupe", str(data), "-o", "clean.jsonl"]) == 0
    capsys.readouterr()
    assert main(["dedupe", "clean.jsonl", "--check"]) == 0


def test_json_and_rows_on_standard_output(
    data: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["dedupe", str(data), "-o", "-", "--output-format", "json"]) == 0
    out, err = capfdbinary.readouterr()
    lines = data.read_bytes().splitlines(keepends=True)
    assert out == b"".join([lines[0], *lines[3:]])
    report = json.loads(err)
    assert (report["version"], report["kept"], report["reasons"]) == (1, 8, {"exact": 1, "near": 1})


def test_mistakes_exit_with_2(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dedupe", "missing.jsonl"]) == 2
    assert main(["dedupe", str(data), "--max-removed-share", "0.1"]) == 2
    assert main(["dedupe", str(data), "--memory", "much"]) == 2
    assert main(["dedupe", str(data), "--keep", "best"]) == 2
    assert main(["split", str(data), "--val", "0.6", "--test", "0.5"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_split_prints_what_was_achieved(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["split", str(data), "-o", "splits", "--output-format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["rows"] == {"train": 8, "val": 1, "test": 1}
    assert main(["split", str(data), "-o", "splits"]) == 0
    assert "10 rows stay where the earlier split put them" in capsys.readouterr().out


def test_differing_words_are_marked() -> None:
    left, right = marked("one two three", "one 2 three")
    assert left.plain.split() == ["one", "two", "three"]
    assert [left.plain[s.start : s.end].strip() for s in left.spans] == ["two"]
    assert [right.plain[s.start : s.end].strip() for s in right.spans] == ["2"]
