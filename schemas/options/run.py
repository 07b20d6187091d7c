"""Options of `curate run`."""

from __future__ import annotations

from pathlib import Path

from curate.schemas.findings import Severity
from curate.schemas.options.base import Options, option


class RunOptions(Options):
    """What the whole way starts from, and what it does on it.

    Paths in a configuration file are relative to that file.
    """

    data: tuple[str, ...] = option(
        (), "Data files, folders or patterns to start from.", metavar="FILES"
    )
    output: Path | None = option(
        None,
        "The run's folder; runs/NAME of the first data file without it.",
        short="-o",
        metavar="RUN",
    )
    fix: bool = option(True, "Apply safe fixes to a copy of the data; the input is never changed.")
    drop: Severity = option(
        Severity.ERROR,
        "Rows with findings of this severity or above (and at least medium confidence) are left out.",
    )
    train: bool = option(True, "Train; without it the way ends with the splits.")
    compare: bool = option(True, "Compare base and tuned model on the test split.")
    fresh: bool = option(False, "Do every step again, also those that are up to date.")
