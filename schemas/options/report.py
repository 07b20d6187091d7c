"""Options of `curate report`."""

from __future__ import annotations

from pathlib import Path

from curate.schemas.options.base import Options, option


class ReportOptions(Options):
    """Where the page goes."""

    output: Path | None = option(
        None, "The page; report.html in the run's folder without it.", short="-o", metavar="FILE"
    )
