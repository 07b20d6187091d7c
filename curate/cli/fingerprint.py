"""`curate fingerprint`: a benchmark's prompts as hashes, to look for without showing them."""

from __future__ import annotations

import argparse

from curate.cli.command import Command
from curate.schemas.options.data import DataOptions
from curate.schemas.options.fingerprint import FingerprintOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the benchmark")


COMMANDS = {
    "fingerprint": Command(
        name="fingerprint",
        help="hash a benchmark's prompts, to look for them without their text",
        run="curate.cli.fingerprinting:run",
        options=((FingerprintOptions, "fingerprint"), (DataOptions, "data")),
        arguments=_arguments,
    )
}
