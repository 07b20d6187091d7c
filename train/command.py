"""What `curate train` does, from a data file to an adapter and its verdict."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from rich.console import Console

from curate.errors import UserError
from curate.manifest import update_manifest
from curate.schemas.options.train import TrainOptions
from curate.schemas.verdicts import Verdict
from curate.train.dashboard import Reporter, Silence, reporter
from curate.train.launching import is_launched

if TYPE_CHECKING:
    from accelerate import Accelerator

    from curate.train.preparing import Prepared


@dataclass(frozen=True)
class TrainResult:
    """What a run leaves behind; `closing` is what its method has to add."""

    run: Path
    trained: Path
    verdict: Verdict
    best_step: int
    last_step: int
    stopped: str | None
    closing: tuple[str, ...] = ()

    def summary(self) -> str:
        """The closing words: the verdict, and which step was saved where."""
        lines = [f"{self.verdict.name.value}: {self.verdict.evidence}"]
        if self.stopped:
            lines.append(f"Stopped at step {self.last_step}: {self.stopped}.")
        lines += self.closing
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
    from curate.train.preparing import prepare
    from curate.train.runfolder import require_free
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
        require_free(folder, options)
    with accelerator.main_process_first():
        prepared = prepare(data, options, folder / "splits")
    return _train(folder, prepared, options, dict(origins or {}), accelerator, console)


def preview(data: str | Path, options: TrainOptions, console: Console) -> None:
    """Show the first `options.preview` samples as the model will see them; nothing is trained."""
    from curate.train.preparing import describe_rendering, prepare
    from curate.train.previewing import show_items

    with tempfile.TemporaryDirectory() as splits:
        prepared = prepare(Path(data), options, Path(splits))
    show_items(prepared.items, prepared.tokenizer, options.preview, console)
    console.print(describe_rendering(prepared.report), markup=False, highlight=False)


def _settled(options: TrainOptions | None, settings: Mapping[str, Any]) -> TrainOptions:
    try:
        return TrainOptions.model_validate(
            {**(options.model_dump() if options else {}), **settings}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _train(
    folder: Path,
    prepared: Prepared,
    options: TrainOptions,
    origins: dict[str, str],
    accelerator: Accelerator,
    console: Console | None,
) -> TrainResult:
    from curate.train.assembling import assemble
    from curate.train.decisions import Decisions
    from curate.train.loop import run_loop
    from curate.train.preparing import describe_rendering
    from curate.train.runfolder import claim, hand_over, manifest_of
    from curate.train.tracking import tracked

    decisions = Decisions()
    decisions.note(describe_rendering(prepared.report))
    for line in prepared.notes:
        decisions.note(line)
    first = accelerator.is_main_process
    if first:
        claim(folder, options, prepared)
    accelerator.wait_for_everyone()
    show: Reporter = reporter(console) if first and console is not None else Silence()
    show = tracked(show, accelerator, options, folder)
    try:
        run = assemble(folder, prepared, options, accelerator, show, decisions)
        manifest = manifest_of(prepared, options, origins, tuple(decisions.lines))
        if first:
            update_manifest(folder, training=manifest.model_dump(mode="json"))
        outcome = run_loop(run)
    finally:
        show.close()
    run.history.close()
    trained, closing = hand_over(folder, run, outcome, manifest, prepared, options)
    return TrainResult(
        folder,
        trained,
        outcome.verdict,
        outcome.best_step,
        outcome.last_step,
        outcome.stopped,
        closing,
    )
