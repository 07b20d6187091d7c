"""`--num-processes N`: the same command once for each process, watched until all have ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO

from curate.errors import EXIT_CLEAN, UserError

_POLL_SECONDS = 0.2
# How long the others may take to end by themselves once one has failed.
_GRACE_SECONDS = 15.0


def is_launched() -> bool:
    """Whether this process is one of several already (ours, torchrun's or accelerate's)."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def launch(arguments: Sequence[str], processes: int) -> int:
    """Run `python -m curate ARGUMENTS` in so many processes; returns the exit code of the first.

    The first process speaks to the user; of another, only what it said before failing is shown.
    When one fails, the others are ended.

    Raises:
        UserError: a process was killed from outside; the message says how to go on.
    """
    with ExitStack() as open_files:
        said = [open_files.enter_context(tempfile.TemporaryFile()) for _ in range(processes)]
        workers = _start(arguments, said)
        try:
            failed = _wait(workers)
        except KeyboardInterrupt:
            # The terminal has told all of them; they write a checkpoint and end.
            for worker in workers:
                worker.wait()
            raise
        finally:
            for worker in workers:
                if worker.poll() is None:
                    worker.kill()
                    worker.wait()
        if failed is None:
            return EXIT_CLEAN
        code = workers[failed].returncode
        if code < 0:
            raise UserError(
                f"process {failed} of {processes} was killed ({signal.Signals(-code).name}); the "
                "others were ended. Go on from the last checkpoint with --resume"
            )
        if failed:
            said[failed].seek(0)
            sys.stderr.write(said[failed].read().decode(errors="replace"))
        return code


def _start(arguments: Sequence[str], said: Sequence[IO[bytes]]) -> list[subprocess.Popen[bytes]]:
    """One process for each file of `said`, which takes what it says; the first speaks for itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [
        subprocess.Popen(
            [sys.executable, "-m", "curate", *arguments],
            env={
                **os.environ,
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": str(len(said)),
                "LOCAL_WORLD_SIZE": str(len(said)),
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": str(port),
            },
            stdout=None if rank == 0 else subprocess.DEVNULL,
            stderr=None if rank == 0 else said[rank],
        )
        for rank in range(len(said))
    ]


def _wait(workers: Sequence[subprocess.Popen[bytes]]) -> int | None:
    """Wait until all have ended well (None), or one has failed and the others had their time."""
    failed: int | None = None
    deadline = float("inf")
    while any(w.poll() is None for w in workers) and time.monotonic() < deadline:
        if failed is None:
            failed = next((i for i, w in enumerate(workers) if w.poll() not in (None, 0)), None)
            if failed is not None:
                deadline = time.monotonic() + _GRACE_SECONDS
        time.sleep(_POLL_SECONDS)
    if failed is None:
        failed = next((i for i, w in enumerate(workers) if w.returncode), None)
    return failed
