"""`curate init`."""

from __future__ import annotations

import argparse
from pathlib import Path

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN
from curate.schemas.options.init import InitOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", metavar="FILES", help="data files; found in this folder without"
    )


def run(invocation: Invocation) -> int:
    """Write the files, and say what to do next."""
    from curate.starting import init

    options = invocation.options(InitOptions, "init")
    started = init(invocation.arguments.files, Path(), options)
    for path in started.written:
        print(f"wrote {path}")
    for path in started.left:
        print(f"left {path} as it is; add to it:\n\n{started.hooks}")
    print("next: `curate lint` to see what is wrong, `curate run` to go the whole way")
    return EXIT_CLEAN


COMMANDS = {
    "init": Command(
        "init",
        "write a starting curate.toml and pre-commit configuration",
        run,
        options=((InitOptions, "init"),),
        arguments=_arguments,
    )
}
