"""`curate report RUN`: call `curate.reporting.report`, say where the page is."""

from __future__ import annotations

import argparse
from pathlib import Path

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN
from curate.schemas.options.report import ReportOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run's folder")


def run(invocation: Invocation) -> int:
    """Run the command."""
    from curate.reporting import report

    options = invocation.options(ReportOptions, "report")
    print(f"wrote {report(Path(invocation.arguments.run), options.output)}")
    return EXIT_CLEAN


COMMANDS = {
    "report": Command(
        name="report",
        help="one self-contained HTML page of a run",
        run=run,
        options=((ReportOptions, "report"),),
        arguments=_arguments,
        description="What was found in the data, what was left out and why, the splits, how training "
        "went, and whether it was worth it: one page without scripts or outside files.",
    )
}
