"""`curate split`: parse, call `curate.splitting.split`, say what was achieved."""

from __future__ import annotations

import argparse
import dataclasses
import json

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN
from curate.plurals import counted
from curate.schemas.options.data import DataOptions
from curate.schemas.options.split import SplitOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the file to split, or -")


def run(invocation: Invocation) -> int:
    """Run the command."""
    options = invocation.options(SplitOptions, "split")
    data = invocation.options(DataOptions, "data")
    from rich.console import Console

    from curate.cli.progress import stages
    from curate.splitting import NAMES, split

    with stages(quiet=options.output_format == "json") as progress:
        result = split(invocation.arguments.file, None, options, data, progress=progress)
    if options.output_format == "json":
        print(
            json.dumps({"version": 1, **dataclasses.asdict(result)}, indent=2, ensure_ascii=False)
        )
        return EXIT_CLEAN
    console = Console(highlight=False, soft_wrap=True)
    wanted = {"train": 1 - options.val - options.test, "val": options.val, "test": options.test}
    for name in NAMES:
        console.print(
            f"{name:<6}{result.rows[name]:>9,} rows  {result.shares[name]:6.1%}  "
            f"(wanted {wanted[name]:.1%})"
        )
    by = f", stratified by {result.stratified_by}" if result.stratified_by else ""
    console.print(
        f"{result.clusters:,} clusters (the largest of {counted(result.largest_cluster, 'row')}), none in two "
        f"splits{by}",
        style="dim",
    )
    if result.kept_in_place:
        console.print(f"{result.kept_in_place:,} rows stay where the earlier split put them")
    for warning in result.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False)
    console.print(f"wrote {result.folder}", markup=False)
    return EXIT_CLEAN


COMMANDS = {
    "split": Command(
        name="split",
        help="train, validation and test, with no near duplicate across them",
        run=run,
        options=((SplitOptions, "split"), (DataOptions, "data")),
        arguments=_arguments,
    )
}
