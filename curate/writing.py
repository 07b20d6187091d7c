"""Whole files or none: every output is written beside its final name, synced, then renamed."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from curate.errors import UserError


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A binary file that takes its final name only when it is whole.

    The temporary file stands in the same folder (a rename across file systems is a copy), and
    takes over the permissions of the file that it replaces. On any error it is removed and
    what stood at `path` is untouched.

    Raises UserError when the folder is missing or cannot be written.
    """
    target = Path(path)
    # Through a symbolic link, replace what it points to: the link itself is the user's.
    target = Path(os.path.realpath(target)) if target.is_symlink() else target
    try:
        descriptor, name = tempfile.mkstemp(
            prefix=f".{target.name}.", suffix=".part", dir=target.parent
        )
    except FileNotFoundError:
        raise UserError(f"{target}: the folder {target.parent} does not exist") from None
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror})") from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


def _mode(target: Path) -> int:
    try:
        return target.stat().st_mode & 0o7777
    except FileNotFoundError:
        # mkstemp makes files that only the owner reads; give what open() would have given.
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    # The rename itself lives in the folder; without this a power cut may lose it.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def protect(
    inputs: Iterable[str | os.PathLike[str]], outputs: Iterable[str | os.PathLike[str] | None]
) -> None:
    """Refuse to write over what is read, or to the same file twice; call it before any work.

    Args:
        inputs: files that are read, however they are spelt ("-" is no file).
        outputs: files that would be written; None stands for one that was not asked for.

    Raises UserError naming the file.
    """
    read = {os.path.realpath(path) for path in inputs if os.fspath(path) != "-"}
    taken: set[str] = set()
    for output in outputs:
        if output is None or os.fspath(output) in ("-", os.devnull):
            continue
        place = os.path.realpath(output)
        if place in read:
            raise UserError(
                f"{output}: is read by this command and would be overwritten; choose another name"
            )
        if place in taken:
            raise UserError(
                f"{output}: two results would be written to this file; choose another name"
            )
        taken.add(place)


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write `value` as indented JSON with sorted keys, atomically."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, allow_nan=False)
    with atomic_write(path) as stream:
        stream.write(text.encode() + b"\n")


def write_lines(path: str | os.PathLike[str], lines: Iterable[bytes]) -> int:
    """Write lines (without their newline) atomically; returns how many."""
    count = 0
    with atomic_write(path) as stream:
        for line in lines:
            stream.write(line)
            stream.write(b"\n")
            count += 1
    return count
