"""From prepared data and options to a `Run` that is ready to go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from curate.schemas.options.train import TrainOptions
from curate.schemas.training_artifacts import StartEvent
from curate.train import setup
from curate.train.asking import make_asker
from curate.train.checkpoints import Checkpoint, CheckpointStore
from curate.train.dashboard import Reporter
from curate.train.decisions import Decisions
from curate.train.evaluating import fixed_items
from curate.train.flops import TokenCost, token_cost
from curate.train.forward import unwrapped
from curate.train.history import History
from curate.train.kernels import use_graphs
from curate.train.loop import evaluate, resume
from curate.train.packing import BatchOrder
from curate.train.preparing import Prepared
from curate.train.processes import spread
from curate.train.rate_finding import find_rate, trial_steps
from curate.train.run import BaseRun, Run
from curate.train.schedule import Timetable, timetable
from curate.train.stepping import take_step
from curate.train.timing import estimate
from curate.train.watch import Watch

if TYPE_CHECKING:
    from accelerate import Accelerator


def assemble(
    folder: Path,
    prepared: Prepared,
    options: TrainOptions,
    accelerator: Accelerator,
    reporter: Reporter,
    decisions: Decisions,
) -> BaseRun:
    """The run, at its beginning or where `options.resume` finds its last checkpoint.

    The start event is told only by a run that begins; each choice is noted in `decisions`.
    """
    own = prepared.recipe.assemble
    if own is not None:
        return own(folder, prepared, options, accelerator, reporter, decisions)
    device = accelerator.device
    numerics = setup.choose_numerics(options, device, decisions)
    everything = [*prepared.items, *prepared.val_items]
    recipe = prepared.recipe
    memory = setup.plan_run(prepared.base, options, everything, accelerator, numerics, decisions)
    losses = setup.build_model(prepared.base, options, device, numerics, memory, decisions)
    spread(losses, accelerator, numerics.compute, sharded=memory.sharded)
    use_graphs(losses, options, memory.budget, decisions, reporter.say)
    cost = token_cost(losses.model)
    assert recipe.objective is not None
    train = recipe.objective(prepared.items, losses, options)
    val = recipe.objective(prepared.val_items, losses, options)
    val_items = fixed_items(val, options.watch_rows, options.seed)
    probe_items = fixed_items(train, len({val.examples[i] for i in val_items}), options.seed)
    measured = len(val_items) + len(probe_items)
    width = unwrapped(losses.model).config.get_text_config().hidden_size
    times = timetable(
        options,
        items=len(train.lengths),
        measured_items=measured,
        width=width,
        rate_factor=recipe.rate_factor,
    )
    if options.learning_rate is None and not options.find_learning_rate:
        decisions.note(f"learning rate: {times.peak:.2e}, from the model's width of {width:,}")
    flops = _flops(times, prepared, cost, measured / len(train.lengths))
    decisions.note(estimate(flops, device, numerics.compute, accelerator.num_processes))
    store, checkpoint, history = open_records(folder, options, accelerator)
    run = Run(
        accelerator=accelerator,
        model=losses,
        optimiser=setup.make_optimiser(losses, options, device),
        train=train,
        val=val,
        val_items=val_items,
        probe_items=probe_items,
        order=BatchOrder(len(train.lengths), options.batch_size, options.seed),
        times=times,
        budget=memory.budget if losses.plan.packed else 1,
        autocast=setup.autocasting(numerics, device),
        max_grad_norm=options.max_grad_norm,
        watch=Watch(options, train_ids=train.names),
        store=store,
        history=history,
        reporter=reporter,
        cost=cost,
        evaluate=evaluate,
        step=take_step,
        # A sharded model answers only with all processes in step, which generating is not.
        ask=None
        if memory.sharded
        else make_asker(
            recipe.asked(prepared.data.val),
            prepared.tokenizer,
            options,
            has_metric=val.metric is not None,
        ),
        warn=recipe.warn,
    )
    recipe.begin(run, options, decisions)
    if checkpoint is None and options.find_learning_rate:
        found = find_rate(run, options)
        run.times = replace(run.times, peak=found.rate)
        decisions.note(found.describe(trial_steps(run.times.total)))
    start_or_resume(run, checkpoint, prepared, decisions)
    return run


def open_records(
    folder: Path, options: TrainOptions, accelerator: Accelerator
) -> tuple[CheckpointStore, Checkpoint | None, History]:
    """The run's checkpoints, the one to go on from (if any), and its history up to there."""
    store = CheckpointStore(folder / "checkpoints", options.keep_checkpoints)
    checkpoint = store.latest() if options.resume else None
    if accelerator.is_main_process:
        store.clear_unfinished()
        store.forget_after(checkpoint.step if checkpoint else -1)
    keep = checkpoint.state["history_bytes"] if checkpoint else 0
    history = History(folder / "history.jsonl", keep if accelerator.is_main_process else None)
    return store, checkpoint, history


def start_or_resume(
    run: BaseRun, checkpoint: Checkpoint | None, prepared: Prepared, decisions: Decisions
) -> None:
    """Tell that the run begins, or put it where `checkpoint` was written."""
    if checkpoint is None:
        run.tell(_start(run, prepared, decisions))
    else:
        resume(run, checkpoint)
        # Shown, so that steps are counted against the total; the history has it already.
        run.reporter.show(_start(run, prepared, decisions))
        run.reporter.say(f"resumed at step {checkpoint.step} of {run.times.total}")


def _start(run: BaseRun, prepared: Prepared, decisions: Decisions) -> StartEvent:
    parameters = list(run.model.parameters())
    return StartEvent(
        total_steps=run.times.total,
        steps_per_epoch=run.times.per_epoch,
        examples=len(prepared.data.train),
        val_examples=len(prepared.data.val),
        parameters=sum(p.numel() for p in parameters),
        trainable_parameters=sum(p.numel() for p in parameters if p.requires_grad),
        learning_rate=run.times.peak,
        device=str(run.accelerator.device),
        processes=run.accelerator.num_processes,
        decisions=tuple(decisions.lines),
    )


def _flops(times: Timetable, prepared: Prepared, cost: TokenCost, measured_share: float) -> float:
    """Operations of the whole run; evaluations cover `measured_share` of the training set each."""
    epoch = cost.total(prepared.report.tokens, prepared.report.learnt_tokens)
    evaluations = times.total / times.evaluate_every + 1
    # A forward pass alone is about half of what a LoRA step costs for as many tokens.
    return epoch * (times.total / times.per_epoch + 0.5 * evaluations * measured_share)
