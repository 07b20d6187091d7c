"""Faster ways to compute the same: fused LoRA products, Liger's kernels, torch.compile.

Each is chosen automatically, can be forced or turned off, and is named in the log with its reason.
They are put in before `forward.suited` compares losses with the model's own, except for compile,
which comes last and changes only how the same operations are scheduled.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from torch import nn

from curate.errors import UserError
from curate.schemas.options.train import Switch, TrainOptions
from curate.train.decisions import Decisions
from curate.train.forward import unwrapped
from curate.train.lora import fuse

# Compiling one decoder layer takes about a minute, and saves some tenths of the step time: it
# pays from a few minutes of training on.
_TOKENS_WORTH_COMPILING = 20_000_000


def use_fused_lora(
    model: nn.Module, compute: torch.dtype, options: TrainOptions, log: Decisions
) -> None:
    """Compute LoRA layers as accumulating matrix products."""
    if options.fused_lora is Switch.OFF:
        return
    count = fuse(model, compute)
    if count:
        log.note(f"fused LoRA products: on, in {count} layers")
    elif options.fused_lora is Switch.ON:
        raise UserError(
            "--fused-lora on: no layer allows it (dropout, DoRA, a quantised base or bias)"
        )


def use_liger(
    model: nn.Module, device: torch.device, options: TrainOptions, log: Decisions
) -> None:
    """Liger's norm, rotary embedding and gated feed-forward kernels, where it is installed.

    Its loss is not used: only learnt tokens go through the head here, in slices.
    """
    if options.liger is Switch.OFF:
        return
    wanted = options.liger is Switch.ON
    if device.type != "cuda" or importlib.util.find_spec("liger_kernel") is None:
        if wanted:
            raise UserError("--liger on: needs a GPU and `pip install liger-kernel`")
        return
    try:
        from liger_kernel.transformers import monkey_patch

        apply: Any = monkey_patch._apply_liger_kernel_to_instance
        apply(model=unwrapped(model), fused_linear_cross_entropy=False, cross_entropy=False)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        if wanted:
            raise UserError(f"--liger on: it does not know this model: {error}") from error
        log.note(f"Liger kernels are not used: {error}")
        return
    log.note("Liger kernels: on (norm, rotary embedding, feed-forward)")


def use_compile(
    model: nn.Module, device: torch.device, options: TrainOptions, tokens: int, log: Decisions
) -> None:
    """torch.compile each decoder layer (one compilation serves them all).

    Args:
        model: whose layers are compiled.
        device: where it runs.
        options: says whether.
        tokens: that the whole run trains on.
        log: where the decision is noted.
    """
    if options.compile is Switch.OFF:
        return
    if options.compile is Switch.AUTO:
        if device.type != "cuda":
            return
        if tokens < _TOKENS_WORTH_COMPILING:
            log.note(f"torch.compile: off, {tokens:,} tokens are too few to pay for compiling")
            return
    from transformers.modeling_layers import GradientCheckpointingLayer

    layers = [m for m in model.modules() if isinstance(m, GradientCheckpointingLayer)]
    for layer in layers:
        layer.compile(dynamic=True)
    log.note(f"torch.compile: on, for each of {len(layers)} layers")
