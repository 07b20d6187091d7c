"""The folder of a run: whose it is, what its manifest says, and what is written when it ends."""

from __future__ import annotations

import shutil
from pathlib import Path

from curate.errors import UserError
from curate.manifest import file_hash, read_manifest, update_manifest
from curate.schemas.options.train import Adapter, TrainOptions
from curate.schemas.training_artifacts import DataManifest, RenderingManifest, TrainingManifest
from curate.train.exporting import model_card, save_trained
from curate.train.loop import Outcome
from curate.train.plotting import loss_curve
from curate.train.preparing import Prepared
from curate.train.run import BaseRun
from curate.train.state import weights_of
from curate.writing import atomic_write

# Options that may differ between a run and its continuation: none of them changes a weight.
_FREE_ON_RESUME = frozenset(
    {
        "resume",
        "overwrite",
        "output",
        "preview",
        "keep_checkpoints",
        "threads",
        "num_processes",
        "tracker",
    }
)


def _holds_run(folder: Path) -> bool:
    return (folder / "history.jsonl").exists() or (folder / "checkpoints").exists()


def require_free(folder: Path, options: TrainOptions) -> None:
    """Refuse to touch a run that is neither to be resumed nor to be replaced."""
    if _holds_run(folder) and not (options.resume or options.overwrite):
        raise UserError(
            f"{folder} already holds a run; go on with --resume, begin anew with --overwrite, or "
            "choose another folder with -o"
        )


def claim(folder: Path, options: TrainOptions, prepared: Prepared) -> None:
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


def _require_same_run(folder: Path, options: TrainOptions, prepared: Prepared) -> None:
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


def manifest_of(
    prepared: Prepared, options: TrainOptions, origins: dict[str, str], decisions: tuple[str, ...]
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
            no_preference=len(report.no_preference),
            template_sha256=report.template_hash,
            end_token_added=report.end_token_added,
        ),
        options=options.model_dump(mode="json"),
        origins=origins,
        decisions=decisions,
    )


def hand_over(
    folder: Path,
    run: BaseRun,
    outcome: Outcome,
    manifest: TrainingManifest,
    prepared: Prepared,
    options: TrainOptions,
) -> tuple[Path, tuple[str, ...]]:
    """Write what the run leaves behind.

    Returns:
        The folder of the adapter (or model), and what the method adds to the closing words.
    """
    adapter = options.adapter is not Adapter.FULL
    trained = folder / ("adapter" if adapter else "model")
    weights = weights_of(run.model)
    recorded = run.dynamics.gathered(run.accelerator)
    closing = prepared.recipe.finish(run, folder)
    if run.accelerator.is_main_process:
        # Without what stands beside the model, as a value head does.
        own = {n.removeprefix("model."): v for n, v in weights.items() if n.startswith("model.")}
        card = model_card(manifest, outcome.verdict, outcome.best_step, closing, adapter=adapter)
        save_trained(trained, run.language_model, prepared.tokenizer, own, card)
        (folder / "README.md").write_text(card, encoding="utf-8")
        if recorded.counts:
            recorded.write(folder, prepared.data.train, prepared.data.val, run.times.per_epoch)
        with atomic_write(folder / "loss.svg") as file:
            file.write(loss_curve(folder / "history.jsonl").encode())
        result = {
            "best_step": outcome.best_step,
            "last_step": outcome.last_step,
            "stopped": outcome.stopped,
            "verdict": outcome.verdict.model_dump(mode="json"),
        }
        finished = manifest.model_copy(update={"result": result})
        update_manifest(folder, training=finished.model_dump(mode="json"))
    run.accelerator.wait_for_everyone()
    return trained, closing
