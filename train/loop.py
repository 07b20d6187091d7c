"""The training loop: step, measure, judge, save; read `run_loop` from top to bottom.

The loss of a step is the sum over all learnt tokens of the global batch, divided by their number,
whatever the packs and processes it was cut into. Everything that decides what happens next (data
order, learning rate, when to measure) is a function of the step, so a run that is resumed from a
checkpoint takes the same steps as one that was never stopped.
"""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from curate.schemas.training_artifacts import (
    CheckpointEvent,
    EndEvent,
    EvaluationEvent,
    Event,
    SampleEvent,
    SpeedEvent,
    StepEvent,
    StopEvent,
)
from curate.schemas.verdicts import Verdict
from curate.train.asking import Asker
from curate.train.checkpoints import Checkpoint, CheckpointStore
from curate.train.dashboard import Reporter
from curate.train.dynamics import Dynamics
from curate.train.evaluating import measure_examples
from curate.train.flops import TokenCost, peak_flops
from curate.train.history import History
from curate.train.interrupts import Interrupted, Interrupts
from curate.train.objective import Objective
from curate.train.packing import BatchOrder, plan_step
from curate.train.processes import sum_gradients
from curate.train.schedule import Timetable
from curate.train.state import (
    optimiser_state_of,
    random_state,
    set_optimiser_state,
    set_random_state,
    set_weights,
    weights_of,
)
from curate.train.watch import Evaluation, Watch

if TYPE_CHECKING:
    from accelerate import Accelerator

# A loss that is read makes the CPU wait for the GPU, so it is read for several steps at once.
_STEPS_BETWEEN_READS_ON_GPU = 10


@dataclass
class Progress:
    """How far a run is; what a checkpoint keeps of the loop itself."""

    step: int = 0
    evaluated_step: int = -1
    checkpointed_step: int = -1
    stopped: str | None = None


@dataclass
class Run:
    """Everything the loop works with.

    Attributes:
        train, val: items to learn from, and to validate on.
        val_items, probe_items: the items of `val` and of `train` that evaluations measure.
        budget: most tokens in a pack.
        autocast: the context in which the forward pass runs.
        ask: has questions answered at each evaluation, and scored.
        cost: arithmetic of one token, for the log.
    """

    accelerator: Accelerator
    model: nn.Module
    optimiser: torch.optim.Optimizer
    train: Objective
    val: Objective
    val_items: Sequence[int]
    probe_items: Sequence[int]
    order: BatchOrder
    times: Timetable
    budget: int
    autocast: Callable[[], AbstractContextManager[Any]]
    max_grad_norm: float
    watch: Watch
    store: CheckpointStore
    history: History
    reporter: Reporter
    cost: TokenCost
    ask: Asker | None = None
    dynamics: Dynamics = field(default_factory=Dynamics.empty)
    progress: Progress = field(default_factory=Progress)
    unread: list[_Step] = field(default_factory=list)
    speed: _Speedometer = field(default_factory=lambda: _Speedometer())

    @property
    def language_model(self) -> nn.Module:
        """The model that is trained, with its adapter."""
        inner = self.model.model
        assert isinstance(inner, nn.Module)
        return inner

    def tell(self, event: Event) -> None:
        """Write an event to the history and show it; only the first process does."""
        if self.accelerator.is_main_process:
            self.history.write(event)
        self.reporter.show(event)


@dataclass(frozen=True)
class _Step:
    """A step whose losses (the batch's, and those of this process's items) are still on the device."""

    number: int
    rate: float
    tokens: int
    units: int
    loss: torch.Tensor
    norm: torch.Tensor
    items: list[tuple[Sequence[int], torch.Tensor]]


@dataclass(frozen=True)
class Outcome:
    """How a run ended; the model holds the weights of `best_step`."""

    verdict: Verdict
    best_step: int
    last_step: int
    stopped: str | None


def run_loop(run: Run) -> Outcome:
    """Train to the last step, or to where the watch stops it; leave the best step's weights.

    Raises:
        KeyboardInterrupt: the user ended the run; a checkpoint was written first.
    """
    progress, times = run.progress, run.times
    with Interrupts() as interrupts:
        try:
            while True:
                due = times.evaluates_at(progress.step) or progress.stopped
                if due and progress.evaluated_step != progress.step:
                    _evaluate(run, interrupts)
                if (
                    times.checkpoints_at(progress.step)
                    and progress.checkpointed_step != progress.step
                ):
                    _checkpoint(run)
                if progress.stopped or progress.step >= times.total:
                    break
                take_step(run, interrupts)
        except Interrupted:
            read_losses(run)
            _save(run)
            raise KeyboardInterrupt from None
    return _finish(run)


def resume(run: Run, checkpoint: Checkpoint) -> None:
    """Put `run` where `checkpoint` was written."""
    state = checkpoint.state
    run.progress = Progress(**state["progress"])
    run.budget = state["budget"]  # other packs would round differently
    run.watch.load_state_dict(state["watch"])
    set_weights(run.model, checkpoint.tensors["weights"])
    set_optimiser_state(run.optimiser, run.model, checkpoint.tensors["optimiser"])
    # A process that was not there when it was written starts with the first one's generators.
    own = f"random-{run.accelerator.process_index}"
    set_random_state(checkpoint.tensors.get(own, checkpoint.tensors["random-0"]))
    # What other processes had recorded is kept by the first, however many there are now.
    if run.accelerator.is_main_process:
        kept = sorted(name for name in checkpoint.tensors if name.startswith("dynamics-"))
        for name in kept:
            run.dynamics.extend(Dynamics.of(checkpoint.tensors[name]))


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
            seen.append((pack_items, measured.losses.detach()))
    except (Interrupted, torch.OutOfMemoryError) as error:
        run.optimiser.zero_grad(set_to_none=True)
        set_random_state(before)
        if isinstance(error, Interrupted) or not _smaller_packs(run, items):
            raise
        return
    learnt = [p for p in run.model.parameters() if p.requires_grad]
    if accelerator.num_processes > 1:
        sum_gradients(learnt)
    norm = nn.utils.clip_grad_norm_(learnt, run.max_grad_norm or math.inf)
    for group in run.optimiser.param_groups:
        group["lr"] = rate * group.get("rate_factor", 1.0)
    run.optimiser.step()
    run.optimiser.zero_grad(set_to_none=True)
    run.progress.step = step + 1
    tokens = sum(run.train.lengths[i] for i in items)
    run.unread.append(_Step(step + 1, rate, tokens, units, total, norm, seen))
    if _reads_now(run):
        read_losses(run)
    run.speed.add(time.perf_counter() - begun, tokens, units)
    if accelerator.num_processes > 1 and _any_process(run, interrupts.requested):
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


def _reads_now(run: Run) -> bool:
    step, on_gpu = run.progress.step, run.accelerator.device.type == "cuda"
    return not on_gpu or step % _STEPS_BETWEEN_READS_ON_GPU == 0 or run.times.evaluates_at(step)


def read_losses(run: Run) -> None:
    """Fetch the losses of the steps taken since the last time, and tell of them."""
    if not run.unread:
        return
    losses = torch.stack([s.loss for s in run.unread])
    if run.accelerator.num_processes > 1:
        losses = run.accelerator.reduce(losses, reduction="sum")
    norms = torch.stack([_plain(s.norm) for s in run.unread])
    for one, loss, norm in zip(run.unread, losses.tolist(), norms.tolist(), strict=True):
        run.tell(
            StepEvent(
                step=one.number,
                epoch=run.times.epoch(one.number),
                loss=loss,
                learning_rate=one.rate,
                gradient_norm=norm,
                tokens=one.tokens,
                learnt_tokens=one.units,
            )
        )
        for items, item_losses in one.items:
            examples = [run.train.examples[i] for i in items]
            units = [run.train.units[i] for i in items]
            run.dynamics.learnt(one.number - 1, examples, units, item_losses[: len(items)])
        if not math.isfinite(loss):
            run.progress.stopped = f"the loss of step {one.number} is not a number"
    run.unread.clear()


def _any_process(run: Run, flag: bool) -> bool:
    """Whether `flag` holds on any process: all have to leave the loop at the same step."""
    if not _reads_now(run):
        return False
    flags = run.accelerator.reduce(torch.tensor(float(flag), device=run.accelerator.device))
    return float(flags) > 0


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    from torch.distributed.tensor import DTensor

    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _evaluate(run: Run, interrupts: Interrupts) -> None:
    """Measure validation set and train probe, hear the verdict, keep the weights if they are best."""
    progress, accelerator = run.progress, run.accelerator
    check = interrupts.check if accelerator.num_processes == 1 else lambda: None

    def measured(objective: Objective, items: Sequence[int]) -> Any:
        return measure_examples(
            run.model,
            objective,
            items,
            budget=run.budget,
            accelerator=accelerator,
            autocast=run.autocast,
            check=check,
        )

    epoch = run.times.epoch(progress.step)
    scores, answered = run.ask(run.language_model) if run.ask is not None else (None, [])
    check()
    evaluation = Evaluation(
        step=progress.step,
        val=measured(run.val, run.val_items),
        probe=measured(run.train, run.probe_items),
        epoch=epoch,
        metric=scores,
    )
    if speed := run.speed.event(run):
        run.tell(speed)
    for split, objective, items, losses in (
        ("val", run.val, run.val_items, evaluation.val),
        ("probe", run.train, run.probe_items, evaluation.probe),
    ):
        if accelerator.is_main_process:
            examples = list(dict.fromkeys(objective.examples[i] for i in items))
            run.dynamics.measured(split, progress.step, examples, losses)
    verdict = run.watch.observe(evaluation)
    progress.evaluated_step = progress.step
    run.tell(
        EvaluationEvent(
            step=progress.step,
            epoch=epoch,
            val_loss=_finite(evaluation.val.loss),
            probe_loss=_finite(evaluation.probe.loss),
            verdict=verdict,
        )
    )
    for a in answered:
        run.tell(
            SampleEvent(
                step=progress.step,
                prompt=a.question.prompt,
                expected=a.question.reference,
                answer=a.text,
            )
        )
    if run.watch.best_step == progress.step:
        weights = weights_of(run.model)
        if accelerator.is_main_process:
            run.store.save_best(progress.step, weights)
    if verdict.stop and progress.step < run.times.total:
        progress.stopped = verdict.name.value


def _checkpoint(run: Run) -> None:
    """The scheduled checkpoint; its event counts as part of what it keeps."""
    run.progress.checkpointed_step = run.progress.step
    name = f"checkpoints/step-{run.progress.step:08d}"
    run.tell(CheckpointEvent(step=run.progress.step, path=name))
    _save(run)


def _save(run: Run) -> None:
    from accelerate.utils import gather_object

    accelerator = run.accelerator
    tensors = {
        "weights": weights_of(run.model),
        "optimiser": optimiser_state_of(run.optimiser, run.model),
    }
    generators, recorded = [random_state()], [run.dynamics.tensors()]
    if accelerator.num_processes > 1:
        generators = gather_object(generators)
        recorded = gather_object(recorded)
    if accelerator.is_main_process:
        tensors |= {f"random-{i}": states for i, states in enumerate(generators)}
        tensors |= {f"dynamics-{i}": found for i, found in enumerate(recorded)}
        state = {
            "progress": asdict(run.progress),
            "watch": run.watch.state_dict(),
            "budget": run.budget,
            "history_bytes": run.history.synced_size(),
        }
        run.store.save(run.progress.step, tensors, state, run.watch.best_step)
    accelerator.wait_for_everyone()


def _finish(run: Run) -> Outcome:
    """The closing verdict; the model gets the best step's weights back."""
    progress, best = run.progress, run.watch.best_step
    verdict = run.watch.conclude(budget_exhausted=progress.stopped is None)
    if progress.stopped:
        run.tell(StopEvent(step=progress.step, reason=progress.stopped))
    run.accelerator.wait_for_everyone()
    if best != progress.step:
        set_weights(run.model, run.store.load_best(best))
    run.tell(EndEvent(step=progress.step, best_step=best, verdict=verdict))
    return Outcome(verdict, best, progress.step, progress.stopped)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


class _Speedometer:
    """Tokens and seconds of training since the last reading."""

    def __init__(self) -> None:
        self.seconds, self.tokens, self.units = 0.0, 0, 0

    def add(self, seconds: float, tokens: int, units: int) -> None:
        self.seconds, self.tokens, self.units = (
            self.seconds + seconds,
            self.tokens + tokens,
            self.units + units,
        )

    def event(self, run: Run) -> SpeedEvent | None:
        """The speed since the last call; None when nothing was trained."""
        if not self.tokens:
            return None
        flops = (
            run.cost.total(self.tokens, self.units) / self.seconds / run.accelerator.num_processes
        )
        peak = peak_flops(run.accelerator.device)
        event = SpeedEvent(
            step=run.progress.step,
            seconds=self.seconds,
            tokens_per_second=self.tokens / self.seconds,
            memory_bytes=_peak_memory(run.accelerator.device),
            flops_per_second=flops,
            flops_share=flops / peak if peak else None,
        )
        self.seconds, self.tokens, self.units = 0.0, 0, 0
        return event


def _peak_memory(device: torch.device) -> int:
    """Most bytes in use so far: the GPU's, else the process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
