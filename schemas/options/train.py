"""Options of `curate train` (and of the training step of `curate run`)."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from curate.schemas.options.base import option
from curate.schemas.options.data import DataOptions
from curate.schemas.options.preferences import PreferenceOptions
from curate.schemas.options.rollouts import RolloutOptions
from curate.schemas.options.watch import WatchOptions


class Method(StrEnum):
    """What is optimised."""

    SFT = "sft"
    DPO = "dpo"
    REWARD = "reward"
    PPO = "ppo"
    GRPO = "grpo"


class Adapter(StrEnum):
    """Which weights move."""

    LORA = "lora"
    QLORA = "qlora"
    FULL = "full"


class OverLength(StrEnum):
    """What becomes of an example that is longer than `max_length` tokens."""

    DROP = "drop"
    CUT = "cut"
    SPLIT = "split"
    RAISE = "raise"


class Schedule(StrEnum):
    """How the learning rate falls after the warm-up."""

    COSINE = "cosine"
    LINEAR = "linear"
    CONSTANT = "constant"


class Precision(StrEnum):
    """In which number format the matrix products run."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Sharding(StrEnum):
    """How weights are laid out over several processes."""

    AUTO = "auto"
    REPLICATED = "replicated"
    SHARDED = "sharded"


class Tracker(StrEnum):
    """Where numbers are logged, beside the run's own history."""

    TENSORBOARD = "tensorboard"
    WANDB = "wandb"
    TRACKIO = "trackio"


class Switch(StrEnum):
    """An automatic choice that can be forced either way."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class TrainOptions(DataOptions, WatchOptions, PreferenceOptions, RolloutOptions):
    """How to train. What is left at "auto" or unset is chosen at the start, and said in the log."""

    model: str | None = option(
        None,
        "Base model: a hub id, a local folder, a .gguf file, or package:NAME for the one .gguf "
        "file inside an installed Python package.",
        metavar="MODEL",
    )
    method: Method = option(
        Method.SFT,
        "What is optimised: the answers themselves (sft), preferences between two answers (dpo), a "
        "model that scores answers (reward), or what a reward says of the model's own answers (ppo, "
        "grpo).",
    )
    adapter: Adapter = option(
        Adapter.LORA, "Which weights move: a LoRA adapter, LoRA over a 4-bit base, or all of them."
    )
    output: Path | None = option(
        None, "The run's folder; runs/NAME of the data without it.", short="-o", metavar="RUN"
    )
    resume: bool = option(False, "Go on from the run folder's last whole checkpoint.")
    overwrite: bool = option(False, "Begin anew in a run folder that already holds a run.")
    preview: int = option(
        0,
        "Show N examples as the model will see them, learnt tokens marked; train nothing.",
        ge=0,
        metavar="N",
    )

    learning_curve: bool = option(
        False, "Train on n/8, n/4, n/2 and all examples, and say what doubling the data would buy."
    )
    val: Path | None = option(
        None, "Validation file; without it, a part of DATA is held out.", metavar="FILE"
    )
    val_share: float = option(
        0.1, "Share of DATA that is held out for validation when it comes with none.", gt=0, lt=0.5
    )
    watch_rows: int = option(
        128,
        "Rows of the validation set, and of the train probe, that each evaluation measures.",
        ge=1,
    )

    epochs: float = option(3.0, "How often each training example is seen.", gt=0)
    max_steps: int | None = option(None, "Stop after this many optimiser steps.", ge=1)
    batch_size: int = option(8, "Examples in one optimiser step, over all processes.", ge=1)
    micro_batch_tokens: int | None = option(
        None,
        "Tokens in one forward pass on one device; chosen from the memory estimate without it.",
        ge=16,
    )
    max_length: int = option(2048, "Longest example, in tokens.", ge=8)
    over_length: OverLength = option(
        OverLength.DROP,
        "What becomes of longer examples: drop them, cut the middle of the prompt, split them, or raise an error.",
    )
    max_lost_share: float = option(
        0.01,
        "Refuse to train when more than this share of the examples is dropped or has nothing to learn.",
        ge=0,
        le=1,
    )

    learning_rate: float | None = option(
        None, "Peak learning rate; chosen from the model's width and the adapter without it.", gt=0
    )
    find_learning_rate: bool = option(
        False,
        "Try rates around the learning rate in short trials first, and take the one with the "
        "lowest validation loss.",
    )
    schedule: Schedule = option(Schedule.COSINE, "How the learning rate falls after the warm-up.")
    warmup_share: float = option(
        0.05, "Share of the steps in which the learning rate rises.", ge=0, le=1
    )
    weight_decay: float = option(0.0, "Decoupled weight decay of AdamW.", ge=0)
    max_grad_norm: float = option(
        1.0, "Clip the gradient's norm to this; 0 turns clipping off.", ge=0
    )
    seed: int = option(0, "Seed of the data order, the adapter's start and dropout.", ge=0)

    lora_rank: int = option(16, "Rank of the LoRA matrices.", ge=1)
    lora_alpha: int | None = option(
        None, "LoRA's scale is alpha / rank; twice the rank without it.", ge=1
    )
    lora_dropout: float = option(0.0, "Dropout in front of the LoRA matrices.", ge=0, lt=1)
    lora_targets: tuple[str, ...] = option(
        ("all-linear",),
        "Modules that get LoRA matrices: their names, or all-linear.",
        separator=",",
        metavar="NAMES",
    )
    lora_plus_ratio: float = option(
        1.0, "LoRA+: learning rate of the B matrices as a multiple of that of the A matrices.", ge=1
    )
    use_rslora: bool = option(False, "Scale by alpha / sqrt(rank), which suits high ranks.")
    use_dora: bool = option(False, "Learn magnitude and direction apart (DoRA); slower.")

    precision: Precision = option(
        Precision.AUTO, "auto: bfloat16 on a GPU that has it, float32 elsewhere."
    )
    gradient_checkpointing: Switch = option(
        Switch.AUTO,
        "Recompute activations in the backward pass; auto: only when memory asks for it.",
    )
    compile: Switch = option(
        Switch.AUTO,
        "torch.compile on each decoder layer; auto: not, as the other kernels do what it would.",
    )
    cuda_graphs: Switch = option(
        Switch.AUTO,
        "Launch the layers' forward and backward pass as one CUDA graph each; auto: on a GPU, with packing.",
    )
    fused_lora: Switch = option(
        Switch.AUTO, "Accumulate LoRA's product into the base's; auto: where the adapter allows it."
    )
    liger: Switch = option(
        Switch.AUTO,
        "Liger's norm, rotary and feed-forward kernels; auto: on a GPU, where installed.",
    )
    packing: Switch = option(
        Switch.AUTO,
        "Several examples in one row without padding, attention kept apart; auto: where the model allows it.",
    )
    num_processes: int = option(
        1, "Processes on this machine, one a GPU; `accelerate launch` works as well.", ge=1
    )
    sharding: Sharding = option(
        Sharding.AUTO,
        "Over several processes: each holds the whole model (replicated), or a part of it "
        "(sharded, FSDP2); auto: sharded where a replica does not fit into memory.",
    )
    threads: int | None = option(None, "CPU threads; torch's own choice without it.", ge=1)
    trust_remote_code: bool = option(
        False,
        "Run Python code that comes with the model. Only for models whose code you have read.",
    )

    eval_every: int | None = option(
        None,
        "Optimiser steps between evaluations; without it, so that evaluating stays cheap.",
        ge=1,
    )
    samples: int = option(
        1, "Validation prompts that the model answers at each evaluation, for you to read.", ge=0
    )
    metric: str | None = option(
        None,
        "Task metric on answers: a function of (answer, reference) as MODULE:FUNCTION; without it, "
        "the one that suits the output contract, where the metric decides.",
        metavar="MODULE:FUNCTION",
    )
    metric_rows: int = option(
        0,
        "Validation prompts that the task metric is measured on at each evaluation; 32 where the "
        "metric decides.",
        ge=0,
    )
    max_new_tokens: int = option(128, "Where an answer is cut while training.", ge=1)
    tracker: Tracker | None = option(
        None, "Log to this tracker as well, without asking for an account.", metavar="NAME"
    )
    checkpoint_every: int | None = option(
        None, "Optimiser steps between checkpoints; at each evaluation without it.", ge=1
    )
    keep_checkpoints: int = option(
        1, "How many checkpoints are kept, beside the best step's weights.", ge=1
    )
