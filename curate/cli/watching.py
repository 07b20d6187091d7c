"""Notice that files change, by looking at them twice a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence

INTERVAL_SECONDS = 0.5


def changes(files: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Once at the start, then whenever one of the files is new, gone, or has been written.

    `files` is asked each time; names of files that are not there do no harm.
    """
    before: dict[str, tuple[int, int]] | None = None
    while True:
        now = _states(files())
        if now != before:
            before = now
            yield
        else:
            time.sleep(INTERVAL_SECONDS)


def _states(paths: Sequence[str]) -> dict[str, tuple[int, int]]:
    states = {}
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue  # gone between listing and looking
        states[path] = (status.st_mtime_ns, status.st_size)
    return states
