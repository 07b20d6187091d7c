"""One optimiser step, and the reading of its losses."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import torch

from curate.schemas.training_artifacts import StepEvent
from curate.train.interrupts import Interrupted, Interrupts
from curate.train.packing import plan_step
from curate.train.run import Run, TakenStep
from curate.train.state import random_state, set_random_state

# A loss that is read makes the CPU wait for the GPU, so it is read for several steps at once.
_STEPS_BETWEEN_READS_ON_GPU = 10


def take_step(run: Run, interrupts: Interrupts) -> None:
    """One optimiser step: forward and backward on each pack, then clip and update.

    Interrupted before the update, it leaves weights, optimiser and generators as they were.
    """
    accelerator, step = run.accelerator, run.progress.step
    items = run.order.batch(step)
    packs = plan_step(run.train.lengths, items, run.budget, accelerator.num_processes)[
        accelerator.process_index
    ]
    units = sum(run.train.units[i] for i in items)
    rate = run.times.rate(step)
    before, begun = random_state(), time.perf_counter()
    run.model.train()
    total = torch.zeros((), device=accelerator.device)
    metrics: dict[str, torch.Tensor] = {}
    seen: list[tuple[Sequence[int], torch.Tensor]] = []
    try:
        for pack_items in packs:
            if accelerator.num_processes == 1:
                interrupts.check()
            batch = run.train.batch(pack_items or items[:1], learn=bool(pack_items))
            with run.autocast():
                measured = run.train.measure(run.model, batch.to(accelerator.device))
            loss = measured.losses.sum() / units
            accelerator.backward(loss)
            total += loss.detach()
            for name, values in measured.metrics.items():
                metrics[name] = metrics.get(name, torch.zeros_like(total)) + values.sum() / units
            seen.append((pack_items, measured.losses.detach()))
    except (Interrupted, torch.OutOfMemoryError) as error:
        run.gradients.clear()
        set_random_state(before)
        if isinstance(error, Interrupted) or not _smaller_packs(run, items):
            raise
        return
    if accelerator.num_processes > 1:
        run.gradients.sum_over_processes()
    norm = run.gradients.clip(run.max_grad_norm)
    for group in run.optimiser.param_groups:
        group["lr"] = rate * group.get("rate_factor", 1.0)
    run.optimiser.step()
    run.gradients.clear()
    run.progress.step = step + 1
    tokens = sum(run.train.lengths[i] for i in items)
    run.unread.append(TakenStep(step + 1, rate, tokens, units, total, norm, metrics, seen))
    if reads_now(run):
        read_losses(run)
    learnt_tokens = sum(run.train.learnt[i] for i in items)
    run.speed.add(time.perf_counter() - begun, tokens, learnt_tokens)
    if accelerator.num_processes > 1 and any_process(run, interrupts.requested):
        raise Interrupted


def _smaller_packs(run: Run, items: Sequence[int]) -> bool:
    """After running out of memory: halve the packs, unless a sample alone was too much."""
    longest = max(run.train.lengths[i] for i in items)
    if run.accelerator.num_processes > 1 or run.budget <= longest:
        return False
    run.budget = max(run.budget // 2, longest)
    if run.accelerator.device.type == "cuda":
        torch.cuda.empty_cache()
    run.reporter.say(f"out of memory: packs of up to {run.budget:,} tokens from here on")
    return True


def reads_now(run: Run) -> bool:
    step, on_gpu = run.progress.step, run.accelerator.device.type == "cuda"
    return not on_gpu or step % _STEPS_BETWEEN_READS_ON_GPU == 0 or run.times.evaluates_at(step)


def read_losses(run: Run) -> None:
    """Fetch the losses of the steps taken since the last time, and tell of them."""
    if not run.unread:
        return
    names = sorted(run.unread[0].metrics)
    columns = [[s.loss, *(s.metrics[name] for name in names)] for s in run.unread]
    sums = torch.stack([torch.stack([v.float() for v in column]) for column in columns])
    if run.accelerator.num_processes > 1:
        sums = run.accelerator.reduce(sums, reduction="sum")
    norms = torch.stack([s.norm for s in run.unread])
    for one, row, norm in zip(run.unread, sums.tolist(), norms.tolist(), strict=True):
        loss = row[0]
        run.tell(
            StepEvent(
                step=one.number,
                epoch=run.times.epoch(one.number),
                loss=loss,
                learning_rate=one.rate,
                gradient_norm=norm,
                tokens=one.tokens,
                learnt_tokens=one.units,
                metrics=dict(zip(names, row[1:], strict=True)),
            )
        )
        for items, item_losses in one.items:
            examples = [run.train.examples[i] for i in items]
            units = [run.train.units[i] for i in items]
            run.dynamics.learnt(one.number - 1, examples, units, item_losses[: len(items)])
        if not math.isfinite(loss):
            run.progress.stopped = f"the loss of step {one.number} is not a number"
    run.unread.clear()


def any_process(run: Run, flag: bool) -> bool:
    """Whether `flag` holds on any process: all have to leave the loop at the same step."""
    if not reads_now(run):
        return False
    flags = run.accelerator.reduce(torch.tensor(float(flag), device=run.accelerator.device))
    return float(flags) > 0
