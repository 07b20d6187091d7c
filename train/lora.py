"""LoRA's linear layer as matrix products alone: x Wᵀ + (s x Aᵀ) Bᵀ.

PEFT computes the two branches apart and adds them: two more passes over the output forward, and a
float32 copy of the input where adapters are float32 and the base is bfloat16. Here the second
product accumulates into the first, forward and backward, and only the input and x Aᵀ are kept.
The modules stay PEFT's, so saving, merging and disabling adapters work as ever: each of these
states falls back to PEFT's own forward.

Shapes: N tokens, I inputs, O outputs, R rank.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional as F


class _LoraProduct(torch.autograd.Function):
    """[N, O] from x [N, I], frozen weight [O, I] and bias [O], A [R, I] and B [O, R].

    `a_like` and `b_like` are A and B in the dtype of x.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        a: torch.Tensor,
        b: torch.Tensor,
        a_like: torch.Tensor,
        b_like: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        reduced = _scaled(x, a_like.T, scale)
        ctx.save_for_backward(x, weight, reduced)
        # Not saved as what autograd watches: they are written again at each pass, with the same.
        ctx.a_like, ctx.b_like = a_like, b_like
        ctx.scale, ctx.dtype = scale, a.dtype
        return F.linear(x, weight, bias).addmm_(reduced, b_like.T)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[Any, ...]:
        x, weight, reduced = ctx.saved_tensors
        grad = grads[0]
        through_b = _scaled(grad, ctx.b_like, ctx.scale)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = (grad @ weight).addmm_(through_b, ctx.a_like)
        grad_a = _product(through_b.T, x, ctx.dtype)
        grad_b = _product(grad.T, reduced, ctx.dtype)
        return grad_x, None, None, grad_a, grad_b, None, None, None


def _scaled(left: torch.Tensor, right: torch.Tensor, scale: float) -> torch.Tensor:
    """scale · left @ right, as one operation."""
    ignored = left.new_empty((left.shape[0], right.shape[1]))
    return torch.addmm(ignored, left, right, beta=0, alpha=scale)


def _product(left: torch.Tensor, right: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """left @ right in `dtype`, which a GPU sums in without rounding on the way."""
    if left.is_cuda and left.dtype != dtype == torch.float32:
        return torch.mm(left, right, out_dtype=dtype)
    return (left @ right).to(dtype)


class Copies:
    """The learnt matrices of all fused layers in the dtype of the products, cast in one operation.

    They are current only within `fresh`; elsewhere (generating, recomputing) a layer casts its own.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self._dtype, self._current = dtype, False
        self._of: dict[nn.Parameter, torch.Tensor] = {}

    def add(self, parameter: nn.Parameter) -> None:
        """Keep a copy of `parameter`, unless it is of the dtype already."""
        if parameter.dtype != self._dtype:
            self._of[parameter] = torch.empty_like(parameter, dtype=self._dtype)

    def of(self, parameter: nn.Parameter) -> torch.Tensor:
        """`parameter` in the dtype of the products."""
        copied = self._of.get(parameter) if self._current else None
        return copied if copied is not None else parameter.detach().to(self._dtype)

    @contextmanager
    def fresh(self) -> Iterator[None]:
        """Within, copies are what the parameters are."""
        if self._of:
            with torch.no_grad():
                torch._foreach_copy_(list(self._of.values()), list(self._of))
        self._current = True
        try:
            yield
        finally:
            self._current = False


def fuse(model: nn.Module, compute: torch.dtype) -> tuple[int, Copies]:
    """Give every plain LoRA layer over a frozen linear layer the forward pass above.

    Layers with dropout, DoRA, quantised bases or anything else that PEFT knows keep PEFT's.

    Args:
        model: a PEFT model, on its device.
        compute: the dtype of the matrix products; bases in another dtype are left alone.

    Returns:
        How many layers it was given to, and the copies that they use.
    """
    from peft.tuners.lora import Linear

    count, copies = 0, Copies(compute)
    for module in model.modules():
        if isinstance(module, Linear) and _plain(module, compute):
            for matrices in (module.lora_A, module.lora_B):
                copies.add(cast(nn.Parameter, matrices[next(iter(matrices))].weight))
            # An instance attribute: PEFT's class, and with it saving and merging, stay as they are.
            setattr(module, "forward", partial(_forward, module, copies))  # noqa: B010  # mypy: a method
            count += 1
    return count, copies


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


def _forward(
    module: Any, copies: Copies, x: torch.Tensor, *args: Any, **kwargs: Any
) -> torch.Tensor:
    active = module.active_adapters
    if module.disable_adapters or module.merged or len(active) != 1 or args or kwargs:
        return cast(torch.Tensor, type(module).forward(module, x, *args, **kwargs))
    name = active[0]
    base = module.base_layer
    a, b = module.lora_A[name].weight, module.lora_B[name].weight
    flat = x.reshape(-1, x.shape[-1]).to(base.weight.dtype)
    out: torch.Tensor = _LoraProduct.apply(
        flat, base.weight, base.bias, a, b, copies.of(a), copies.of(b), module.scaling[name]
    )
    return out.view(*x.shape[:-1], out.shape[-1])
