"""No command writes over what it reads, or two results into one file; mistakes exit with 2."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curate.cli import main

ROW = {"prompt": "Name a fruit that is red and round.", "completion": "An apple."}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Forty rows and two duplicates, in data.jsonl."""
    rows = [{**ROW, "prompt": f"{ROW['prompt']} Number {i} of {i * i}?"} for i in range(40)]
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in [*rows, *rows[:2]]))
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["dedupe", "data.jsonl", "--removed", "data.jsonl"],
        ["dedupe", "data.jsonl", "--clusters", "./x/../data.jsonl"],
        ["dedupe", "data.jsonl", "-o", "data.jsonl"],
        ["dedupe", "data.jsonl", "-o", "z.jsonl", "--removed", "z.jsonl"],
        ["dedupe", "data.jsonl", "--removed", "data.dedup.jsonl"],
        ["dedupe", "other.jsonl", "--against", "data.jsonl", "-o", "data.jsonl"],
        ["dedupe", "other.jsonl", "--against", "data.jsonl", "--removed", "data.jsonl"],
        ["lint", "data.jsonl", "-o", "data.jsonl"],
        ["lint", "data.jsonl", "--write-baseline", "link.jsonl"],
        ["contract", "data.jsonl", "-o", "data.jsonl"],
        ["split", "parts/train.jsonl", "-o", "parts"],
        ["split", "data.jsonl", "-o", "parts"],
    ],
)
def test_what_is_read_is_never_written_over(
    data: Path, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "train.jsonl").write_bytes(data.read_bytes())
    (tmp_path / "other.jsonl").write_bytes(data.read_bytes())
    (tmp_path / "link.jsonl").symlink_to(data)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*.jsonl")}
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert {p: p.read_bytes() for p in tmp_path.rglob("*.jsonl")} == before


def test_in_place_and_a_second_split_are_meant(data: Path) -> None:
    assert main(["dedupe", str(data), "--in-place", "--removed", "gone.jsonl"]) == 0
    assert main(["split", str(data), "-o", "parts"]) == 0
    assert main(["split", str(data), "-o", "parts"]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["split", "data.jsonl", "-o", "data.jsonl"],
        ["run", "--data", "data.jsonl", "--no-train", "-o", "data.jsonl"],
        ["split", "garbage.jsonl", "-o", "parts"],
    ],
)
def test_what_cannot_be_is_the_users_mistake(
    data: Path, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "garbage.jsonl").write_text("no json\n" * 20)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert "bug" not in error


def test_fix_only_mends_and_is_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"prompt": "Q", "completion": ""}\n{"prompt": "Q", "completion": "A",}\n')
    assert main(["lint", "data.jsonl", "--fix-only"]) == 0
    mended = path.read_text()
    assert mended.splitlines()[1] == '{"prompt": "Q", "completion": "A"}'
    assert main(["lint", "data.jsonl", "--fix-only"]) == 0
    assert path.read_text() == mended


# Until Python itself is up an interrupt is none of ours, and a busy machine takes its time for that.
_STARTS = "import curate.__main__; print('up', flush=True); curate.__main__.start()"


@pytest.mark.parametrize("delay", [0.03, 0.1, 0.3])
def test_an_interrupt_while_starting_is_an_interrupt(data: Path, delay: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _STARTS, "lint", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error == "curate: interrupted\n"
