"""`history.jsonl`: one event a line, append-only, cut back to a checkpoint's point on resume."""

from __future__ import annotations

import os
from pathlib import Path

from curate.schemas.training_artifacts import EVENTS, Event


class History:
    """The history file of one run, open for appending.

    Args:
        path: the file; made when missing.
        keep: how many bytes of it count. What follows them was written after the checkpoint that
            the run goes on from, and will be written again. None keeps all.
    """

    def __init__(self, path: Path, keep: int | None = None) -> None:
        self._file = path.open("ab")
        if keep is not None:
            self._file.truncate(keep)
            self._file.seek(0, os.SEEK_END)

    def write(self, event: Event) -> None:
        """Append an event; it is on its way to the disk when this returns."""
        self._file.write(event.model_dump_json().encode() + b"\n")
        self._file.flush()

    def synced_size(self) -> int:
        """Force everything written to the disk; returns the file's size in bytes."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_history(path: Path) -> list[Event]:
    """All events of a history; a last line that was cut off by a crash is left out."""
    with path.open("rb") as file:
        return [EVENTS.validate_json(line) for line in file if line.endswith(b"\n")]
