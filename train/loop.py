"""The training loop: step, measure, judge, save; read `run_loop` from top to bottom.

The loss of a step is the sum over all learnt tokens of the global batch, divided by their number,
whatever the packs and processes it was cut into. Everything that decides what happens next (data
order, learning rate, when to measure) is a function of the step, so a run that is resumed from a
checkpoint takes the same steps as one that was never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from curate.schemas.training_artifacts import (
    CheckpointEvent,
    EndEvent,
    EvaluationEvent,
    SampleEvent,
    StopEvent,
)
from curate.schemas.verdicts import Verdict
from curate.train.checkpoints import Checkpoint
from curate.train.dynamics import Dynamics
from curate.train.evaluating import measure_examples
from curate.train.graphs import own_stream
from curate.train.interrupts import Interrupted, Interrupts
from curate.train.intervals import Floats
from curate.train.objective import Objective
from curate.train.run import BaseRun, Progress, Run
from curate.train.state import (
    optimiser_state_of,
    random_state,
    set_optimiser_state,
    set_random_state,
    set_weights,
    weights_of,
)
from curate.train.stepping import read_losses
from curate.train.watch import Evaluation, ExampleLosses, TaskScores


@dataclass(frozen=True)
class Outcome:
    """How a run ended; the model holds the weights of `best_step`."""

    verdict: Verdict
    best_step: int
    last_step: int
    stopped: str | None


def run_loop(run: BaseRun) -> Outcome:
    """Train to the last step, or to where the watch stops it; leave the best step's weights.

    Raises:
        KeyboardInterrupt: the user ended the run; a checkpoint was written first.
    """
    progress, times = run.progress, run.times
    with Interrupts() as interrupts, own_stream(run.accelerator.device):
        try:
            while True:
                due = times.evaluates_at(progress.step) or progress.stopped
                if due and progress.evaluated_step != progress.step:
                    run.evaluate(run, interrupts)
                if (
                    times.checkpoints_at(progress.step)
                    and progress.checkpointed_step != progress.step
                ):
                    _checkpoint(run)
                if progress.stopped or progress.step >= times.total:
                    break
                run.step(run, interrupts)
        except Interrupted:
            if isinstance(run, Run):
                read_losses(run)
            _save(run)
            run.reporter.say(
                f"interrupted at step {progress.step}; a checkpoint is written, --resume goes on from it"
            )
            raise KeyboardInterrupt from None
    return _finish(run)


def resume(run: BaseRun, checkpoint: Checkpoint) -> None:
    """Put `run` where `checkpoint` was written."""
    state = checkpoint.state
    run.progress = Progress(**state["progress"])
    run.budget = state["budget"]  # other packs would round differently
    run.times = replace(run.times, peak=state["peak"])  # it may have been looked for
    run.watch.load_state_dict(state["watch"])
    run.take_up(state["method"])
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


def evaluate(run: Run, interrupts: Interrupts) -> None:
    """Measure validation set and train probe, hear the verdict, keep the weights if they are best."""
    progress, accelerator = run.progress, run.accelerator
    check = interrupts.check if accelerator.num_processes == 1 else lambda: None

    metrics: dict[str, Floats] = {}

    def measured(
        objective: Objective, items: Sequence[int], beside: dict[str, Floats] | None = None
    ) -> ExampleLosses:
        return measure_examples(
            run.model,
            objective,
            items,
            budget=run.budget,
            accelerator=accelerator,
            autocast=run.autocast,
            check=check,
            metrics=beside,
        )

    epoch = run.times.epoch(progress.step)
    scores, answered = run.ask(run.language_model) if run.ask is not None else (None, [])
    check()
    val = measured(run.val, run.val_items, metrics)
    evaluation = Evaluation(
        step=progress.step,
        val=val,
        probe=measured(run.train, run.probe_items),
        epoch=epoch,
        metric=scores or _own_metric(run.val, val, metrics),
    )
    if speed := run.speed.event(progress.step, run.cost, accelerator):
        run.tell(speed)
    for split, objective, items, losses in (
        ("val", run.val, run.val_items, evaluation.val),
        ("probe", run.train, run.probe_items, evaluation.probe),
    ):
        if accelerator.is_main_process:
            examples = list(dict.fromkeys(objective.examples[i] for i in items))
            run.dynamics.measured(split, progress.step, examples, losses)
    warning = run.warn(metrics) if metrics and val.finite else None
    verdict = run.watch.observe(evaluation, warning)
    progress.evaluated_step = progress.step
    run.tell(
        EvaluationEvent(
            step=progress.step,
            epoch=epoch,
            val_loss=_finite(evaluation.val.loss),
            probe_loss=_finite(evaluation.probe.loss),
            verdict=verdict,
            metrics={name: float(values.mean()) for name, values in metrics.items()}
            if val.finite
            else {},
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
    heed(run, verdict)


def heed(run: BaseRun, verdict: Verdict) -> None:
    """Keep the weights if they are the best so far, and stop where the verdict says so."""
    progress = run.progress
    if run.watch.best_step == progress.step:
        weights = weights_of(run.model)
        if run.accelerator.is_main_process:
            run.store.save_best(progress.step, weights)
    if verdict.stop and progress.step < run.times.total:
        progress.stopped = verdict.name.value


def _own_metric(
    objective: Objective, losses: ExampleLosses, metrics: Mapping[str, Floats]
) -> TaskScores | None:
    """The task metric that the objective measures with its loss, if it does."""
    if objective.metric is None:
        return None
    name, title = objective.metric
    return TaskScores(title, losses.ids, metrics[name])


def _checkpoint(run: BaseRun) -> None:
    """The scheduled checkpoint; its event counts as part of what it keeps."""
    run.progress.checkpointed_step = run.progress.step
    name = f"checkpoints/step-{run.progress.step:08d}"
    run.tell(CheckpointEvent(step=run.progress.step, path=name))
    _save(run)


def _save(run: BaseRun) -> None:
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
            "method": run.kept(),
            "budget": run.budget,
            "peak": run.times.peak,
            "history_bytes": run.history.synced_size(),
        }
        run.store.save(run.progress.step, tensors, state, run.watch.best_step)
    accelerator.wait_for_everyone()


def _finish(run: BaseRun) -> Outcome:
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
