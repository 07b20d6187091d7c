"""Faster ways to compute the same: fused LoRA products, Liger's kernels, torch.compile.

Each is chosen automatically, can be forced or turned off, and is named in the log with its reason.
They are put in before `forward.suited` compares losses with the model's own, except for compile,
which comes last and changes only how the same operations are scheduled.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.distributed.tensor import DTensor

from curate.errors import UserError
from curate.schemas.options.train import Switch, TrainOptions
from curate.train.decisions import Decisions
from curate.train.forward import PackReader, probe_gradients, unwrapped
from curate.train.lora import Copies, fuse


def use_fused_lora(
    model: nn.Module, compute: torch.dtype, options: TrainOptions, log: Decisions
) -> Copies | None:
    """Compute LoRA layers as accumulating matrix products, over copies in the dtype of these.

    Not in layers that are compiled: the copies are made anew for each pass, and the compiler keeps the
    first ones, to which no gradient belongs.
    """
    if options.fused_lora is Switch.ON and options.compile is Switch.ON:
        raise UserError("--fused-lora on: not together with --compile on; choose one")
    if options.fused_lora is Switch.OFF or options.compile is Switch.ON:
        return None
    count, copies = fuse(model, compute)
    if count:
        log.note(f"fused LoRA products: on, in {count} layers")
        return copies
    if options.fused_lora is Switch.ON:
        raise UserError(
            "--fused-lora on: no layer allows it (dropout, DoRA, a quantised base or bias)"
        )
    return None


def use_liger(
    model: nn.Module, device: torch.device, options: TrainOptions, log: Decisions
) -> None:
    """Liger's norm, rotary embedding and gated feed-forward kernels, where it is installed.

    Its loss is not used: only learnt tokens go through the head here, in slices.
    """
    if options.liger is Switch.OFF:
        return
    if options.compile is Switch.ON:
        if options.liger is Switch.ON:
            raise UserError("--compile on and --liger on: torch cannot compile Liger's kernels")
        return
    wanted = options.liger is Switch.ON
    if device.type != "cuda" or importlib.util.find_spec("liger_kernel") is None:
        if wanted:
            raise UserError("--liger on: needs a GPU and `pip install liger-kernel`")
        return
    try:
        from liger_kernel.transformers import monkey_patch

        apply: Any = monkey_patch._apply_liger_kernel_to_instance
        with _on_gpu_only(unwrapped(model)):
            apply(model=unwrapped(model), fused_linear_cross_entropy=False, cross_entropy=False)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        if wanted:
            raise UserError(f"--liger on: it does not know this model: {error}") from error
        log.note(f"Liger kernels are not used: {error}")
        return
    log.note("Liger kernels: on (norm, rotary embedding, feed-forward)")


@contextmanager
def _on_gpu_only(model: nn.Module) -> Iterator[None]:
    """Keep what is patched within from models that come later, and from those on a CPU.

    Liger replaces classes and functions of the module in which the model is defined, so that a
    model that the same process loads afterwards, to merge or to compare, would have them, too.
    """
    module = sys.modules[type(model).__module__]
    before = dict(vars(module))
    try:
        yield
    finally:
        for name, original in before.items():
            patched = vars(module).get(name)
            if patched is original:
                continue
            if isinstance(original, type):
                setattr(module, name, original)  # this model's own layers are patched already
            elif callable(original) and callable(patched):
                setattr(module, name, _by_device(patched, original))


def _by_device(on_gpu: Callable[..., Any], elsewhere: Callable[..., Any]) -> Callable[..., Any]:
    def either(first: Any, *args: Any, **kwargs: Any) -> Any:
        on = isinstance(first, torch.Tensor) and first.is_cuda
        return (on_gpu if on else elsewhere)(first, *args, **kwargs)

    return either


def use_compile(losses: PackReader, options: TrainOptions, log: Decisions) -> None:
    """torch.compile each decoder layer (one compilation serves them all), where it is asked for.

    It is not chosen automatically: fused LoRA products, Liger's kernels and CUDA graphs do what it
    would, at once. What is compiled has to give the losses and gradients that it gave before.

    Args:
        losses: the model, on its device.
        options: says whether.
        log: where the decision is noted.

    Raises:
        UserError: the compiled layers compute something else, or cannot be compiled.
    """
    if options.compile is not Switch.ON:
        return
    from transformers.modeling_layers import GradientCheckpointingLayer

    layers = [m for m in losses.modules() if isinstance(m, GradientCheckpointingLayer)]
    expected = probe_gradients(losses)
    for layer in layers:
        layer.compile(dynamic=True)
    try:
        found = probe_gradients(losses)
    except Exception as error:  # whatever the compiler raises
        first = (str(error).strip().splitlines() or [""])[0]
        raise UserError(
            f"--compile on: torch cannot compile this model: {type(error).__name__} {first}"
        ) from error
    for before, after in zip(expected, found, strict=True):
        off = float((after - before).norm() / before.norm().clamp(min=1e-12))
        if not off < 0.05:
            raise UserError(
                f"--compile on: the compiled layers compute something else (off by {off:.0%})"
            )
    log.note(f"torch.compile: on, for each of {len(layers)} layers")


def use_graphs(
    losses: PackReader,
    options: TrainOptions,
    tokens: int,
    log: Decisions,
    say: Callable[[str], None] = lambda text: None,
) -> None:
    """Replay the passes over packs of up to `tokens` tokens as CUDA graphs.

    Args:
        losses: the model, ready to train and whole on its device.
        options: says whether.
        tokens: of the largest pack.
        log: where the decision is noted.
        say: told when it turns out later that the model does not allow it.
    """
    if options.cuda_graphs is Switch.OFF:
        return
    device = next(losses.parameters()).device
    hindrance = {
        "needs a GPU": device.type != "cuda",
        "needs packing": not (losses.plan.packed and losses.plan.sliced_head),
        "not together with torch.compile": any(
            getattr(m, "_compiled_call_impl", None) is not None for m in losses.modules()
        ),
        "not with dropout": any(isinstance(m, nn.Dropout) and m.p > 0 for m in losses.modules()),
        "not with weights that are cut up over processes": any(
            isinstance(p, DTensor) for p in losses.parameters()
        ),
    }
    reasons = [reason for reason, holds in hindrance.items() if holds]
    if reasons and options.cuda_graphs is Switch.ON:
        raise UserError(f"--cuda-graphs on: {reasons[0]}")
    if reasons:
        if device.type == "cuda":
            log.note(f"CUDA graphs: off ({reasons[0]})")
        return
    losses.replay(tokens, say)
    log.note("CUDA graphs: on, one launch for all layers of a pack")
