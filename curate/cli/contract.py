"""`curate contract`: say what the outputs of a set look like, and pin it."""

from __future__ import annotations

import argparse

from curate.cli.command import Command
from curate.schemas.options.contract import ContractOptions
from curate.schemas.options.data import DataOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="files, folders, globs")


COMMANDS = {
    "contract": Command(
        name="contract",
        help="say what the outputs look like, and pin it",
        run="curate.cli.contracting:run",
        options=((ContractOptions, "contract"), (DataOptions, "data")),
        arguments=_arguments,
        description="Infer what the outputs of a set have in common: JSON with these keys, one of a few "
        "labels, a number, a marked final answer; otherwise code, lists, sentences or free text.",
    )
}
