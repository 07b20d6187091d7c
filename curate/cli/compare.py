"""`curate compare [RUN]`: call `curate.train.comparing.compare`, print the table and the advice."""

from __future__ import annotations

import argparse
import sys

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN
from curate.schemas.options.compare import CompareOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", nargs="?", metavar="RUN", help="a run folder; or give --data, --model, --adapter"
    )
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", help="where the files go; the run folder without it"
    )
    parser.add_argument(
        "--output-format", choices=("text", "json"), default="text", help="what is printed"
    )


def run(invocation: Invocation) -> int:
    """Run the command."""
    from curate.output.comparison import comparison_lines
    from curate.train.comparing import compare

    options = invocation.options(CompareOptions, "compare")
    folder, output = invocation.path("run"), invocation.path("output")
    comparison = compare(
        folder, options, output=output, announce=lambda said: print(said, file=sys.stderr)
    )
    if invocation.arguments.output_format == "json":
        print(comparison.model_dump_json(indent=2))
        return EXIT_CLEAN
    for line in comparison_lines(comparison):
        print(line)
    where = output or folder
    print(f"wrote compare.json, compare.jsonl and compare.svg in {where if where else '.'}")
    return EXIT_CLEAN


COMMANDS = {
    "compare": Command(
        name="compare",
        help="did fine-tuning help? measured on held-out examples",
        run=run,
        options=((CompareOptions, "compare"),),
        arguments=_arguments,
        description="Prompting, few-shot examples, retrieval and the tuned model, each on the same "
        "held-out rows: the task's metrics with their intervals, tokens, time, memory, cost, and one "
        "sentence of advice.",
    )
}
