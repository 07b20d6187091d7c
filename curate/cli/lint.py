"""`curate lint`."""

from __future__ import annotations

import argparse

from curate.cli.command import Command
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILES",
        help="files, folders or globs; - for standard input [default: the working folder, or the files of --run]",
    )


COMMANDS = {
    "lint": Command(
        name="lint",
        help="check data, print what is wrong; --fix mends what is safe",
        run="curate.cli.linting:run",
        options=((LintOptions, "lint"), (DataOptions, "data")),
        arguments=_arguments,
    )
}
