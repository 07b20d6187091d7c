"""LoRA's linear layer as matrix products alone: x Wᵀ + s (x Aᵀ) Bᵀ.

PEFT computes the two branches apart and adds them: two more passes over the output forward, and a
float32 copy of the input where adapters are float32 and the base is bfloat16. Here the second
product accumulates into the first, forward and backward, and only the input and x Aᵀ are kept.
The modules stay PEFT's, so saving, merging and disabling adapters work as ever: each of these
states falls back to PEFT's own forward.

Shapes: N tokens, I inputs, O outputs, R rank.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional as F


class _LoraProduct(torch.autograd.Function):
    """[N, O] from x [N, I], frozen weight [O, I] and bias [O], A [R, I] and B [O, R]."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        a: torch.Tensor,
        b: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        a_like, b_like = a.to(x.dtype), b.to(x.dtype)
        reduced = x @ a_like.T
        ctx.save_for_backward(x, weight, a, b, reduced)
        ctx.scale = scale
        return F.linear(x, weight, bias).addmm_(reduced, b_like.T, alpha=scale)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[Any, ...]:
        x, weight, a, b, reduced = ctx.saved_tensors
        grad = grads[0]
        through_b = (grad @ b.to(grad.dtype)) * ctx.scale
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = (grad @ weight).addmm_(through_b, a.to(grad.dtype))
        grad_a = (through_b.T @ x).to(a.dtype)
        grad_b = ((grad.T @ reduced) * ctx.scale).to(b.dtype)
        return grad_x, None, None, grad_a, grad_b, None


def fuse(model: nn.Module, compute: torch.dtype) -> int:
    """Give every plain LoRA layer over a frozen linear layer the forward pass above.

    Layers with dropout, DoRA, quantised bases or anything else that PEFT knows keep PEFT's.

    Args:
        model: a PEFT model.
        compute: the dtype of the matrix products; bases in another dtype are left alone.

    Returns:
        How many layers it was given to.
    """
    from peft.tuners.lora import Linear

    count = 0
    for module in model.modules():
        if isinstance(module, Linear) and _plain(module, compute):
            # An instance attribute: PEFT's class, and with it saving and merging, stay as they are.
            setattr(module, "forward", partial(_forward, module))  # noqa: B010  # mypy: a method
            count += 1
    return count


def _plain(module: Any, compute: torch.dtype) -> bool:
    base = module.get_base_layer()
    names = list(module.lora_A)
    return (
        type(base) is nn.Linear
        and base.weight.dtype == compute
        and not base.weight.requires_grad
        and len(names) == 1
        and not module.lora_variant
        and not any(module.lora_bias.values())
        and all(isinstance(d, nn.Identity) for d in module.lora_dropout.values())
        and not module.fan_in_fan_out
    )


def _forward(module: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    active = module.active_adapters
    if module.disable_adapters or module.merged or len(active) != 1 or args or kwargs:
        return cast(torch.Tensor, type(module).forward(module, x, *args, **kwargs))
    name = active[0]
    base = module.base_layer
    flat = x.reshape(-1, x.shape[-1]).to(base.weight.dtype)
    out: torch.Tensor = _LoraProduct.apply(
        flat,
        base.weight,
        base.bias,
        module.lora_A[name].weight,
        module.lora_B[name].weight,
        module.scaling[name],
    )
    return out.view(*x.shape[:-1], out.shape[-1])
