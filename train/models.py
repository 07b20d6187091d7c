"""The base model: where it comes from, how it is loaded, and the adapter on top of it.

A base is named by a hub id, a local folder, a `.gguf` file, or `package:NAME` (the single `.gguf`
file inside an installed Python package). A GGUF base is converted once: its dequantised weights
are written as safetensors to a cache folder, and everything after that (training, PEFT's
`base_model_name_or_path`, merging) sees an ordinary model folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.train.template_check import require_trained_template

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# A dequantised weight is a 16-bit scale times a small integer: float32 holds it exactly. Above
# this many parameters the folder would be too large to be worth the exactness.
_FLOAT32_LIMIT = 1_000_000_000
# Changes when the conversion changes, so that older cached folders are not taken for new ones.
_CONVERSION = "1"


class Head(StrEnum):
    """What stands on a model's last layer; the value is PEFT's name for the task."""

    TOKENS = "CAUSAL_LM"  # the probabilities of the next token
    REWARD = "SEQ_CLS"  # one number for the whole text


@dataclass(frozen=True)
class Base:
    """A base model that transformers can load by `name`.

    `spelling` is what the user wrote; `local` is False for a hub id.
    """

    spelling: str
    name: str
    local: bool


def cache_folder() -> Path:
    """Where converted models are kept: `$XDG_CACHE_HOME/curate/models`, else under `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "curate" / "models"


def resolve_base(spelling: str) -> Base:
    """The base model that `spelling` means; a GGUF file is converted first, if it has not been.

    Raises:
        UserError: the file, folder or package does not exist, or holds no model.
    """
    quiet_bitsandbytes()
    if spelling.startswith("package:"):
        return Base(spelling, str(converted_gguf(_gguf_in_package(spelling))), local=True)
    path = Path(spelling).expanduser()
    if path.suffix == ".gguf":
        if not path.is_file():
            raise UserError(f"model {spelling}: no such file")
        return Base(spelling, str(converted_gguf(path)), local=True)
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise UserError(
                f"model {spelling}: the folder has no config.json; expected a model folder as "
                "transformers' save_pretrained writes it"
            )
        return Base(spelling, str(path.resolve()), local=True)
    if path.is_absolute() or spelling.startswith((".", "~")) or spelling.count("/") > 1:
        raise UserError(f"model {spelling}: no such folder")
    return Base(spelling, spelling, local=False)


def _gguf_in_package(spelling: str) -> Path:
    """The one `.gguf` file of an installed package, found without importing the package."""
    name = spelling.removeprefix("package:").replace("-", "_")
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            f"model {spelling}: no such package; `pip install {name.replace('_', '-')}`"
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    found = sorted(folder.rglob("*.gguf"))
    if len(found) != 1:
        raise UserError(
            f"model {spelling}: expected one .gguf file in {folder}, found {len(found)}; "
            "name the file itself instead"
        )
    return found[0]


def converted_gguf(path: Path) -> Path:
    """The cache folder that holds `path`'s weights as safetensors, with tokenizer and template.

    The folder is named by the file's SHA-256. It is written beside its final place and renamed
    into it when whole, so an interrupted conversion leaves nothing that would be loaded.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder = cache_folder() / f"{path.stem}-{digest[:16]}-v{_CONVERSION}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
    try:
        _convert_gguf(path, temporary)
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process has converted it meanwhile
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _convert_gguf(path: Path, folder: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with quiet_transformers():
        try:
            loaded = AutoModelForCausalLM.from_pretrained(
                path.parent, gguf_file=path.name, dtype=torch.float32, local_files_only=True
            )
            tokenizer = AutoTokenizer.from_pretrained(
                path.parent, gguf_file=path.name, local_files_only=True
            )
        except (ValueError, KeyError, NotImplementedError, OSError) as error:
            raise UserError(f"model {path}: cannot read this GGUF file: {error}") from error
        # A model loaded from GGUF counts as quantised, and transformers refuses to save it:
        # its weights (already dequantised) move into a fresh model of the same shape.
        config = type(loaded.config).from_dict(
            {k: v for k, v in loaded.config.to_dict().items() if k != "quantization_config"}
        )
        config.name_or_path = ""
        parameters = sum(p.numel() for p in loaded.parameters())
        dtype = torch.float32 if parameters <= _FLOAT32_LIMIT else torch.bfloat16
        with torch.device("meta"):
            fresh = type(loaded)(config)
        fresh.load_state_dict(loaded.state_dict(), assign=True)
        fresh.tie_weights()
        for parameter in fresh.parameters():
            parameter.data = parameter.data.to(dtype)
        fresh.save_pretrained(folder)
        loaded.generation_config.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def quiet_bitsandbytes() -> None:
    """Let bitsandbytes, where installed, not offer a kernel of its own at each start."""
    logging.getLogger("bitsandbytes.backends.cpu.ops").setLevel(logging.ERROR)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """No progress bars and no warnings of transformers' own within."""
    from transformers.utils import logging as messages

    level, bars = messages.get_verbosity(), messages.is_progress_bar_enabled()
    messages.set_verbosity_error()
    messages.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # peft asks transformers for an attribute by its older name.
            warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
            yield
    finally:
        messages.set_verbosity(level)
        if bars:
            messages.enable_progress_bar()


def load_tokenizer(base: Base, *, trust_remote_code: bool = False) -> PreTrainedTokenizerBase:
    """The base's tokenizer.

    Raises:
        UserError: there is none, or it is not one with character offsets (a "fast" tokenizer), or
            it lies in a run whose chat template has changed since training.
    """
    from transformers import AutoTokenizer

    with quiet_transformers():
        try:
            tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
                base.name, local_files_only=base.local, trust_remote_code=trust_remote_code
            )
        except (OSError, ValueError) as error:
            raise UserError(f"model {base.spelling}: cannot load its tokenizer: {error}") from error
    if not tokenizer.is_fast:
        raise UserError(
            f"model {base.spelling}: its tokenizer gives no character offsets (no tokenizer.json); "
            "convert it to a fast tokenizer with transformers first"
        )
    if base.local:
        require_trained_template(Path(base.name), tokenizer)
    return tokenizer


def load_model(
    base: Base,
    *,
    dtype: torch.dtype = torch.float32,
    attention: str = "sdpa",
    quantize: bool = False,
    device_map: dict[str, Any] | None = None,
    trust_remote_code: bool = False,
    head: Head = Head.TOKENS,
) -> PreTrainedModel:
    """The base with a head on it, in eval mode, on the CPU unless `device_map` says else.

    A reward head that the base does not have is drawn from torch's global generator.

    Args:
        base: which model.
        dtype: of the weights.
        attention: name of a registered transformers attention function.
        quantize: load the linear layers in 4 bits (NF4, double quantisation; bitsandbytes).
        device_map: as transformers takes it; a quantised model needs its place at loading.
        trust_remote_code: run code that comes with the model.
        head: what stands on its last layer.

    Raises:
        UserError: the model cannot be loaded, or `quantize` without bitsandbytes.
    """
    extra: dict[str, Any] = {} if head is Head.TOKENS else {"num_labels": 1}
    if quantize:
        extra["quantization_config"] = _four_bit(dtype)
    if device_map is not None:
        extra["device_map"] = device_map
    with quiet_transformers():
        try:
            model: PreTrainedModel = _class_of(head).from_pretrained(
                base.name,
                dtype=dtype,
                attn_implementation=attention,
                local_files_only=base.local,
                trust_remote_code=trust_remote_code,
                use_safetensors=True,  # never a pickle
                **extra,
            )
        except (OSError, ValueError) as error:
            raise UserError(f"model {base.spelling}: cannot load it: {error}") from error
    if quantize:
        keep_differentiable(model)
    return model


def _class_of(head: Head) -> Any:
    """transformers' class for models with this head."""
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    return AutoModelForCausalLM if head is Head.TOKENS else AutoModelForSequenceClassification


def keep_differentiable(model: PreTrainedModel) -> None:
    """Keep bitsandbytes from repacking weights on a CPU when it sees a forward pass in eval mode.

    The product with repacked weights has no gradient: after the first evaluation, nothing before
    the last layer would be learnt any more, with no more than a warning.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            setattr(module, "support_avx512bf16_for_cpu", False)  # noqa: B010  # mypy: a Module


def empty_model(
    base: Base,
    *,
    dtype: torch.dtype,
    trust_remote_code: bool = False,
    head: Head = Head.TOKENS,
) -> PreTrainedModel:
    """The base's shape without its weights: no memory, no time ("meta" tensors).

    Raises:
        UserError: it has no configuration that transformers knows.
    """
    from transformers import AutoConfig

    extra: dict[str, Any] = {} if head is Head.TOKENS else {"num_labels": 1}
    with quiet_transformers():
        try:
            config = AutoConfig.from_pretrained(
                base.name, local_files_only=base.local, trust_remote_code=trust_remote_code, **extra
            )
            with torch.device("meta"):
                model: PreTrainedModel = _class_of(head).from_config(
                    config, dtype=dtype, trust_remote_code=trust_remote_code
                )
        except (OSError, ValueError) as error:
            raise UserError(f"model {base.spelling}: cannot read it: {error}") from error
    return model


def _four_bit(dtype: torch.dtype) -> Any:
    if importlib.util.find_spec("bitsandbytes") is None:
        raise UserError("--adapter qlora needs bitsandbytes: `pip install bitsandbytes`")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def add_adapter(
    model: PreTrainedModel, base: Base, options: TrainOptions, head: Head = Head.TOKENS
) -> PeftModel:
    """Freeze `model` and put fresh LoRA matrices on it (B starts at zero: nothing changes yet).

    A reward head is learnt whole beside them, and saved with them. The seed of the A matrices is the global torch generator's.

    Raises:
        UserError: none of the target modules exists.
    """
    from peft import LoraConfig, get_peft_model

    targets: str | list[str] = list(options.lora_targets)
    if targets == ["all-linear"]:
        targets = "all-linear"
    alpha = options.lora_alpha if options.lora_alpha is not None else 2 * options.lora_rank
    config = LoraConfig(
        task_type=head.value,
        r=options.lora_rank,
        lora_alpha=alpha,
        lora_dropout=options.lora_dropout,
        target_modules=targets,
        use_rslora=options.use_rslora,
        use_dora=options.use_dora,
        base_model_name_or_path=base.name,
    )
    try:
        with quiet_transformers():
            return get_peft_model(model, config)
    except ValueError as error:
        raise UserError(f"--lora-targets {','.join(options.lora_targets)}: {error}") from error


def load_adapter(
    folder: Path, *, dtype: torch.dtype = torch.float32
) -> tuple[PeftModel, PreTrainedTokenizerBase]:
    """A trained adapter on its base, and the tokenizer (with the chat template) saved beside it.

    `folder` is a run, or the adapter folder inside it.

    Raises:
        UserError: there is no adapter, or its base is gone.
    """
    from peft import PeftConfig, PeftModel

    if (folder / "adapter").is_dir():
        folder = folder / "adapter"
    if not (folder / "adapter_config.json").is_file():
        raise UserError(
            f"{folder}: no adapter here; expected adapter_config.json, as `curate train` writes it"
        )
    name = str(PeftConfig.from_pretrained(str(folder)).base_model_name_or_path)
    base = resolve_base(name)
    model = load_model(base, dtype=dtype)
    with quiet_transformers():
        adapted = PeftModel.from_pretrained(model, str(folder), local_files_only=True)
    return adapted, load_tokenizer(Base(str(folder), str(folder), local=True))
