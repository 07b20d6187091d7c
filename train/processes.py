"""Several processes on one run: gradients summed over them, and models cut up that fit no device.

Every process sees other samples of the same global batch, and its loss is its share of the batch's
(a sum over tokens, divided by the tokens of all processes). Gradients are therefore *summed*:
replicated weights by one exchange at the end of a step (`gradients`), sharded weights (FSDP2) as
the backward pass goes. Learnt LoRA matrices are small and stay replicated also where the base is
sharded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import distributed, nn
from torch.distributed.tensor import DTensor

if TYPE_CHECKING:
    from accelerate import Accelerator


def spread(
    losses: nn.Module, accelerator: Accelerator, compute: torch.dtype, *, sharded: bool
) -> None:
    """Make `losses` one model over all processes, replicated or sharded; alone, nothing is done."""
    if accelerator.num_processes == 1:
        return
    same_everywhere(losses)
    if sharded:
        shard(losses, accelerator, compute)


def same_everywhere(module: nn.Module) -> None:
    """Give the learnt weights of the first process to all: each drew its own."""
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.requires_grad and not isinstance(parameter, DTensor):
                distributed.broadcast(parameter.data, src=0)


def shard(losses: nn.Module, accelerator: Accelerator, compute: torch.dtype) -> None:
    """Cut the weights of `losses` up over all processes, in place (FSDP2), layer by layer.

    Frozen bases are cut up and keep their dtype; where everything is learnt, it is held in
    float32 and gathered in `compute`. LoRA matrices are left whole.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
    from transformers.modeling_layers import GradientCheckpointingLayer

    mesh = init_device_mesh(accelerator.device.type, (accelerator.num_processes,))
    frozen = any(not p.requires_grad for p in losses.parameters())
    whole = {p for p in losses.parameters() if p.requires_grad} if frozen else set()
    settings: dict[str, Any] = {"mesh": mesh, "ignored_params": whole}
    if not frozen:
        settings["mp_policy"] = MixedPrecisionPolicy(
            param_dtype=compute, reduce_dtype=torch.float32
        )
    for module in losses.modules():
        if isinstance(module, GradientCheckpointingLayer):
            fully_shard(module, **settings)
    fully_shard(losses, **settings)
    for module in losses.modules():
        if isinstance(module, FSDPModule):
            # Sums, not means; and plainly so, since gloo knows no scaled sums.
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)
