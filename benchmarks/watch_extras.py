"""The other tables of `watch.py score`: flipped labels that were found, and forecasts of hidden sizes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
from watch_score import Recorded, load

from curate.run_dynamics import SUSPECT, UNEXPECTED, of_training
from curate.schemas.options.lint import LintOptions
from curate.train.learning_curve import forecast

# How rows may be ranked: curate's way, and plain ones.
_RANKINGS: dict[str, Callable[[], pl.Expr]] = {
    "curate": lambda: pl.col("excess"),
    "mean loss over the epochs": lambda: pl.col("mean"),
    "loss when met first": lambda: pl.col("first"),
    "loss in the last epoch": lambda: pl.col("last"),
}


def flipped(folder: Path) -> Iterator[str]:
    """How many of the flipped rows are among the 5% that stand out most, by way of ranking."""
    learnt = pl.read_parquet(folder / "learnt.parquet")
    yield "| run | rows | flipped | " + " | ".join(_RANKINGS) + " | DYN001 | flipped among them |"
    yield "|---|---|---|" + "---|" * (len(_RANKINGS) + 2)
    found_of, flipped_of = dict.fromkeys(_RANKINGS, 0), 0
    for run in json.loads((folder / "runs.json").read_text()):
        if run["kind"] != "flipped" or "error" in run:
            continue
        frame = learnt.filter(pl.col("run") == run["name"]).select(
            line="row",
            step="step",
            epoch=pl.col("step") / run["steps_per_epoch"],
            loss=(pl.col("nll") / pl.col("tokens")).cast(pl.Float64),
            tokens="tokens",
        )
        means = frame.group_by("line").agg(mean=pl.col("loss").mean())
        rows = of_training(frame).join(means, on="line")
        wrong = set(run["flipped"])
        shares = []
        for name, by in _RANKINGS.items():
            top = rows.sort(by(), descending=True).head(round(0.05 * rows.height))
            hits = len(wrong & set(top["line"]))
            found_of[name] += hits
            shares.append(f"{hits / len(wrong):.0%}")
        flipped_of += len(wrong)
        told = rows.filter(
            (pl.col("excess") >= SUSPECT)
            & (pl.col("last_excess") >= UNEXPECTED)
            & (pl.col("rank") <= round(LintOptions().max_suspects * rows.height))
        )["line"]
        cells = [run["name"].removeprefix("flipped-"), f"{rows.height:,}", str(len(wrong)), *shares]
        cells += [str(len(told)), f"{len(wrong & set(told)) / max(1, len(told)):.0%}"]
        yield "| " + " | ".join(cells) + " |"
    if flipped_of:
        together = " | ".join(f"{n / flipped_of:.0%}" for n in found_of.values())
        yield f"| together | | {flipped_of} | {together} | | |"


def hidden_tops(folder: Path) -> Iterator[str]:
    """What the four smaller sizes of each curve foretell of the largest, and what came."""
    curves: dict[str, list[tuple[int, Recorded]]] = {}
    for run in load(folder, "curve"):
        task, size = run.name.split("-")[1:3]
        curves.setdefault(task, []).append((int(size.split("x")[0]), run))
    yield "| task | validation losses by size | foretold gain of the last doubling | 80% interval | true |"
    yield "|---|---|---|---|---|"
    for task, found in curves.items():
        found.sort(key=lambda pair: pair[0])
        sizes = [size for size, _ in found]
        best = [run.val.losses(int(run.val.curve.argmin())) for _, run in found]
        said = forecast(sizes[:-1], best[:-1])
        losses = ", ".join(f"{n:,}: {b.loss:.3f}" for n, b in zip(sizes, best, strict=True))
        low, high = said.interval
        yield (
            f"| {task} | {losses} | {said.gain:.3f} | {low:.3f} to {high:.3f} "
            f"| {best[-2].loss - best[-1].loss:.3f} |"
        )
