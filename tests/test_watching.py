"""`curate lint --watch`: files are written, broken, removed and come back while it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.cli import watching
from curate.cli.watching import changes

GOOD = '{"prompt": "What is it?", "completion": "A house."}\n'
PATIENCE_SECONDS = 60.0


class Watcher:
    """`curate lint --watch` in a folder of its own, and what it has printed so far."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.out, self.err = folder.parent / "out.txt", folder.parent / "err.txt"
        command = [sys.executable, "-m", "curate", "lint", "--isolated", "--no-cache", "--watch"]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [*command, "--select", "FMT", *arguments],
                cwd=folder,
                stdout=out,
                stderr=err,
                # A job in the background of a shell would ignore Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )

    def checks(self) -> int:
        return self.err.read_text().count("watching; Ctrl-C ends")

    def after(self, checks: int) -> str:
        """What was printed once so many checks are done."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.checks() < checks:
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < end, self.out.read_text()
            time.sleep(0.05)
        return self.out.read_text() + self.err.read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.jsonl").write_text(GOOD)
    return folder


@pytest.fixture
def ended() -> Iterator[list[Watcher]]:
    watchers: list[Watcher] = []
    yield watchers
    for watcher in watchers:
        watcher.process.kill()
        watcher.process.wait()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent as a signal")
def test_files_come_go_and_break_until_ctrl_c(folder: Path, ended: list[Watcher]) -> None:
    watcher = Watcher(folder, "--output-format", "jsonl", ".")
    ended.append(watcher)
    assert "FMT001" not in watcher.after(1)
    (folder / "b.jsonl").write_text('{"prompt": "cut')
    assert "b.jsonl" in watcher.after(2)
    (folder / "b.jsonl").unlink()
    watcher.after(3)
    (folder / "a.jsonl").unlink()
    assert "no data file in this folder" in watcher.after(4)
    (folder / "a.jsonl").write_text(GOOD * 2)
    watcher.after(5)
    watcher.process.send_signal(signal.SIGINT)
    assert watcher.process.wait(PATIENCE_SECONDS) == 130
    assert "Traceback" not in watcher.err.read_text()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent as a signal")
def test_the_report_that_it_writes_is_neither_checked_nor_a_change(
    folder: Path, ended: list[Watcher]
) -> None:
    watcher = Watcher(folder, "--output-format", "json", "--output", "report.json", ".")
    ended.append(watcher)
    watcher.after(1)
    time.sleep(3 * watching.INTERVAL_SECONDS)
    assert watcher.checks() == 1
    (folder / "a.jsonl").write_text("{broken")
    watcher.after(2)
    report = (folder / "report.json").read_text()
    assert '"files": 1' in report or '"files":1' in report
    assert "FMT001" in report


def test_a_change_is_noticed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, missing = tmp_path / "a.jsonl", tmp_path / "missing.jsonl"
    file.write_text(GOOD)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            file.write_text(GOOD * 2)
        if len(slept) > 4:
            raise KeyboardInterrupt

    monkeypatch.setattr("curate.cli.watching.time.sleep", sleep)
    noticed = changes(lambda: [str(file), str(missing)])
    next(noticed)
    assert len(slept) == 0
    next(noticed)
    assert len(slept) == 2
    with pytest.raises(KeyboardInterrupt):
        next(noticed)
