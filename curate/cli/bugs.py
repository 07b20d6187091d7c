"""A bug in curate: a short message for the user, and a log file with everything a report needs."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from curate._version import __version__


def report(error: Exception, arguments: Sequence[str]) -> Path:
    """Write the traceback to a new log file and say where it is."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="curate-bug-", suffix=".log", delete=False
    ) as log:
        log.write(
            f"curate {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        )
        log.write(f"command: curate {' '.join(arguments)}\n\n")
        traceback.print_exception(error, file=log)
    print(
        f"curate: this is a bug in curate, not in your data: {type(error).__name__}: {error}\n"
        f"curate: the details are in {log.name}; please report them",
        file=sys.stderr,
    )
    return Path(log.name)
