"""`curate run`: the whole way, and a closing summary."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.cli.command import Command, Invocation
from curate.errors import EXIT_CLEAN
from curate.schemas.options.data import DataOptions
from curate.schemas.options.run import RunOptions

if TYPE_CHECKING:
    from curate.pipeline import Plan


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "config",
        nargs="?",
        metavar="CONFIG",
        help="configuration file; the closest curate.toml without",
    )


def run(invocation: Invocation) -> int:
    """Plan from the configuration, go, and print what came of it."""
    from rich.console import Console

    from curate.cli.run_summary import Narrator
    from curate.pipeline import run as run_pipeline

    plan = plan_of(invocation)
    console = Console(highlight=False)
    narrator = Narrator(console)
    result = run_pipeline(
        plan, announce=narrator.begin, finished=narrator.end, console=Console(stderr=True)
    )
    narrator.close(result)
    return EXIT_CLEAN


def plan_of(invocation: Invocation) -> Plan:
    """The options of all steps. Raises UserError for a mistake in any of them."""
    from curate.pipeline import Plan
    from curate.schemas.options.compare import CompareOptions
    from curate.schemas.options.dedupe import DedupeOptions
    from curate.schemas.options.lint import LintOptions
    from curate.schemas.options.split import SplitOptions
    from curate.schemas.options.train import TrainOptions

    options = _placed(invocation)
    data = invocation.options(DataOptions, "data")
    reading = data.model_dump()
    train = invocation.options(TrainOptions, "train")
    model = _model(train.model, invocation.config.folder)
    return Plan(
        run=options,
        data=data,
        lint=invocation.options(LintOptions, "lint"),
        dedupe=invocation.options(DedupeOptions, "dedupe"),
        split=invocation.options(SplitOptions, "split"),
        train=train.model_copy(update={**reading, "model": model}),
        compare=invocation.options(CompareOptions, "compare").model_copy(update=reading),
        origins=invocation.origins,
    )


def _placed(invocation: Invocation) -> RunOptions:
    """The run's options, paths of the configuration file made relative to where we stand."""
    options = invocation.options(RunOptions, "run")
    origins, folder = invocation.origins["run"], _short(invocation.config.folder)
    changes: dict[str, Any] = {}
    if origins["data"] not in ("flag", "default"):
        changes["data"] = tuple(os.path.normpath(folder / name) for name in options.data)
    if options.output is not None and origins["output"] not in ("flag", "default"):
        changes["output"] = Path(os.path.normpath(folder / options.output))
    return options.model_copy(update=changes)


def _model(name: str | None, folder: Path) -> str | None:
    """A model that is a path beside the configuration file, as a path from here."""
    beside = folder / name if name else None
    return str(_short(beside)) if beside is not None and beside.exists() else name


def _short(path: Path) -> Path:
    relative = Path(os.path.relpath(path))
    return path if relative.parts[:1] == ("..",) else relative


COMMANDS = {
    "run": Command(
        "run",
        "the whole way: lint, dedupe, split, train, compare, report",
        run,
        options=((RunOptions, "run"), (DataOptions, "data")),
        arguments=_arguments,
        description="Lint, dedupe, split, train, compare and report, as curate.toml says; a step that is up "
        "to date is not done again. The input is never changed.",
    )
}
