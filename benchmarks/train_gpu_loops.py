"""curate's own training loop in the benchmark, and the bare passes that it is compared with."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from train_gpu_models import make_model, make_quantised_model
from train_gpu_systems import CURATE, LEARNING_RATE, LORA_RANK, QUANTISED, configuration


@dataclass(frozen=True)
class Prepared:
    """A model that is ready to be trained, with what its steps need."""

    accelerator: Any
    losses: Any
    objective: Any
    optimiser: Any
    options: Any
    numerics: Any
    budget: int


def run_curate(
    system: str,
    shape: str,
    examples: list[tuple[list[int], int]],
    size: int,
    arguments: argparse.Namespace,
) -> tuple[list[float], list[float], list[str], Callable[[int, int], float]]:
    """curate's own loop, step by step; `bare` is the same forward and backward without it."""
    import torch

    from curate.schemas.options.train import TrainOptions
    from curate.train import kernels, setup
    from curate.train.decisions import Decisions
    from curate.train.flops import token_cost
    from curate.train.models import Base
    from curate.train.processes import spread
    from curate.train.samples import Sample, Way
    from curate.train.sft import SupervisedObjective

    options = TrainOptions(
        model=shape,
        batch_size=size,
        micro_batch_tokens=arguments.budget,
        lora_rank=LORA_RANK,
        learning_rate=LEARNING_RATE,
        schedule="constant",
        warmup_share=0.0,
        **CURATE.get(system, {}),
    )
    samples = [
        Sample(np.array(ids, np.int32), np.arange(len(ids)) >= prompt, i, Way.TEXT)
        for i, (ids, prompt) in enumerate(examples)
    ]
    objective = SupervisedObjective(samples)
    accelerator = setup.make_accelerator(options)
    decisions = Decisions()
    numerics = setup.choose_numerics(options, accelerator.device, decisions)
    with tempfile.TemporaryDirectory() as folder:
        configuration(shape).save_pretrained(folder)
        base = Base(shape, folder, local=True)
        memory = setup.plan_run(base, options, samples, accelerator, numerics, decisions)
        make = make_quantised_model if system in QUANTISED else make_model
        model = make(shape, numerics.weights)
        losses = setup.prepare_model(
            model, base, options, accelerator.device, numerics, memory, decisions
        )
    spread(losses, accelerator, numerics.compute, sharded=memory.sharded)
    if on_gpu():
        torch.cuda.empty_cache()
    kernels.use_graphs(losses, options, memory.budget, decisions, decisions.note)
    optimiser = setup.make_optimiser(losses, options, accelerator.device)
    cost = token_cost(losses.model)
    decisions.note(f"until here: at most {peak_gib():.1f} GiB")
    steps = arguments.warmup + arguments.steps
    prepared = Prepared(accelerator, losses, objective, optimiser, options, numerics, memory.budget)
    if system == "bare":
        times, found = bare_steps(prepared, steps, arguments.warmup)
    else:
        times, found = curate_steps(prepared, steps, arguments.warmup, cost)
    return times, found, decisions.lines, cost.total


def curate_steps(
    prepared: Prepared, steps: int, warmup: int, cost: Any
) -> tuple[list[float], list[float]]:
    """`curate.train.stepping.take_step` on consecutive examples."""

    from curate.schemas.training_artifacts import StepEvent
    from curate.train import setup
    from curate.train.checkpoints import CheckpointStore
    from curate.train.dashboard import Silence
    from curate.train.graphs import own_stream
    from curate.train.history import History, read_history
    from curate.train.interrupts import Interrupts
    from curate.train.run import Run
    from curate.train.schedule import timetable
    from curate.train.stepping import read_losses, take_step
    from curate.train.watch import Watch

    accelerator, objective, options = prepared.accelerator, prepared.objective, prepared.options
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.jsonl"
        run = Run(
            accelerator=accelerator,
            model=prepared.losses,
            optimiser=prepared.optimiser,
            train=objective,
            val=objective,
            val_items=[0],
            probe_items=[0],
            order=InOrder(options.batch_size),  # type: ignore[arg-type]  # the same two members
            times=timetable(
                options.model_copy(update={"eval_every": 10**6}),
                items=len(objective.lengths),
                measured_items=2,
                width=1024,
            ),
            budget=prepared.budget,
            autocast=setup.autocasting(prepared.numerics, accelerator.device),
            max_grad_norm=options.max_grad_norm,
            watch=Watch(options),
            store=CheckpointStore(Path(folder) / "checkpoints"),
            history=History(path),
            reporter=Silence(),
            cost=cost,
            evaluate=lambda run, interrupts: None,
            step=take_step,
        )
        clock = Stopwatch(warmup)
        with Interrupts() as interrupts, own_stream(accelerator.device):
            for _ in range(steps):
                clock.begin()
                take_step(run, interrupts)
            clock.end()
        read_losses(run)
        run.history.close()
        return clock.times, [e.loss for e in read_history(path) if isinstance(e, StepEvent)]


class Stopwatch:
    """Seconds of each step. The GPU is waited for where timing begins and ends, not in between."""

    def __init__(self, warmup: int) -> None:
        self.warmup = warmup
        self.begun: list[float] = []
        self.times: list[float] = []

    def begin(self) -> None:
        """A step begins."""
        self._read(wait=len(self.begun) <= self.warmup)

    def end(self) -> None:
        """The last step has ended."""
        self._read(wait=True)
        self.times = np.diff(self.begun).tolist()

    def _read(self, *, wait: bool) -> None:
        import torch

        if wait and on_gpu():
            torch.cuda.synchronize()
        self.begun.append(time.perf_counter())


class InOrder:
    """Examples in the order they stand in, as every system here takes them."""

    def __init__(self, size: int) -> None:
        self.size = size

    def batch(self, step: int) -> list[int]:
        return list(range(step * self.size, (step + 1) * self.size))


def bare_steps(prepared: Prepared, steps: int, warmup: int) -> tuple[list[float], list[float]]:
    """Forward, backward, clip and update on packs that are laid out beforehand."""
    import torch

    from curate.train.gradients import Gradients
    from curate.train.graphs import own_stream
    from curate.train.packing import plan_step

    losses, objective, optimiser = prepared.losses, prepared.objective, prepared.optimiser
    device = prepared.accelerator.device
    gradients = Gradients(losses.parameters())
    for group in optimiser.param_groups:
        group["lr"] = LEARNING_RATE
    order = InOrder(prepared.options.batch_size)
    totals: list[Any] = []
    losses.train()
    laid_out = []
    for step in range(steps):
        items = order.batch(step)
        packs = [
            objective.batch(p).to(device)
            for p in plan_step(objective.lengths, items, prepared.budget)[0]
        ]
        laid_out.append((packs, sum(objective.units[i] for i in items)))
    clock = Stopwatch(warmup)
    with own_stream(device):
        for packs, units in laid_out:
            clock.begin()
            total = torch.zeros((), device=device)
            for pack in packs:
                with prepared.numerics.autocast(device):
                    nll, _ = losses(pack)
                loss = nll.sum() / units
                loss.backward()
                total += loss.detach()
            gradients.clip(prepared.options.max_grad_norm)
            optimiser.step()
            gradients.clear()
            totals.append(total)
        clock.end()
    return clock.times, [float(t) for t in totals]


def on_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def peak_gib() -> float:
    """The most memory that was in use since this was asked last; 0 without a GPU."""
    import torch

    if not on_gpu():
        return 0.0
    peak = torch.cuda.max_memory_allocated() / 2**30
    torch.cuda.reset_peak_memory_stats()
    return peak
