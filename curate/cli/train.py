"""`curate train DATA`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN
from curate.schemas.options.train import Method, TrainOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="a file, or a folder with train and val files")


def _run(invocation: Invocation) -> int:
    from rich.console import Console

    from curate.train.command import preview, train
    from curate.train.curve_command import learning_curve
    from curate.train.launching import is_launched, launch

    options = invocation.options(TrainOptions, "train")
    data = Path(invocation.arguments.data)
    if options.preview:
        preview(data, options, Console())
        return EXIT_CLEAN
    if options.learning_curve:
        forecast = learning_curve(data, options, Console(file=sys.stderr))
        print(forecast.sentence())
        return EXIT_CLEAN
    if options.num_processes > 1 and not is_launched():
        return launch(sys.argv[1:], options.num_processes)
    # Progress goes to stderr, so that the result can be taken from stdout.
    result = train(
        data, options, origins=invocation.origins["train"], console=Console(file=sys.stderr)
    )
    if os.environ.get("RANK", "0") == "0":
        print(result.summary())
        if options.method is Method.SFT:
            print(f"Rows that it never learnt: curate lint --run {result.run} --select DYN")
    return EXIT_CLEAN


COMMANDS = {
    "train": Command(
        name="train",
        help="fine-tune, watching the gap between train and validation loss",
        run=_run,
        options=((TrainOptions, "train"),),
        arguments=_arguments,
    )
}
