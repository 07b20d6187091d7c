"""`curate score FILE --model RUN`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN, UserError
from curate.schemas.options.score import ScoreOptions


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="rows with an answer, in any format")


def _run(invocation: Invocation) -> int:
    import orjson

    from curate.train.scoring import load_reward, score_file
    from curate.writing import protect, write_lines

    options = invocation.options(ScoreOptions, "score")
    path = Path(invocation.arguments.file)
    if options.model is None:
        raise UserError(
            "which reward model? Give --model RUN, a run of `curate train --method reward`"
        )
    protect((path,), (options.output,))
    reward = load_reward(options.model, batch_tokens=options.batch_tokens)
    rows = score_file(path, reward, options, options.score_field, _progress)
    lines = [orjson.dumps(row) for row in rows]
    if options.output is None:
        print("\n".join(line.decode() for line in lines))
        return EXIT_CLEAN
    write_lines(options.output, lines)
    scores = [row[options.score_field] for row in rows]
    print(
        f"scored {len(rows):,} rows into {options.output}: {options.score_field} from "
        f"{min(scores):.3g} to {max(scores):.3g}, mean {sum(scores) / len(scores):.3g}"
    )
    return EXIT_CLEAN


def _progress(count: int) -> None:
    if sys.stderr.isatty():
        print(f"{count:,} answers scored", end="\r", file=sys.stderr)


COMMANDS = {
    "score": Command(
        name="score",
        help="score answers with a reward model",
        run=_run,
        options=((ScoreOptions, "score"),),
        arguments=_arguments,
        description="The reward of each row's answer, added to the row: to look at, to sort by, or for "
        "`curate dedupe --keep best --keep-by score`.",
    )
}
