"""Rules asked in other processes say what they say in this one, whatever becomes of those processes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

import curate
from curate import askers, asking
from curate.askers import Askers, askers_for
from curate.linting import Source, lint, lint_sources
from curate.rules import RULES, wrong_arithmetic
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import About, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions

_SAYS = next(
    rule.check.says
    for rule in RULES
    if isinstance(rule, RecordRule) and rule.about.name == "wrong-arithmetic"
    if isinstance(rule.check, OnExchange)
)
_ASKED = ("What is 12 + 30?", "What is 7 * 6?", "Calculate 90 / 2.", "Write a poem about rain.")
_GOOD = (_ASKED[0], "12 + 30 = 42")
_BAD = (_ASKED[0], "12 + 30 = 45")


def _rows() -> Iterator[dict[str, Any]]:
    answers = ("12 + 30 = 42", "7 * 6 = 48", "90 / 2 = 46", "Drops fall.\n1. Drops\n2. Drops")
    for i in range(900):
        turns = [(_ASKED[i % 4], answers[i % 4])]
        if i % 7 == 0:  # several turns: only the record knows the last exchange
            turns.insert(0, ("Hello!", "Hello, what shall I do?"))
        yield {
            "messages": [
                {"role": role, "content": text}
                for turn in turns
                for role, text in zip(("user", "assistant"), turn, strict=True)
            ]
        }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Chat rows, many of them wrong."""
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in _rows()))
    return path


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> list[Askers]:
    """Processes are started for the smallest file; those of each run, in order."""
    made: list[Askers] = []

    class Noted(Askers):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(askers, "_WORTH_STARTING", 0)
    monkeypatch.setattr(askers, "Askers", Noted)
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 3)
    return made


def _found(path: Path, keep: int | None = None, rules: Any = RULES) -> tuple[Any, ...]:
    source = Source(str(path), path.name)
    names = tuple(rule.about.name for rule in rules if isinstance(rule, RecordRule))
    options = LintOptions(select=names)
    report, _ = lint_sources([source], options, DataOptions(), keep_per_rule=keep, rules=rules)
    failures = [item for item in report.not_assessed if item.failed]
    return report.findings, {r.code: r.count for r in report.rules}, failures


def _gone(pid: int) -> bool:
    """Whether a process ends within some seconds; one that nobody waits for counts as well."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("keep", [None, 5])
def test_the_findings_are_those_of_one_process(
    path: Path, keep: int | None, request: pytest.FixtureRequest
) -> None:
    alone = _found(path, keep)
    made: list[Askers] = request.getfixturevalue("eager")
    assert _found(path, keep) == alone
    assert alone[1]["TXT031"] > 300
    assert len(made) == 1
    assert len(made[0]._processes) == 2
    # Nothing of them is left, not even for the system to remember.
    assert all(process.returncode is not None for process in made[0]._processes)


@pytest.mark.parametrize(
    "program",
    [
        "raise SystemExit(1)",
        "import sys; sys.stdout.write('x' * 99); sys.stdout.flush(); sys.stdin.read()",
        # It can be asked, and dies of the first question.
        "import sys; sys.path[:] = sys.argv[1:]; from curate.asking import *; "
        "send(sys.stdout.buffer, introduction()); receive(sys.stdin.buffer); sys.exit(1)",
        # Another version of curate.
        "import sys; sys.path[:] = sys.argv[1:]; from curate.asking import *; "
        "send(sys.stdout.buffer, {**introduction(), 'version': 'x'}); sys.stdin.read()",
        # It never says anything.
        "import sys; sys.stdin.read()",
    ],
)
def test_what_a_dead_process_was_asked_is_answered_here(
    path: Path, program: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = _found(path)
    monkeypatch.setattr(askers, "_PROGRAM", program)
    made: list[Askers] = request.getfixturevalue("eager")
    assert _found(path) == alone
    assert all(process.returncode is not None for process in made[0]._processes)


def test_no_process_can_be_started(
    path: Path, eager: list[Askers], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(askers, "_started", refuse)
    assert _found(path)[1]["TXT031"] > 300
    assert eager[0]._processes == []


def test_a_rule_that_fails_there_fails_as_it_does_here(
    path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    def says(prompt: str, completion: str) -> str | None:
        if "poem" in prompt:
            raise KeyError(prompt[:5])
        return "odd" if "42" in completion else None

    about = About("TST001", "test-rule", Severity.INFO, Confidence.LOW, "s", "r", "{}", "m")
    rule = RecordRule(about, lambda options: pl.lit(True), OnExchange(says))
    alone = _found(path, rules=[rule])
    assert alone[2]
    assert "KeyError" in alone[2][0].reason
    # A process that has no such function says that it failed on each.
    monkeypatch.setattr(askers, "name_of", lambda says: "curate.rules.wrong_arithmetic:nothing")
    made: list[Askers] = request.getfixturevalue("eager")
    assert _found(path, rules=[rule]) == alone
    assert made


def test_small_files_start_no_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(askers, "_started", lambda: pytest.fail("a process was started"))
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 8)
    assert lint([path], LintOptions(select=("wrong-arithmetic",))).findings


def test_for_which_files_processes_are_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(askers, "Askers", lambda count, is_free: count)
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 2)
    large, packed = tmp_path / "large.jsonl", tmp_path / "packed.jsonl.gz"
    for file, size in ((large, 16 << 20), (packed, 4 << 20)):
        with file.open("wb") as stream:
            stream.truncate(size)

    def count(*paths: Path) -> Any:
        return askers_for([str(p) for p in paths], lambda: True)

    assert count(large) == 1
    assert count(packed) == 1
    assert count(tmp_path / "missing.jsonl") is None
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 64)
    assert count(large) == 4
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 1)
    assert count(large) is None
    monkeypatch.setattr(pl, "thread_pool_size", lambda: 2)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert count(large) is None  # the executable is no Python


def test_a_stopped_process_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(askers, "_PATIENCE_S", 0.2)
    processes = Askers(1, lambda: False)
    try:
        first = processes.ask(_SAYS, [_GOOD])
        assert first is not None
        assert processes.reply(first) == {"said": [], "failed": []}
        processes._processes[0].send_signal(signal.SIGSTOP)
        second = processes.ask(_SAYS, [_GOOD, _BAD])
        assert second is not None
        assert [i for i, _ in processes.reply(second)["said"]] == [1]
    finally:
        processes.close()


def test_only_functions_of_rules_are_found_by_name() -> None:
    name = asking.name_of(_SAYS)
    assert name == "curate.rules.wrong_arithmetic:_says"
    assert asking.function_of(name) is wrong_arithmetic._says
    assert asking.name_of(lambda prompt, completion: None) is None
    for other in ("os:system", "curate.rules:RULES", "curate.cli:main"):
        with pytest.raises(ValueError, match="no rule's"):
            asking.function_of(other)


def test_the_other_end_answers_until_its_input_ends() -> None:
    requests, replies = io.BytesIO(), io.BytesIO()
    asking.send(requests, {"rule": asking.name_of(_SAYS), "exchanges": [_GOOD, _BAD]})
    asking.send(requests, {"rule": "os:system", "exchanges": [("true", "true")]})
    requests.write(b"\0\0")
    requests.seek(0)
    asking.serve(requests, replies)
    replies.seek(0)
    assert asking.receive(replies) == asking.introduction()
    [[index, said]] = asking.receive(replies)["said"]
    assert (index, said) == (1, _SAYS(*_BAD))
    assert asking.receive(replies) == {"said": [], "failed": [0]}
    with pytest.raises(EOFError):
        asking.receive(replies)


_LIBRARY = """
    import sys
    sys.path.insert(0, {home!r})
    import polars as pl
    pl.thread_pool_size = lambda: 2
    from curate import askers
    import curate
    askers._WORTH_STARTING = 0
    started = askers._started
    def noted():
        process = started()
        print("started", process.pid, flush=True)
        return process
    askers._started = noted
"""
_HOME = os.path.dirname(os.path.dirname(os.path.abspath(curate.__file__)))


def _script(body: str, *arguments: str, **how: Any) -> subprocess.Popen[str]:
    code = textwrap.dedent(_LIBRARY.format(home=_HOME)) + textwrap.dedent(body)
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], **pipes, **how)


def test_a_script_without_a_main_guard_runs_once(path: Path) -> None:
    """The processes import curate's rules, and never the script that lints."""
    script = _script("print('found', curate.lint([sys.argv[1]]).rows)", str(path))
    out, err = script.communicate(timeout=60)
    assert (out.count("started"), out.count("found"), err) == (1, 1, "")


_WAITS = """
    import time
    processes = askers.Askers(1, lambda: False)
    from curate.rules.wrong_arithmetic import _says
    question = processes.ask(_says, [("What is 1 + 1?", "1 + 1 = 3")])
    try:
        print("said", len(processes.reply(question)["said"]), flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        processes.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals to a process group")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_one_that_started_it(how: signal.Signals) -> None:
    script = _script(_WAITS, start_new_session=True)
    assert script.stdout is not None
    pid = int(script.stdout.readline().split()[1])
    assert script.stdout.readline() == "said 1\n"
    if how is signal.SIGINT:
        os.killpg(script.pid, how)  # Ctrl-C goes to all of a terminal's processes
    else:
        script.kill()
    _, err = script.communicate(timeout=60)
    assert err == ""
    assert _gone(pid)
