"""`watch.py score`: policies of stopping, on recorded runs.

Of a run's validation rows, some (32, say) are drawn to be watched, and as many of its train
probe; a policy sees these at each evaluation, stops or does not, and names the step to keep. It
is scored on all the other validation rows:

- regret: their loss at the step that was kept, above that at the best step of all (their own
  best, which a policy cannot know), in per cent;
- false alarm: it stopped, and a later evaluation would have been better by more than 1% than what
  was kept;
- steps: the share of the run that was trained before it stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.schemas.options.watch import WatchOptions
from curate.train.evaluations import Evaluation, ExampleLosses
from curate.train.watch import Watch

Floats = NDArray[np.float64]
_FALSE_ALARM = 0.01
# A run counts as worse under one policy than under another from this difference of regrets on.
_MATTERS = 0.001


@dataclass(frozen=True)
class Split:
    """Losses of n rows at T evaluations: nll and hits [T, n], tokens [n]."""

    nll: Floats
    hits: NDArray[np.int64]
    tokens: NDArray[np.int64]

    def rows(self, chosen: NDArray[np.int64]) -> Split:
        """Some of the rows."""
        return Split(self.nll[:, chosen], self.hits[:, chosen], self.tokens[chosen])

    def at(self, times: slice) -> Split:
        """Some of the evaluations."""
        return Split(self.nll[times], self.hits[times], self.tokens)

    @property
    def curve(self) -> Floats:
        """The loss at each evaluation, [T]."""
        return self.nll.sum(1) / self.tokens.sum()

    def losses(self, time: int) -> ExampleLosses:
        """What the watch is given."""
        ids = [str(i) for i in range(len(self.tokens))]
        return ExampleLosses.of(ids, self.nll[time], self.tokens, self.hits[time])


@dataclass(frozen=True)
class Recorded:
    """One recorded run: its evaluations at `steps`, `epochs` [T]."""

    name: str
    steps: NDArray[np.int64]
    epochs: Floats
    val: Split
    probe: Split


@dataclass(frozen=True)
class Chosen:
    """What a policy did: the evaluation whose weights are kept, and the one after which it stopped."""

    kept: int
    stopped: int | None


@dataclass(frozen=True)
class Score:
    """One policy on one run and one draw of watched rows."""

    regret: float
    false_alarm: bool
    steps: float


Policy = Callable[[Recorded, Split, Split], Chosen]


def load(folder: Path, kind: str) -> Iterator[Recorded]:
    """The recorded runs of a kind."""
    frame = pl.read_parquet(folder / "losses.parquet")
    for run in json.loads((folder / "runs.json").read_text()):
        if run["kind"] != kind or "error" in run:
            continue
        own = frame.filter(pl.col("run") == run["name"])
        times = own.select("step", "epoch").unique().sort("step")
        val, probe = (_split(own.filter(pl.col("split") == s)) for s in ("val", "probe"))
        yield Recorded(
            run["name"],
            times["step"].to_numpy().astype(np.int64),
            times["epoch"].to_numpy().astype(np.float64),
            val,
            probe,
        )


def _split(frame: pl.DataFrame) -> Split:
    frame = frame.sort("step", "row")
    rows = frame["row"].n_unique()
    return Split(
        frame["nll"].to_numpy().astype(np.float64).reshape(-1, rows),
        frame["hits"].to_numpy().astype(np.int64).reshape(-1, rows),
        frame["tokens"].to_numpy().astype(np.int64)[:rows],
    )


def watched(options: WatchOptions) -> Policy:
    """curate's watch."""

    def policy(run: Recorded, val: Split, probe: Split) -> Chosen:
        watch = Watch(options)
        at = {int(step): i for i, step in enumerate(run.steps)}
        for i, step in enumerate(run.steps.tolist()):
            seen = Evaluation(step, val.losses(i), probe.losses(i), float(run.epochs[i]))
            if watch.observe(seen).stop:
                return Chosen(at[watch.best_step], i)
        return Chosen(at[watch.best_step], None)

    return policy


def patience(times: int) -> Policy:
    """Stop after so many evaluations in a row that are not below the lowest loss so far."""

    def policy(run: Recorded, val: Split, probe: Split) -> Chosen:
        best, waited = 0, 0
        curve = val.curve
        for i in range(1, len(curve)):
            best, waited = (i, 0) if curve[i] < curve[best] else (best, waited + 1)
            if waited >= times:
                return Chosen(best, i)
        return Chosen(best, None)

    return policy


def last(run: Recorded, val: Split, probe: Split) -> Chosen:
    """No watch: the last step is kept."""
    return Chosen(len(run.steps) - 1, None)


def best_of_all(run: Recorded, val: Split, probe: Split) -> Chosen:
    """Never stop, keep the step with the lowest loss."""
    return Chosen(int(val.curve.argmin()), None)


POLICIES: dict[str, Policy] = {
    "curate's watch": watched(WatchOptions()),
    "patience 1": patience(1),
    "patience 2": patience(2),
    "patience 3": patience(3),
    "never stop, keep the best": best_of_all,
    "no watch": last,
}


def score_one(chosen: Chosen, run: Recorded, others: Split) -> Score:
    """The score on the rows that were not watched."""
    curve = others.curve
    kept = curve[chosen.kept]
    later = curve[chosen.stopped + 1 :] if chosen.stopped is not None else curve[:0]
    end = run.steps[-1 if chosen.stopped is None else chosen.stopped]
    return Score(
        regret=float(kept / curve.min() - 1.0),
        false_alarm=bool(len(later) and later.min() < kept * (1.0 - _FALSE_ALARM)),
        steps=float(end / run.steps[-1]),
    )


def scores(
    run: Recorded, policies: dict[str, Policy], rows: int, draws: int, every: int
) -> dict[str, list[Score]]:
    """Each policy on `draws` draws of `rows` watched rows, seeing each `every`-th evaluation."""
    rng = np.random.default_rng([rows, every, *run.name.encode()])
    times = slice(None, None, every)
    seen = Recorded(
        run.name, run.steps[times], run.epochs[times], run.val.at(times), run.probe.at(times)
    )
    found: dict[str, list[Score]] = {name: [] for name in policies}
    for _ in range(draws):
        order = rng.permutation(len(run.val.tokens))
        val, others = seen.val.rows(order[:rows]), seen.val.rows(order[rows:])
        probe_rows = rng.permutation(len(run.probe.tokens))[:rows]
        probe = seen.probe.rows(probe_rows)
        for name, policy in policies.items():
            found[name].append(score_one(policy(seen, val, probe), seen, others))
    return found


def table(runs: list[Recorded], rows: int, draws: int, every: int) -> list[str]:
    """A Markdown table: means over runs, and how far runs differ from patience 2."""
    found = [scores(run, POLICIES, rows, draws, every) for run in runs]
    lines = [
        "| policy | regret, mean | worst run | runs above 1% | false alarms | steps "
        "| regret less that of patience 2 | runs worse than patience 2 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    reference = np.array([[s.regret for s in f["patience 2"]] for f in found])
    for name in POLICIES:
        regret = np.array([[s.regret for s in f[name]] for f in found])  # [runs, draws]
        alarms = np.mean([[s.false_alarm for s in f[name]] for f in found])
        steps = np.mean([[s.steps for s in f[name]] for f in found])
        by_run = regret.mean(1)
        excess = (regret - reference).mean(1)  # a run is one observation: draws share it
        worse = int((excess > _MATTERS).sum())
        error = 1.96 * excess.std(ddof=1) / np.sqrt(len(runs))
        lines.append(
            f"| {name} | {by_run.mean():.2%} | {by_run.max():.2%} | {(by_run > 0.01).sum()} of {len(runs)} "
            f"| {alarms:.1%} | {steps:.0%} | {excess.mean():+.2%} ± {error:.2%} | {worse} |"
        )
    return lines


def score(arguments: argparse.Namespace) -> None:
    """Print the tables."""
    runs = [
        r
        for r in load(arguments.recorded, "watch")
        if not arguments.only or arguments.only in r.name
    ]
    print(f"{len(runs)} runs, {sum(len(r.steps) for r in runs)} evaluations\n")
    for every in arguments.every:
        for rows in arguments.rows:
            often = "each evaluation" if every == 1 else f"one evaluation in {every}"
            print(f"{rows} watched rows, {often}, {arguments.draws} draws:\n")
            print("\n".join(table(runs, rows, arguments.draws, every)), "\n")
    from watch_extras import flipped, hidden_tops

    print("Flipped labels in the 5% of the rows that stand out most:\n")
    print("\n".join(flipped(arguments.recorded)), "\n")
    print("The largest size of each learning curve, foretold from the smaller ones:\n")
    print("\n".join(hidden_tops(arguments.recorded)), "\n")
    if arguments.curves:
        for run in runs:
            curve = " ".join(f"{x:.3f}" for x in run.val.curve)
            print(f"{run.name}: {curve}")
            print("   probe: " + " ".join(f"{x:.3f}" for x in run.probe.curve))
