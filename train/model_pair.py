"""A base model and its tuned self, loaded once where an adapter makes the difference."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch

from curate.errors import UserError
from curate.manifest import read_manifest
from curate.train.models import Base, load_adapter, load_model, load_tokenizer, resolve_base

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass
class ModelPair:
    """Either an adapter on its base (`adapted`), or one or two whole models.

    `tokenizer` is the tuned model's where there is one: its chat template is what training saw.
    """

    name: str
    tokenizer: PreTrainedTokenizerBase
    adapted: PeftModel | None = None
    base: PreTrainedModel | None = None
    tuned: PreTrainedModel | None = None

    @property
    def has_tuned(self) -> bool:
        """Whether there is a tuned model at all."""
        return self.adapted is not None or self.tuned is not None

    @property
    def has_base(self) -> bool:
        """Whether the model before tuning is at hand."""
        return self.adapted is not None or self.base is not None

    @contextmanager
    def use(self, *, tuned: bool) -> Iterator[PreTrainedModel]:
        """The base or the tuned model, ready to answer."""
        if self.adapted is not None:
            # PEFT's wrapper forwards what it does not define itself.
            model = cast("PreTrainedModel", self.adapted)
            if tuned:
                yield model
            else:
                with self.adapted.disable_adapter():
                    yield model
            return
        one = self.tuned if tuned else self.base
        if one is None:
            raise UserError(f"{self.name}: there is no {'tuned' if tuned else 'base'} model")
        yield one


def load_pair(
    run: Path | None,
    model: str | None = None,
    adapter: Path | None = None,
    *,
    needs_base: bool = True,
) -> ModelPair:
    """The models of a run folder, or those named by hand; on the GPU where there is one.

    Args:
        run: a run folder of `curate train`.
        model: the base; the run's or the adapter's own without it.
        adapter: an adapter folder, or the folder of a fully tuned model; the run's without it.
        needs_base: load the base beside a fully tuned model, too.

    Raises:
        UserError: nothing was named, or what was named is not there.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    if run is not None and not run.is_dir():
        raise UserError(f"{run}: no such run folder")
    folder = adapter or _trained(run)
    if folder is not None and not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    if folder is not None and (folder / "adapter_config.json").is_file():
        if model is None:
            adapted, tokenizer = load_adapter(folder, dtype=dtype)
        else:
            adapted, tokenizer = _adapter_on(model, folder, dtype)
        adapted.to(device)
        name = model or str(adapted.peft_config["default"].base_model_name_or_path)
        return ModelPair(name, tokenizer, adapted=adapted)
    spelling = model or (_base_of(run) if needs_base or folder is None else None)
    if spelling is None and folder is None:
        raise UserError("which model? Give a run folder, --model or --adapter")
    base = resolve_base(spelling) if spelling is not None else None
    whole = resolve_base(str(folder)) if folder is not None else None
    source = whole or base
    assert source is not None
    return ModelPair(
        name=spelling or str(folder),
        tokenizer=load_tokenizer(source),
        base=_on(base, dtype, device),
        tuned=_on(whole, dtype, device),
    )


def _trained(run: Path | None) -> Path | None:
    """What the run trained: its adapter, or its whole model."""
    if run is None:
        return None
    # A run folder, or the adapter (or model) folder itself.
    for folder in (run / "adapter", run / "model", run):
        if any((folder / name).is_file() for name in ("adapter_config.json", "config.json")):
            return folder
    raise UserError(
        f"{run}: no adapter and no model here; expected a folder that `curate train` wrote"
    )


def _base_of(run: Path | None) -> str | None:
    if run is None:
        return None
    training = read_manifest(run).get("training", {})
    return str(training["model"]) if "model" in training else None


def _adapter_on(
    model: str, folder: Path, dtype: torch.dtype
) -> tuple[PeftModel, PreTrainedTokenizerBase]:
    from peft import PeftModel

    base = load_model(resolve_base(model), dtype=dtype)
    adapted = PeftModel.from_pretrained(base, str(folder), local_files_only=True)
    return adapted, load_tokenizer(Base(str(folder), str(folder), local=True))


def _on(base: Base | None, dtype: torch.dtype, device: torch.device) -> PreTrainedModel | None:
    if base is None:
        return None
    model = load_model(base, dtype=dtype)
    return cast("PreTrainedModel", cast("torch.nn.Module", model).to(device))
