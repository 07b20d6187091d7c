"""From options to a ready `Run`: model, adapter, optimiser, timetable, and why each was chosen."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn

from curate.errors import UserError
from curate.schemas.options.train import Adapter, Precision, Sharding, Switch, TrainOptions
from curate.train import kernels
from curate.train.decisions import Decisions
from curate.train.forward import ForwardPlan, PackReader
from curate.train.launching import is_launched
from curate.train.memory import MemoryPlan, available_memory, plan_memory, recompute, shape_of
from curate.train.models import Base, add_adapter, empty_model, load_model, quiet_bitsandbytes
from curate.train.recipe import Item
from curate.train.recipes import RECIPES

if TYPE_CHECKING:
    from accelerate import Accelerator
    from transformers import PreTrainedModel


def make_accelerator(options: TrainOptions) -> Accelerator:
    """The processes and the device of this run; threads and seeds are set."""
    from accelerate import Accelerator

    quiet_bitsandbytes()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # forks after its threads would warn
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    wanted = int(os.environ["WORLD_SIZE"]) if is_launched() else 1
    if wanted > 1 and not torch.accelerator.is_available():
        os.environ.setdefault("ACCELERATE_USE_CPU", "true")  # else each would train alone
    accelerator = Accelerator()
    if accelerator.num_processes != wanted:
        raise UserError(
            f"{wanted} processes were started, but accelerate makes {accelerator.num_processes} of "
            "them; leave --num-processes at 1, or start them with `accelerate launch`"
        )
    torch.manual_seed(options.seed)
    if accelerator.device.type == "cpu":
        _repeat_exactly()
    return accelerator


def _repeat_exactly() -> None:
    """Make two runs on this CPU equal to the bit, whatever the number of threads.

    Without this, threads add up the gradients of rows that are used more than once (a shared
    prompt, an embedding) in the order in which they happen to come.
    """
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Fresh memory is always written before it is read here; filling it first takes time.
    # (The module makes this a property of itself, which type checkers cannot see.)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Numerics:
    """In which dtypes a run computes.

    `weights` is how the base is held; the learnt weights are always float32. `compute` is the
    dtype of the matrix products.
    """

    weights: torch.dtype
    compute: torch.dtype

    def autocast(self, device: torch.device) -> AbstractContextManager[Any]:
        """The context of a forward pass."""
        if self.compute == torch.float32:
            return nullcontext()
        return torch.autocast(device.type, dtype=self.compute)


def choose_numerics(options: TrainOptions, device: torch.device, decisions: Decisions) -> Numerics:
    """bfloat16 where the device computes in it natively, float32 elsewhere."""
    if options.precision is Precision.AUTO:
        native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        compute = torch.bfloat16 if native else torch.float32
        decisions.note(
            f"precision: {str(compute).removeprefix('torch.')}, as {device.type} does best"
        )
    else:
        compute = torch.bfloat16 if options.precision is Precision.BFLOAT16 else torch.float32
    # A full update of bfloat16 weights would lose the small ones: they are kept in float32.
    weights = torch.float32 if options.adapter is Adapter.FULL else compute
    return Numerics(weights, compute)


def plan_run(
    base: Base,
    options: TrainOptions,
    items: Sequence[Item],
    accelerator: Accelerator,
    numerics: Numerics,
    decisions: Decisions,
) -> MemoryPlan:
    """What fits into memory, before any weight is loaded.

    Raises:
        UserError: the run cannot fit; the message has the numbers, and what would fit.
    """
    head = RECIPES[options.method].head
    model: nn.Module = empty_model(
        base, dtype=numerics.weights, trust_remote_code=options.trust_remote_code, head=head
    )
    _require_known_tokens(base, model, items)
    if options.adapter is not Adapter.FULL:
        model = add_adapter(cast("PreTrainedModel", model), base, options, head)
    device, processes = accelerator.device, accelerator.num_processes
    lengths = [len(i) for i in items]
    available = available_memory(device)
    limits: dict[str, Any] = {
        "available": available,
        "on_gpu": device.type == "cuda",
        "longest": max(lengths),
        "step_tokens": math.ceil(options.batch_size / processes) * max(lengths),
        "options": options,
    }
    sharded = processes > 1 and options.sharding is Sharding.SHARDED
    shape = shape_of(model, options, numerics.compute, processes if sharded else 1)
    try:
        plan = plan_memory(shape, **limits)
    except UserError:
        if processes == 1 or options.sharding is not Sharding.AUTO:
            raise
        sharded = True
        shape = shape_of(model, options, numerics.compute, processes)
        plan = plan_memory(shape, **limits)
    plan = replace(plan, sharded=sharded)
    decisions.note(plan.describe(shape, available))
    if processes > 1:
        layout = "sharded (FSDP2)" if sharded else "replicated"
        decisions.note(f"processes: {processes}, weights {layout}")
    if plan.recomputing:
        decisions.note(
            f"gradient checkpointing: {plan.recomputing} of {shape.layers} layers recompute"
            + (
                ", as asked"
                if options.gradient_checkpointing is Switch.ON
                else ", to fit into memory"
            )
        )
    return plan


def _require_known_tokens(base: Base, model: nn.Module, items: Sequence[Item]) -> None:
    """Refuse data with tokens that the model has no embedding for, before a GPU stumbles over them."""
    embedding = cast("PreTrainedModel", model).get_input_embeddings()
    known = cast(torch.Tensor, embedding.weight).shape[0]
    highest = max(item.highest_id for item in items)
    if highest >= known:
        raise UserError(
            f"model {base.spelling}: its tokenizer writes token {highest}, and the model knows {known:,} "
            "tokens only: tokens were added to the one and not to the other. Resize the model's "
            "embeddings (transformers' resize_token_embeddings) and save both together"
        )


def build_model(
    base: Base,
    options: TrainOptions,
    device: torch.device,
    numerics: Numerics,
    memory: MemoryPlan,
    decisions: Decisions,
) -> PackReader:
    """The model that is trained, on its device, with the forward passes that suit it.

    Args:
        base: which model.
        options: adapter, kernels.
        device: where it goes.
        numerics: dtypes.
        memory: how many layers recompute.
        decisions: where choices are noted.
    """
    quantise = options.adapter is Adapter.QLORA
    loaded = load_model(
        base,
        dtype=numerics.weights,
        quantize=quantise,
        device_map={"": device} if quantise else None,
        trust_remote_code=options.trust_remote_code,
        head=RECIPES[options.method].head,
    )
    return prepare_model(loaded, base, options, device, numerics, memory, decisions)


def prepare_model(
    loaded: PreTrainedModel,
    base: Base,
    options: TrainOptions,
    device: torch.device,
    numerics: Numerics,
    memory: MemoryPlan,
    decisions: Decisions,
) -> PackReader:
    """A loaded model with its adapter and kernels; the arguments are those of `build_model`."""
    recipe = RECIPES[options.method]
    model: nn.Module = loaded
    if options.adapter is Adapter.FULL:
        model.requires_grad_(True)
    else:
        model = add_adapter(loaded, base, options, recipe.head)
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
    model.to(device)
    kernels.use_liger(model, device, options, decisions)
    copies = None
    if options.adapter is Adapter.LORA:
        copies = kernels.use_fused_lora(model, numerics.compute, options, decisions)
    with numerics.autocast(device):
        plan = recipe.suited(model, want_packing=options.packing is not Switch.OFF)
    if options.packing is Switch.ON and not plan.packed:
        raise UserError(f"--packing on: this model does not allow it: {'; '.join(plan.reasons)}")
    _note_plan(plan, device, decisions)
    recompute(model, memory.recomputing)
    losses = recipe.module(model, plan, copies)
    with numerics.autocast(device):
        kernels.use_compile(losses, options, decisions)
    return losses


def _note_plan(plan: ForwardPlan, device: torch.device, decisions: Decisions) -> None:
    kernel = "variable-length attention" if device.type == "cuda" else "one attention call a sample"
    if plan.packed:
        decisions.note(f"packing: on ({kernel}; packed losses equal separate ones on a probe)")
    for reason in plan.reasons:
        decisions.note(reason)


def make_optimiser(
    model: nn.Module, options: TrainOptions, device: torch.device
) -> torch.optim.Optimizer:
    """AdamW, fused where torch has it; with LoRA+, B matrices learn faster than A matrices.

    The learning rate is set at every step from the timetable, times the group's `rate_factor`.
    """
    faster = [p for n, p in model.named_parameters() if p.requires_grad and ".lora_B." in n]
    known = {id(p) for p in faster}
    others = [p for p in model.parameters() if p.requires_grad and id(p) not in known]
    groups = [
        {"params": others, "rate_factor": 1.0},
        {"params": faster, "rate_factor": options.lora_plus_ratio},
    ]
    return torch.optim.AdamW(
        [g for g in groups if g["params"]],
        lr=1.0,
        weight_decay=options.weight_decay,
        fused=device.type in ("cuda", "cpu"),
    )


def autocasting(numerics: Numerics, device: torch.device) -> partial[AbstractContextManager[Any]]:
    """The forward pass's context, to be entered anew each time."""
    return partial(numerics.autocast, device)
