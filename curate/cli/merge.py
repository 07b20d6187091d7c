"""`curate merge RUN`."""

from __future__ import annotations

import argparse
from pathlib import Path

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN
from curate.schemas.options.merge import MergeOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run's folder, or an adapter's")


def _run(invocation: Invocation) -> int:
    import torch

    from curate.train.exporting import merge

    options = invocation.options(MergeOptions, "merge")
    run = Path(invocation.arguments.run)
    report = merge(run, options.output or run / "merged", dtype=getattr(torch, options.dtype.value))
    print(report.summary())
    return EXIT_CLEAN


COMMANDS = {
    "merge": Command(
        name="merge",
        help="merge an adapter into its base model",
        run=_run,
        options=((MergeOptions, "merge"),),
        arguments=_arguments,
    )
}
