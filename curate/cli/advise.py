"""`curate advise FILE`: call `curate.advising.advise`, print the advice and its reasons."""

from __future__ import annotations

import argparse

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN
from curate.schemas.options.advise import AdviseOptions
from curate.schemas.options.data import DataOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="data files, or -")


def run(invocation: Invocation) -> int:
    """Run the command."""
    from curate.advising import advise

    options = invocation.options(AdviseOptions, "advise")
    data = invocation.options(DataOptions, "data")
    advice = advise(invocation.arguments.files, options, data)
    if options.output_format == "json":
        print(advice.model_dump_json(indent=2))
        return EXIT_CLEAN
    print(advice.sentence)
    if advice.left_out:
        rows = "row" if advice.left_out == 1 else "rows"
        print(f"left out {advice.left_out:,} {rows} that cannot be read; `curate lint` names them")
    print()
    for reason in advice.reasons:
        print(f"{reason.weight:>8}  for {reason.speaks_for.value}: {reason.text}")
        for row in reason.rows:
            print(f"{'':10}{row.path}:{row.line}: {row.shown}")
    if advice.settle is not None:
        print(f"\nNo model has been asked yet. This would settle it:\n  {advice.settle}")
    return EXIT_CLEAN


COMMANDS = {
    "advise": Command(
        name="advise",
        help="fine-tune, prompt or retrieve? what the data says",
        run=run,
        options=((AdviseOptions, "advise"), (DataOptions, "data")),
        arguments=_arguments,
        description="Reads the data, no model: is what it teaches a form, which fine-tuning makes "
        "certain, or facts, which belong in retrieval, or nothing that a prompt would not do?",
    )
}
