"""Processes that ask rules in Python about exchanges (`curate.asking`), seen from the one that lints.

Python runs one thread at a time: while rules in Python ran in this process, expressions would wait for
them, and cores be idle. What is asked of a process that dies, or never comes to life, is asked here.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

import polars as pl

import curate
from curate.asking import Says, ask, introduction, name_of, receive, send
from curate.light_dataclass import dataclass
from curate.sources import suffixes

_MOST = 4  # processes; more would wait for what reads and for expressions
_LOOK_AGAIN_S = 0.01
_PATIENCE_S = 10.0  # a process that is stopped never answers
# Bytes of JSON. A process needs 0.2 s of a core until it can answer.
_WORTH_STARTING = 16 << 20
_PACKED = 4  # bytes of text in one of a compressed file
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from curate.asking import main; main()"
Exchanges = Sequence[tuple[str, str]]


@dataclass(slots=True)
class Question:
    """A rule about some exchanges: once `done`, `reply` is what `curate.asking.ask` gives."""

    name: str
    says: Says
    exchanges: Exchanges
    taken: bool = False
    done: threading.Event = field(default_factory=threading.Event)
    reply: dict[str, Any] | None = None

    def answer(self) -> None:
        """Ask in this process."""
        self.reply = ask(self.says, self.exchanges)
        self.done.set()


class Askers:
    """Some of these processes, each with a thread here that hands it one question after the other.

    Args:
        count: how many.
        is_free: whether this process has nothing better to do than to answer questions itself while
            it waits for an answer.
    """

    def __init__(self, count: int, is_free: Callable[[], bool]) -> None:
        self._is_free = is_free
        self._waiting: deque[Question] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._processes: list[subprocess.Popen[bytes]] = []
        for _ in range(count):
            with contextlib.suppress(OSError, ValueError):
                self._processes.append(_started())
        self._alive = len(self._processes)
        self._threads = [
            threading.Thread(target=self._serve, args=(p,), name="curate-asker", daemon=True)
            for p in self._processes
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, says: Says, exchanges: Exchanges) -> Question | None:
        """Ask in one of the processes, soon. None where no other process can know the rule."""
        name = name_of(says)
        if name is None:
            return None
        question = Question(name, says, exchanges)
        with self._changed:
            self._waiting.append(question)
            self._changed.notify()
        return question

    def reply(self, question: Question) -> dict[str, Any]:
        """The answer to a question, as `curate.asking.ask` gives it, when it is there."""
        since = time.monotonic()
        while not question.done.is_set():
            mine = self._another(question)
            if mine is None and time.monotonic() - since > _PATIENCE_S:
                mine = question
            if mine is not None:
                mine.answer()
            else:
                question.done.wait(_LOOK_AGAIN_S)
        assert question.reply is not None
        return question.reply

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
        for process in self._processes:
            with contextlib.suppress(OSError):
                process.kill()
        for thread in self._threads:
            thread.join(timeout=5)

    def _another(self, question: Question) -> Question | None:
        """A question to be answered here while the answer to this one is missing: best itself."""
        with self._changed:
            if self._alive and not self._is_free():
                return None
            if not question.taken:
                question.taken = True
                return question
            return self._next()

    def _next(self) -> Question | None:
        while self._waiting:
            question = self._waiting.popleft()
            if not question.taken:
                question.taken = True
                return question
        return None

    def _serve(self, process: subprocess.Popen[bytes]) -> None:
        """The life of a thread: questions to its process, until that or all of this ends."""
        question: Question | None = None
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            if receive(process.stdout) != introduction():
                return
            while (question := self._wait()) is not None:
                asked = {"rule": question.name, "exchanges": question.exchanges}
                send(process.stdin, asked)
                question.reply = receive(process.stdout)
                question.done.set()
        except (OSError, EOFError, ValueError):
            pass  # it has died
        finally:
            with self._changed:
                self._alive -= 1
                if question is not None and not question.done.is_set():
                    question.taken = False  # not waiting any more: whoever needs it answers it
            process.kill()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError, AttributeError):
                    stream.close()  # type: ignore[union-attr]  # one that is missing is passed over
            process.wait()

    def _wait(self) -> Question | None:
        with self._changed:
            while not self._closed:
                question = self._next()
                if question is not None:
                    return question
                self._changed.wait()
        return None


def askers_for(paths: Sequence[str], is_free: Callable[[], bool]) -> Askers | None:
    """Processes for what will be asked about the rows of these files; None where they would not pay."""
    if getattr(sys, "frozen", False) or not sys.executable:
        return None  # there is no Python to be started
    if sum(map(_size, paths)) < _WORTH_STARTING:
        return None
    count = min(pl.thread_pool_size() - 1, _MOST)
    return Askers(count, is_free) if count > 0 else None


def _size(path: str) -> int:
    try:
        size = os.path.getsize(path)
    except OSError:
        return 0
    packed = suffixes(path)[1] or path.endswith(".parquet")
    return size * _PACKED if packed else size


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S"]
    if sys.dont_write_bytecode:
        command.append("-B")
    if sys.pycache_prefix is not None:
        command += ["-X", f"pycache_prefix={sys.pycache_prefix}"]
    return subprocess.Popen(
        [*command, "-c", _PROGRAM, *_path()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _path() -> list[str]:
    """Where that process finds modules: where this one does, and last of all where this curate is."""
    home = os.path.dirname(os.path.dirname(os.path.abspath(curate.__file__)))
    path = [os.path.abspath(entry) for entry in sys.path]
    return path if home in path else [*path, home]
