"""How much memory and time a run takes, before it starts: arithmetic on the model's shape.

The estimate is of what is resident (weights, gradients, moments) and of what the backward pass
keeps for each token of a pack. From it follow the size of a pack, how many layers recompute their
activations, and the refusal of what cannot fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from curate.errors import UserError
from curate.schemas.options.train import Adapter, Switch, TrainOptions
from curate.train.forward import unwrapped

_GIB = 2**30
# Gradient and AdamW's two moments, all float32, for each learnt weight (itself counted apart).
_BYTES_PER_LEARNT_WEIGHT = 12
# NF4 with doubly quantised scales, one to 64 weights (Dettmers et al. 2023, arXiv 2305.14314).
_BYTES_PER_QUANTISED_WEIGHT = 0.516
# Part of the free memory that is planned with: the rest is fragmentation, kernels' workspaces,
# the context of the driver.
_USABLE = 0.88
# A slice of bfloat16 logits (see `head`), and the next one while the first is not yet freed.
_HEAD_BYTES_ON_GPU = 2 * (1 << 28) * 2
# A pack this large keeps a GPU's matrix units busy; a larger one gains little.
_LARGE_PACK = 16_384
# Below this, recomputing activations is better than still smaller packs.
_SMALL_PACK = 4_096
_CPU_PACK = 4_096


@dataclass(frozen=True)
class Shape:
    """What memory depends on: widths in elements, sizes in bytes.

    Attributes:
        layers: decoder layers.
        hidden, inner: width of the residual stream, and of the feed-forward layer.
        query, key_value: width of all query heads, and of all key heads.
        item: bytes of one element of an activation.
        resident: bytes of weights, gradients and moments.
    """

    layers: int
    hidden: int
    inner: int
    query: int
    key_value: int
    item: int
    resident: int

    @property
    def kept_per_token(self) -> int:
        """Bytes that one layer keeps of a token for the backward pass.

        Inputs of the two norms in float32, of attention and feed-forward layer as they are;
        queries, keys, values, the attention's output; gate, its activation, up, their product.
        """
        attention = 2 * self.query + 2 * self.key_value
        return 8 * self.hidden + self.item * (4 * self.hidden + attention + 4 * self.inner)

    @property
    def recomputed_per_token(self) -> int:
        """Bytes that a recomputing layer keeps of a token: its input."""
        return self.item * self.hidden

    def activations(self, tokens: int, recomputing: int = 0) -> int:
        """Bytes kept for a pack when `recomputing` of the layers keep their input only."""
        full = self.layers - recomputing
        # While a layer is recomputed, one of them is there in full.
        full_now = full + (1 if recomputing else 0)
        return tokens * (full_now * self.kept_per_token + recomputing * self.recomputed_per_token)


def shape_of(
    model: nn.Module, options: TrainOptions, compute: torch.dtype, shards: int = 1
) -> Shape:
    """The shape of a model, with or without an adapter; it may be one without memory ("meta").

    With `shards`, what each of so many processes holds: LoRA matrices are whole on all of them.
    """
    config = unwrapped(model).config.get_text_config()
    heads = config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // heads
    quantised = options.adapter is Adapter.QLORA
    resident = sum(_weight_bytes(n, p, quantised) for n, p in model.named_parameters())
    learnt = sum(p.numel() for p in model.parameters() if p.requires_grad)
    if shards > 1 and options.adapter is Adapter.FULL:
        resident, learnt = resident // shards, learnt // shards
    elif shards > 1:
        resident = 4 * learnt + (resident - 4 * learnt) // shards
    return Shape(
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        inner=getattr(config, "intermediate_size", 4 * config.hidden_size),
        query=heads * size,
        key_value=(getattr(config, "num_key_value_heads", None) or heads) * size,
        item=2 if compute == torch.bfloat16 else 4,
        resident=resident + _BYTES_PER_LEARNT_WEIGHT * learnt,
    )


def _weight_bytes(name: str, parameter: nn.Parameter, quantised: bool) -> int:
    """Bytes of a parameter; learnt ones are float32, quantised matrices 4 bits and their scales."""
    if parameter.requires_grad:
        return 4 * parameter.numel()
    if quantised and ".base_layer." in name and parameter.ndim == 2:
        return round(_BYTES_PER_QUANTISED_WEIGHT * parameter.numel())
    return parameter.element_size() * parameter.numel()


@dataclass(frozen=True)
class MemoryPlan:
    """What fits: tokens in a pack, layers that recompute, and the bytes that this comes to.

    `sharded`: only with the weights cut up over the processes.
    """

    budget: int
    recomputing: int
    bytes_needed: int
    sharded: bool = False

    def describe(self, shape: Shape, available: int) -> str:
        """The plan in one line."""
        return (
            f"memory: about {self.bytes_needed / _GIB:.1f} of {available / _GIB:.1f} GiB "
            f"({shape.resident / _GIB:.1f} for weights, gradients and moments), "
            f"packs of up to {self.budget:,} tokens"
        )


def plan_memory(
    shape: Shape,
    *,
    available: int,
    on_gpu: bool,
    longest: int,
    step_tokens: int,
    options: TrainOptions,
) -> MemoryPlan:
    """The largest useful packs, with as little recomputing as memory allows.

    Args:
        shape: of the model.
        available: bytes for everything, what is already loaded included.
        on_gpu: else on a CPU.
        longest: tokens of the longest sample: a pack has to hold it.
        step_tokens: most tokens of an optimiser step on one process.
        options: what the user has fixed already.

    Raises:
        UserError: not even the longest sample fits with all layers recomputing.
    """
    room = int(available * _USABLE) - shape.resident - (_HEAD_BYTES_ON_GPU if on_gpu else 0)
    useful = _LARGE_PACK if on_gpu else _CPU_PACK
    wanted = options.micro_batch_tokens or min(useful, max(step_tokens, 1))
    wanted = max(wanted, longest)
    modest = max(longest, wanted if options.micro_batch_tokens else min(wanted, _SMALL_PACK))
    everything = shape.layers
    if options.gradient_checkpointing is Switch.ON:
        choices = [everything]
    elif options.gradient_checkpointing is Switch.OFF:
        choices = [0]
    else:
        choices = list(range(everything + 1))
    for recomputing in choices:
        fits = room // max(1, shape.activations(1, recomputing))
        if fits >= modest:
            budget = int(min(wanted, fits))
            needed = shape.resident + shape.activations(budget, recomputing)
            return MemoryPlan(budget, recomputing, needed)
    raise UserError(_refusal(shape, available, longest, choices[-1], options))


def _refusal(
    shape: Shape, available: int, longest: int, recomputing: int, options: TrainOptions
) -> str:
    needed = shape.resident + shape.activations(longest, recomputing)
    advice = []
    if options.adapter is Adapter.FULL:
        advice.append("--adapter lora (no gradients and moments of the base's weights)")
    if options.adapter is Adapter.LORA:
        advice.append("--adapter qlora (a base in 4 bits)")
    if recomputing < shape.layers:
        advice.append("--gradient-checkpointing auto")
    advice.append(f"a shorter --max-length than the {longest:,} tokens of the longest example")
    advice.append("a smaller model")
    return (
        f"this does not fit into memory: {needed / _GIB:.1f} GiB are needed for one example of "
        f"{longest:,} tokens ({shape.resident / _GIB:.1f} GiB of them for weights, gradients and "
        f"moments), {available * _USABLE / _GIB:.1f} GiB can be used. What would help: "
        + "; ".join(advice)
    )


def available_memory(device: torch.device) -> int:
    """Bytes that this process may use on `device`, what it already uses included."""
    if device.type == "cuda":
        free, whole = torch.cuda.mem_get_info(device)
        # By number: that function does not take "the current device".
        number = torch.cuda.current_device() if device.index is None else device.index
        allowed = int(torch.cuda.get_per_process_memory_fraction(number) * whole)
        return min(int(free) + torch.cuda.memory_reserved(device), allowed)
    return _free_ram()


def _free_ram() -> int:
    """Free memory of the machine plus this process's own (Linux), else all of it."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        fields = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
        own = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return fields["MemAvailable"] + own * _page_size()
    except (OSError, KeyError, ValueError, IndexError):
        return _page_size() * _pages()


def _page_size() -> int:
    import os

    return os.sysconf("SC_PAGE_SIZE")


def _pages() -> int:
    import os

    return os.sysconf("SC_PHYS_PAGES")


def recompute(model: nn.Module, layers: int) -> None:
    """Let the first `layers` decoder layers keep their input only."""
    from transformers.modeling_layers import GradientCheckpointingLayer

    if not layers:
        return
    unwrapped(model).gradient_checkpointing_enable(
        gradient_checkpointing_kwargs={
            "use_reentrant": False,
            # Without dropout nothing is drawn; and a CUDA graph allows no look at the generator.
            "preserve_rng_state": any(
                isinstance(m, nn.Dropout) and m.p > 0 for m in model.modules()
            ),
        }
    )
    blocks: list[Any] = [m for m in model.modules() if isinstance(m, GradientCheckpointingLayer)]
    for number, block in enumerate(blocks):
        block.gradient_checkpointing = number < layers
