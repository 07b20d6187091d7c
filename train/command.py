"""What `curate train` does, from a data file to an adapter and its verdict."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from rich.console import Console

from curate.errors import UserError
from curate.manifest import file_hash, read_manifest, update_manifest
from curate.schemas.options.train import Adapter, TrainOptions
from curate.schemas.training_artifacts import (
    DataManifest,
    RenderingManifest,
    StartEvent,
    TrainingManifest,
)
from curate.schemas.verdicts import Verdict
from curate.train.dashboard import Reporter, Silence, reporter
from curate.train.datasets import TrainingData, load_training_data
from curate.train.launching import is_launched
from curate.writing import atomic_write

if TYPE_CHECKING:
    from accelerate import Accelerator
    from transformers import PreTrainedTokenizerBase

    from curate.train.decisions import Decisions
    from curate.train.loop import Outcome, Run
    from curate.train.models import Base
    from curate.train.rendering import RenderingReport, Sample

# Options that may differ between a run and its continuation: none of them changes a weight.
_FREE_ON_RESUME = frozenset(
    {"resume", "overwrite", "output", "preview", "keep_checkpoints", "threads", "num_processes"}
)


@dataclass(frozen=True)
class TrainResult:
    """What a run leaves behind."""

    run: Path
    trained: Path
    verdict: Verdict
    best_step: int
    last_step: int
    stopped: str | None

    def summary(self) -> str:
        """The closing words: the verdict, and which step was saved where."""
        lines = [f"{self.verdict.name.value}: {self.verdict.evidence}"]
        if self.stopped:
            lines.append(f"Stopped at step {self.last_step}: {self.stopped}.")
        lines.append(f"Saved the weights of step {self.best_step} in {self.trained}.")
        return "\n".join(lines)


def train(
    data: str | Path,
    options: TrainOptions | None = None,
    *,
    origins: Mapping[str, str] | None = None,
    console: Console | None = None,
    **settings: Any,
) -> TrainResult:
    """Fine-tune a model on `data`, watching the gap between train and validation loss.

    Args:
        data: a file, or a folder with train and val files.
        options: all options; `settings` are changes to them, by name.
        origins: where each option's value came from, for the manifest.
        console: where progress is shown; nothing is shown without one.
        settings: options by name, as in `curate.train("data.jsonl", model="…", epochs=2)`.

    Raises:
        UserError: data, model or options are not usable; the message says what to do.
        KeyboardInterrupt: ended by the user, after writing a checkpoint.
    """
    from curate.train.setup import make_accelerator

    options = _settled(options, settings)
    data = Path(data)
    folder = options.output or Path("runs") / data.name.split(".")[0]
    if options.num_processes > 1 and not is_launched():
        raise UserError(
            f"num_processes = {options.num_processes}: from Python, start them with `accelerate launch`"
        )
    accelerator = make_accelerator(options)
    if accelerator.is_main_process:
        _require_free(folder, options)
    with accelerator.main_process_first():
        prepared = _prepare(data, options, folder / "splits")
    return _train(folder, prepared, options, dict(origins or {}), accelerator, console)


def preview(data: str | Path, options: TrainOptions, console: Console) -> None:
    """Show the first `options.preview` samples as the model will see them; nothing is trained."""
    from curate.train.previewing import show_samples

    with tempfile.TemporaryDirectory() as splits:
        prepared = _prepare(Path(data), options, Path(splits))
    show_samples(prepared.samples, prepared.tokenizer, options.preview, console)
    console.print(describe_rendering(prepared.report), markup=False, highlight=False)


def _settled(options: TrainOptions | None, settings: Mapping[str, Any]) -> TrainOptions:
    try:
        return TrainOptions.model_validate(
            {**(options.model_dump() if options else {}), **settings}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


@dataclass(frozen=True)
class _Prepared:
    """Data as samples; nothing heavier than a tokenizer has been loaded for it."""

    base: Base
    tokenizer: PreTrainedTokenizerBase
    data: TrainingData
    samples: list[Sample]
    val_samples: list[Sample]
    report: RenderingReport


def _prepare(path: Path, options: TrainOptions, splits: Path) -> _Prepared:
    from curate.train.models import load_tokenizer, resolve_base
    from curate.train.rendering import render_examples

    if options.model is None:
        raise UserError(
            "which model? Give --model (a hub id, a folder, a .gguf file, or package:NAME)"
        )
    data = load_training_data(path, options, splits)
    base = resolve_base(options.model)
    tokenizer = load_tokenizer(base, trust_remote_code=options.trust_remote_code)
    limits: dict[str, Any] = {
        "max_length": options.max_length,
        "over_length": options.over_length,
        "max_lost_share": options.max_lost_share,
    }
    samples, report = render_examples(data.train, tokenizer, **limits)
    val_samples, _ = render_examples(data.val, tokenizer, **limits)
    return _Prepared(base, tokenizer, data, samples, val_samples, report)


def describe_rendering(report: RenderingReport) -> str:
    """What rendering did, in one line."""
    ways = ", ".join(f"{n:,} by {way}" for way, n in report.ways.items())
    parts = [
        f"data: {report.samples:,} samples, {report.tokens:,} tokens, "
        f"{report.learnt_tokens:,} of them learnt (found {ways})"
    ]
    for count, what in (
        (len(report.dropped), "too long, dropped"),
        (len(report.cut), "cut in the prompt's middle"),
        (len(report.split), "split"),
        (len(report.nothing_to_learn), "with nothing to learn"),
        (len(report.refused), "refused by the chat template"),
    ):
        if count:
            parts.append(f"{count:,} {what}")
    if report.end_token_added:
        parts.append("the template ends no turn, so EOS was added")
    return "; ".join(parts)


def _train(
    folder: Path,
    prepared: _Prepared,
    options: TrainOptions,
    origins: dict[str, str],
    accelerator: Accelerator,
    console: Console | None,
) -> TrainResult:
    from curate.train.decisions import Decisions
    from curate.train.loop import run_loop
    from curate.train.tracking import tracked

    decisions = Decisions()
    decisions.note(describe_rendering(prepared.report))
    first = accelerator.is_main_process
    if first:
        _claim(folder, options, prepared)
    accelerator.wait_for_everyone()
    show: Reporter = reporter(console) if first and console is not None else Silence()
    show = tracked(show, accelerator, options, folder)
    try:
        run, start, manifest = _assemble(
            folder, prepared, options, origins, accelerator, show, decisions
        )
        if first:
            update_manifest(folder, training=manifest.model_dump(mode="json"))
        if start is not None:
            run.tell(start)
        outcome = run_loop(run)
    finally:
        show.close()
    run.history.close()
    return _hand_over(folder, run, outcome, manifest, prepared, options)


def _assemble(
    folder: Path,
    prepared: _Prepared,
    options: TrainOptions,
    origins: dict[str, str],
    accelerator: Accelerator,
    show: Reporter,
    decisions: Decisions,
) -> tuple[Run, StartEvent | None, TrainingManifest]:
    """The run, ready to go; the start event unless it goes on from a checkpoint."""
    from curate.train import setup
    from curate.train.asking import make_asker
    from curate.train.checkpoints import CheckpointStore
    from curate.train.evaluating import fixed_items
    from curate.train.flops import token_cost
    from curate.train.forward import unwrapped
    from curate.train.history import History
    from curate.train.loop import Run, resume
    from curate.train.packing import BatchOrder
    from curate.train.processes import spread
    from curate.train.schedule import timetable
    from curate.train.sft import SupervisedObjective
    from curate.train.watch import Watch

    device = accelerator.device
    numerics = setup.choose_numerics(options, device, decisions)
    everything = prepared.samples + prepared.val_samples
    memory = setup.plan_run(prepared.base, options, everything, accelerator, numerics, decisions)
    tokens = round(options.epochs * prepared.report.tokens)
    losses = setup.build_model(prepared.base, options, device, numerics, memory, tokens, decisions)
    spread(losses, accelerator, numerics.compute, sharded=memory.sharded)
    cost = token_cost(losses.model)
    width = unwrapped(losses.model).config.get_text_config().hidden_size
    objective = SupervisedObjective(prepared.samples, share_prefixes=losses.plan.packed)
    val = SupervisedObjective(prepared.val_samples, share_prefixes=losses.plan.packed)
    val_items = fixed_items(val, options.watch_rows, options.seed)
    probe_items = fixed_items(objective, len({val.examples[i] for i in val_items}), options.seed)
    times = timetable(
        options,
        items=len(objective.lengths),
        measured_items=len(val_items) + len(probe_items),
        width=width,
    )
    if options.learning_rate is None:
        decisions.note(f"learning rate: {times.peak:.2e}, from the model's width of {width:,}")
    optimiser = setup.make_optimiser(losses, options, device)
    store = CheckpointStore(folder / "checkpoints", options.keep_checkpoints)
    checkpoint = store.latest() if options.resume else None
    history_path = folder / "history.jsonl"
    if accelerator.is_main_process:
        store.clear_unfinished()
        store.forget_after(checkpoint.step if checkpoint else -1)
    keep = checkpoint.state["history_bytes"] if checkpoint else 0
    run = Run(
        accelerator=accelerator,
        model=losses,
        optimiser=optimiser,
        train=objective,
        val=val,
        val_items=val_items,
        probe_items=probe_items,
        order=BatchOrder(len(objective.lengths), options.batch_size, options.seed),
        times=times,
        budget=memory.budget if losses.plan.packed else 1,
        autocast=setup.autocasting(numerics, device),
        max_grad_norm=options.max_grad_norm,
        watch=Watch(options, train_ids=objective.names),
        store=store,
        history=History(history_path, keep if accelerator.is_main_process else None),
        reporter=show,
        cost=cost,
        ask=None if memory.sharded else make_asker(prepared.data.val, prepared.tokenizer, options),
    )
    manifest = _manifest(prepared, options, origins, tuple(decisions.lines))
    if checkpoint is not None:
        resume(run, checkpoint)
        show.say(f"resumed at step {checkpoint.step} of {times.total}")
        return run, None, manifest
    start = StartEvent(
        total_steps=times.total,
        steps_per_epoch=times.per_epoch,
        examples=len(prepared.data.train),
        val_examples=len(prepared.data.val),
        parameters=sum(p.numel() for p in losses.parameters()),
        trainable_parameters=sum(p.numel() for p in losses.parameters() if p.requires_grad),
        learning_rate=times.peak,
        device=str(device),
        processes=accelerator.num_processes,
        decisions=tuple(decisions.lines),
    )
    return run, start, manifest


def _holds_run(folder: Path) -> bool:
    return (folder / "history.jsonl").exists() or (folder / "checkpoints").exists()


def _require_free(folder: Path, options: TrainOptions) -> None:
    """Refuse to touch a run that is neither to be resumed nor to be replaced."""
    if _holds_run(folder) and not (options.resume or options.overwrite):
        raise UserError(
            f"{folder} already holds a run; go on with --resume, begin anew with --overwrite, or "
            "choose another folder with -o"
        )


def _claim(folder: Path, options: TrainOptions, prepared: _Prepared) -> None:
    """Make the run folder ours: check what is to be resumed, remove what is to be replaced."""
    if not _holds_run(folder):
        pass
    elif options.resume:
        _require_same_run(folder, options, prepared)
    else:
        for name in ("checkpoints", "adapter", "model"):
            shutil.rmtree(folder / name, ignore_errors=True)
        (folder / "history.jsonl").unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)


def _require_same_run(folder: Path, options: TrainOptions, prepared: _Prepared) -> None:
    """A run goes on only with the options and the data it began with."""
    before = read_manifest(folder).get("training")
    if before is None:
        return
    now = options.model_dump(mode="json")
    for name, value in before["options"].items():
        if name not in _FREE_ON_RESUME and now.get(name) != value:
            raise UserError(
                f"--resume: {folder} was begun with {name} = {value!r}, not {now.get(name)!r}; "
                "leave it as it was, or begin anew with --overwrite"
            )
    for part, path in (("train", prepared.data.train_path), ("val", prepared.data.val_path)):
        if before[part]["sha256"] != file_hash(path):
            raise UserError(
                f"--resume: {path} has changed since {folder} was begun; begin anew with --overwrite"
            )


def _manifest(
    prepared: _Prepared, options: TrainOptions, origins: dict[str, str], decisions: tuple[str, ...]
) -> TrainingManifest:
    data, report = prepared.data, prepared.report
    return TrainingManifest(
        model=prepared.base.spelling,
        model_path=prepared.base.name,
        train=DataManifest(
            path=str(data.train_path), sha256=file_hash(data.train_path), examples=len(data.train)
        ),
        val=DataManifest(
            path=str(data.val_path), sha256=file_hash(data.val_path), examples=len(data.val)
        ),
        rendering=RenderingManifest(
            samples=report.samples,
            tokens=report.tokens,
            learnt_tokens=report.learnt_tokens,
            ways=dict(report.ways),
            dropped=len(report.dropped),
            cut=len(report.cut),
            split=len(report.split),
            nothing_to_learn=len(report.nothing_to_learn),
            refused=len(report.refused),
            template_sha256=report.template_hash,
            end_token_added=report.end_token_added,
        ),
        options=options.model_dump(mode="json"),
        origins=origins,
        decisions=decisions,
    )


def _hand_over(
    folder: Path,
    run: Run,
    outcome: Outcome,
    manifest: TrainingManifest,
    prepared: _Prepared,
    options: TrainOptions,
) -> TrainResult:
    """Write adapter (or model), model card, loss curve, training dynamics and manifest."""
    from curate.train.dynamics import Dynamics
    from curate.train.exporting import model_card, save_trained
    from curate.train.plotting import loss_curve
    from curate.train.state import weights_of

    recorded = run.dynamics
    if run.accelerator.num_processes > 1:
        from accelerate.utils import gather_object

        parts = [Dynamics.of(t) for t in gather_object([recorded.tensors()])]
        recorded = Dynamics.empty()
        for part in parts:
            recorded.extend(part)
    adapter = options.adapter is not Adapter.FULL
    trained = folder / ("adapter" if adapter else "model")
    weights = weights_of(run.model)
    if run.accelerator.is_main_process:
        own = {name.removeprefix("model."): value for name, value in weights.items()}
        card = model_card(manifest, outcome.verdict, outcome.best_step, adapter=adapter)
        save_trained(trained, run.language_model, prepared.tokenizer, own, card)
        (folder / "README.md").write_text(card, encoding="utf-8")
        data, per_epoch = prepared.data, run.times.per_epoch
        recorded.write(folder, data.train, data.val, per_epoch)
        with atomic_write(folder / "loss.svg") as file:
            file.write(loss_curve(folder / "history.jsonl").encode())
        result = {
            "best_step": outcome.best_step,
            "last_step": outcome.last_step,
            "stopped": outcome.stopped,
            "verdict": outcome.verdict.model_dump(mode="json"),
        }
        update_manifest(
            folder, training=manifest.model_copy(update={"result": result}).model_dump(mode="json")
        )
    run.accelerator.wait_for_everyone()
    return TrainResult(
        folder, trained, outcome.verdict, outcome.best_step, outcome.last_step, outcome.stopped
    )
