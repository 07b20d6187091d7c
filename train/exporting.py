"""What a run hands on: the adapter (or the whole model), its tokenizer, and the model card."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from torch.distributed.tensor import DTensor

from curate.errors import UserError
from curate.manifest import FILE_NAME, read_manifest
from curate.schemas.options.train import Adapter, Method
from curate.schemas.training_artifacts import TrainingManifest
from curate.schemas.verdicts import Verdict

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_TEMPORARY = ".writing-"


def save_trained(
    folder: Path,
    model: nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    weights: Mapping[str, torch.Tensor],
    card: str,
) -> None:
    """Write an adapter (PEFT's format) or a whole model (transformers'), replacing what was there.

    Args:
        folder: takes its name only when everything is in it.
        model: a PEFT model, or a transformers model.
        tokenizer: with the chat template that was trained with.
        weights: the learnt weights by the model's own names, whole (not sharded).
        card: the model card.
    """
    from peft import PeftModel

    temporary = folder.parent / f"{_TEMPORARY}{folder.name}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    state = dict(weights)
    if isinstance(model, PeftModel):
        model.save_pretrained(str(temporary), state_dict=state, safe_serialization=True)
    else:
        # A sharded model's own tensors are not whole; else transformers sees best which are tied.
        sharded = any(isinstance(p, DTensor) for p in model.parameters())
        cast("PreTrainedModel", model).save_pretrained(
            temporary, state_dict=state if sharded else None
        )
    tokenizer.save_pretrained(temporary)
    (temporary / "README.md").write_text(card, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)


def model_card(
    manifest: TrainingManifest,
    verdict: Verdict,
    best_step: int,
    closing: Sequence[str] = (),
    *,
    adapter: bool,
) -> str:
    """The model card: what was trained on what, what came of it, and how to load it."""
    front = ["---", f"base_model: {manifest.model}"]
    front += ["library_name: peft", "tags: [lora, curate]"] if adapter else ["tags: [curate]"]
    rendering = manifest.rendering
    ways = ", ".join(f"{n} by {way}" for way, n in rendering.ways.items())
    rows = {
        "Base model": f"`{manifest.model}`",
        "Training data": f"`{manifest.train.path}`, {manifest.train.examples} examples, "
        f"SHA-256 `{manifest.train.sha256[:16]}…`",
        "Validation data": f"`{manifest.val.path}`, {manifest.val.examples} examples, "
        f"SHA-256 `{manifest.val.sha256[:16]}…`",
        "Tokens": f"{rendering.tokens:,} in an epoch, {rendering.learnt_tokens:,} of them learnt",
        "Learnt tokens found": ways,
        "Chat template": f"SHA-256 `{rendering.template_sha256[:16]}…`, saved with the tokenizer",
        "Best step": str(best_step),
        "Validation loss": _loss(verdict.val_loss),
        "Train probe loss": _loss(verdict.probe_loss),
        "Verdict": f"**{verdict.name.value}**: {verdict.evidence}",
    }
    if not rendering.learnt_tokens:  # prompts that the model answers itself
        rows["Tokens"] = f"{rendering.tokens:,} in the prompts"
        for name in ("Learnt tokens found", "Validation loss", "Train probe loss"):
            del rows[name]
    if closing:
        rows["Result"] = " ".join(closing)
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    options = "\n".join(f"- `{k}`: `{v}`" for k, v in manifest.options.items() if v is not None)
    return "\n".join(
        [
            *front,
            "---",
            "",
            "# Fine-tuned with curate",
            "",
            f"| | |\n|---|---|\n{table}",
            "",
            "## Load it",
            "",
            "```python",
            *_loading(manifest, adapter=adapter),
            "```",
            "",
            "## Options",
            "",
            options,
            "",
        ]
    )


_LOAD_ADAPTER = (
    "from peft import PeftConfig, PeftModel",
    "from transformers import AutoModelForCausalLM, AutoTokenizer",
    "",
    'folder = "adapter"',
    "base = PeftConfig.from_pretrained(folder).base_model_name_or_path",
    "model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder)",
    "tokenizer = AutoTokenizer.from_pretrained(folder)",
)
_LOAD_MODEL = (
    "from transformers import AutoModelForCausalLM, AutoTokenizer",
    "",
    'folder = "model"',
    "model = AutoModelForCausalLM.from_pretrained(folder)",
    "tokenizer = AutoTokenizer.from_pretrained(folder)",
)


def _loading(manifest: TrainingManifest, *, adapter: bool) -> list[str]:
    """How to load what was trained; a reward model is transformers' for classifying sequences."""
    lines = list(_LOAD_ADAPTER if adapter else _LOAD_MODEL)
    if manifest.options.get("method") != Method.REWARD.value:
        return lines
    scoring = "AutoModelForSequenceClassification"
    lines = [line.replace("AutoModelForCausalLM", scoring) for line in lines]
    return [
        line.replace("from_pretrained(base)", "from_pretrained(base, num_labels=1)")
        for line in lines
    ]


def _loss(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4f}"


@dataclass(frozen=True)
class MergeReport:
    """How far the merged model is from base and adapter, on a short text.

    `largest_logit_change` is absolute; `divergence` is the mean KL divergence in nats of the
    merged model's next-token distributions from the adapted one's.
    """

    folder: Path
    base: str
    trained_quantised: bool
    largest_logit_change: float
    divergence: float

    def summary(self) -> str:
        """What was merged into what, and the difference it makes."""
        lines = [
            f"Merged into {self.base}; saved in {self.folder}.",
            f"Against base and adapter apart: logits differ by at most {self.largest_logit_change:.2g}, "
            f"KL divergence {self.divergence:.2g} nats a token.",
        ]
        if self.trained_quantised:
            lines.append(
                "The adapter was trained over a 4-bit base, and is merged into the unquantised one: "
                "answers can differ from those seen in training."
            )
        return "\n".join(lines)


def merge(run: Path, output: Path, *, dtype: torch.dtype = torch.float32) -> MergeReport:
    """Write the adapter of `run` merged into its base as an ordinary model folder.

    The adapter is merged into the base's own weights, never into dequantised 4-bit ones: for an
    adapter that was trained over a 4-bit base this is another base than it was trained on, which
    the report says (`trained_quantised`) with the difference it makes.

    Raises:
        UserError: there is no adapter in `run`, or `output` exists and is not empty.
    """
    from curate.train.models import load_adapter

    if output.exists() and any(output.iterdir()):
        raise UserError(f"{output}: the folder is not empty; choose another with -o")
    adapted, tokenizer = load_adapter(run, dtype=dtype)
    config = adapted.peft_config["default"]
    probe = torch.tensor([tokenizer("The quick brown fox jumps over the lazy dog.")["input_ids"]])
    with torch.no_grad():
        before = adapted(probe).logits.float()
    merged: Any = adapted.merge_and_unload(safe_merge=True)
    with torch.no_grad():
        after = merged(probe).logits.float()
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.parent / f"{_TEMPORARY}{output.name}"
    shutil.rmtree(temporary, ignore_errors=True)
    merged.save_pretrained(temporary)
    tokenizer.save_pretrained(temporary)
    if output.exists():
        output.rmdir()
    temporary.rename(output)
    return MergeReport(
        folder=output,
        base=str(config.base_model_name_or_path),
        trained_quantised=_was_quantised(run),
        largest_logit_change=float((after - before).abs().max()),
        divergence=float(
            nn.functional.kl_div(
                after.log_softmax(-1), before.log_softmax(-1), log_target=True, reduction="none"
            )
            .sum(-1)
            .mean()
        ),
    )


def _was_quantised(run: Path) -> bool:
    folder = run if (run / FILE_NAME).is_file() else run.parent
    options = read_manifest(folder).get("training", {}).get("options", {})
    return bool(options.get("adapter") == Adapter.QLORA.value)
