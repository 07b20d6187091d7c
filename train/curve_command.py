"""`curate train --learning-curve`: the same recipe on nested parts of the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console

from curate.errors import UserError
from curate.schemas.options.train import Method, TrainOptions
from curate.train.command import train
from curate.train.datasets import load_training_data
from curate.train.dynamics import FILE_NAME
from curate.train.evaluations import ExampleLosses
from curate.train.learning_curve import Forecast, forecast, nested_sizes
from curate.writing import write_json, write_lines

_FEWEST_SIZES = 3


def learning_curve(data: Path, options: TrainOptions, console: Console | None = None) -> Forecast:
    """Train on n/8, n/4, n/2 and n examples; what doubling n would buy.

    Each part is a run of its own below the output folder; `learning_curve.json` holds the result.
    A run that is there already is gone on with, or taken as it is.

    Raises:
        UserError: too few examples for three sizes, or training data that is no JSON Lines file.
    """
    if options.method in (Method.PPO, Method.GRPO):
        raise UserError(f"--learning-curve needs a loss, and --method {options.method} has none")
    folder = options.output or Path("runs") / f"{data.name.split('.')[0]}-learning-curve"
    found = load_training_data(data, options, folder / "splits")
    if found.train_path.suffix not in (".jsonl", ".ndjson"):
        raise UserError(f"{found.train_path}: --learning-curve takes JSON Lines files")
    sizes = nested_sizes(len(found.train))
    if len(sizes) < _FEWEST_SIZES:
        raise UserError(
            f"{found.train_path}: {len(found.train)} examples are too few for a learning curve; "
            "it needs 64 or more"
        )
    lines = found.train_path.read_bytes().splitlines()
    order = np.random.default_rng([options.seed, 4]).permutation(len(found.train))
    measured = []
    for size in sizes:
        part = folder / f"n-{size:06d}"
        part.mkdir(parents=True, exist_ok=True)
        chosen = sorted(int(i) for i in order[:size])
        write_lines(part / "train.jsonl", (lines[(found.train[i].line or 1) - 1] for i in chosen))
        settings = options.model_copy(
            update={"output": part, "val": found.val_path, "resume": True, "learning_curve": False}
        )
        result = train(part / "train.jsonl", settings, console=console)
        measured.append(_at_best(part, result.best_step))
    found_forecast = forecast(sizes, measured, options.seed)
    write_json(
        folder / "learning_curve.json",
        {
            "sizes": list(found_forecast.sizes),
            "losses": list(found_forecast.losses),
            "gain_of_doubling": found_forecast.gain,
            "interval_80": list(found_forecast.interval),
            "floor": found_forecast.law.floor,
            "scale": found_forecast.law.scale,
            "exponent": found_forecast.law.exponent,
            "sentence": found_forecast.sentence(),
        },
    )
    return found_forecast


def _at_best(run: Path, step: int) -> ExampleLosses:
    """The validation losses of a run at one step, row by row."""
    import polars as pl

    frame = pl.read_parquet(run / FILE_NAME).filter(split="val", step=step)
    tokens = frame["tokens"].to_numpy()
    return ExampleLosses.of(
        ids=[f"{path}:{line}" for path, line in frame.select("path", "line").iter_rows()],
        nll=frame["loss"].to_numpy() * tokens,
        tokens=tokens,
        hits=np.rint(frame["accuracy"].to_numpy() * tokens),
    )
