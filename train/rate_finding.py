"""`--find-learning-rate`: short trials before the run, each a small run of its own from the same start.

A range test (one run in which the rate rises until the loss does, Smith 2017, arXiv 1506.01186)
tells which rates diverge, and little of which is best. Here each rate gets a run of some steps
with its own warm-up and decay, on the same batches and from the same weights; what counts is the
validation loss afterwards, on the same rows. Rates a factor of √10 apart are tried around the one
to begin with, further out for as long as the outermost is the best, then two more beside the best.

A short run favours rates that are rather high for a long one, so of those that are as good as the
best to within half of the smallest change that matters, the lowest is taken.

Weights, generators and data order are left as they were: a run with the rate that was found is,
bit for bit on a CPU, the run that `--learning-rate` with that rate gives. A resumed run takes the
rate from its checkpoint.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

from curate.schemas.options.train import TrainOptions
from curate.train.dashboard import Silence
from curate.train.dynamics import Dynamics
from curate.train.evaluating import measure_examples
from curate.train.history import History
from curate.train.interrupts import Interrupted, Interrupts
from curate.train.run import Progress, Run
from curate.train.setup import make_optimiser
from curate.train.speed import Speedometer
from curate.train.state import random_state, set_random_state, set_weights, weights_of

# A trial is this share of the run's steps, within limits: too few say nothing, more cost too much.
_TRIAL_SHARE, _SHORTEST_TRIAL, _LONGEST_TRIAL = 0.05, 16, 64
_FACTOR = math.sqrt(10.0)
_MOST_TRIALS = 9

Measure = Callable[[float], float]


@dataclass(frozen=True)
class FoundRate:
    """The chosen rate, and the validation loss after each trial by rate, ascending."""

    rate: float
    losses: dict[float, float]

    def describe(self, steps: int) -> str:
        """What was chosen, and why."""
        told = ", ".join(f"{rate:.2e}: {_shown(loss)}" for rate, loss in self.losses.items())
        return (
            f"learning rate: {self.rate:.2e}, found in {len(self.losses)} trials of {steps} steps; "
            f"validation loss after each: {told}"
        )


def search(measure: Measure, begin: float, tolerance: float) -> FoundRate:
    """Look for the rate with the lowest loss around `begin`.

    Args:
        measure: the loss after a trial at a rate; infinite where it diverged.
        begin: the rate to begin with.
        tolerance: rates whose loss is within this share of the lowest count as equally good.
    """
    losses: dict[float, float] = {}

    def at(power: float) -> float:
        if power not in tried:
            tried[power] = measure(begin * _FACTOR**power)
            losses[begin * _FACTOR**power] = tried[power]
        return tried[power]

    tried: dict[float, float] = {}
    for power in (0.0, -1.0, 1.0):
        at(power)
    while len(tried) < _MOST_TRIALS - 2:
        best = min(tried, key=lambda p: (tried[p], p))
        if math.isfinite(tried[best]) and best not in (min(tried), max(tried)):
            break
        # Where everything diverged, only lower rates are worth a try.
        lower = not math.isfinite(tried[best]) or best == min(tried)
        at(min(tried) - 1.0 if lower else max(tried) + 1.0)
    best = min(tried, key=lambda p: (tried[p], p))
    for power in (best - 0.5, best + 0.5):
        at(power)
    lowest = min(tried.values())
    good = [p for p, loss in tried.items() if loss <= lowest * (1.0 + tolerance)]
    rate = begin * _FACTOR ** min(good) if math.isfinite(lowest) else begin * _FACTOR ** min(tried)
    return FoundRate(rate, dict(sorted(losses.items())))


def find_rate(run: Run, options: TrainOptions) -> FoundRate:
    """Try rates on a run that is about to begin, and leave it as it was.

    Raises:
        KeyboardInterrupt: the user ended it.
    """
    steps = trial_steps(run.times.total)
    begun, generators = weights_of(run.model), random_state()
    run.reporter.say(f"looking for a learning rate: trials of {steps} steps")

    def measure(rate: float) -> float:
        try:
            loss = _trial(run, options, rate, steps, interrupts)
        finally:
            set_weights(run.model, begun)
            set_random_state(generators)
        run.reporter.say(f"  {rate:.2e}: validation loss {_shown(loss)}")
        return loss

    with Interrupts() as interrupts:
        try:
            return search(measure, run.times.peak, options.smallest_change / 2.0)
        except Interrupted:
            raise KeyboardInterrupt from None


def trial_steps(total: int) -> int:
    """Steps of one trial, for a run of `total` steps."""
    wanted = round(_TRIAL_SHARE * total)
    return min(total, max(_SHORTEST_TRIAL, min(wanted, _LONGEST_TRIAL)))


def _trial(
    run: Run, options: TrainOptions, rate: float, steps: int, interrupts: Interrupts
) -> float:
    """The validation loss after `steps` steps that peak at `rate`; infinite where it diverged."""
    trial = copy(run)  # gradients and all, which stay where they are
    trial.optimiser = make_optimiser(run.model, options, run.accelerator.device)
    trial.times = replace(
        run.times,
        total=steps,
        evaluate_every=steps,
        warmup=math.ceil(options.warmup_share * steps),
        peak=rate,
    )
    trial.history, trial.reporter = History(Path(os.devnull)), Silence()
    trial.dynamics, trial.unread = Dynamics.empty(), []
    trial.progress, trial.speed = Progress(), Speedometer()
    try:
        while trial.progress.step < steps and not trial.progress.stopped:
            trial.step(trial, interrupts)
    finally:
        trial.history.close()
        run.gradients.clear()
        run.budget = trial.budget  # smaller where memory ran out
    if trial.progress.stopped:
        return math.inf
    loss = measure_examples(
        run.model,
        run.val,
        run.val_items,
        budget=run.budget,
        accelerator=run.accelerator,
        autocast=run.autocast,
    ).loss
    return loss if math.isfinite(loss) else math.inf


def _shown(loss: float) -> str:
    return f"{loss:.4g}" if math.isfinite(loss) else "diverged"
