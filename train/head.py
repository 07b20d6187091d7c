"""From the last hidden states to the loss of each learnt token, without the whole logits matrix.

The language-model head is the widest layer: its logits for a pack of 8,000 tokens and 150,000
words take 2.4 GB in bfloat16, and as much again for each step of the loss. Only learnt tokens go
through it here, a slice at a time, and the gradient of the hidden states is computed at once,
while the slice's logits are at hand: they are never kept and, for a frozen head (LoRA), never
computed twice. The idea is that of Liger's fused linear cross-entropy (Hsu et al. 2024,
arXiv 2410.10989), kept differentiable for each token, so that preference losses can weigh tokens.

Shapes: L learnt tokens, E width of the model, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

# Logits held at once, in elements: float32 slices of 16 MiB stay in a CPU's cache, bfloat16 slices
# of 512 MiB keep a GPU busy.
_SLICE_ON_CPU = 1 << 22
_SLICE_ON_GPU = 1 << 28


class _TokenNll(torch.autograd.Function):
    """Negative log-likelihood of each target, [L] float32."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        targets: torch.Tensor,
        learning: bool,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        length, vocabulary = hidden.shape[0], weight.shape[0]
        rows = _slice_rows(hidden, vocabulary)
        nll = torch.empty(length, dtype=torch.float32, device=hidden.device)
        hits = torch.empty(length, dtype=torch.bool, device=hidden.device)
        frozen = not (weight.requires_grad or (bias is not None and bias.requires_grad))
        grad = torch.empty_like(hidden) if learning and frozen else None
        for start in range(0, length, rows):
            part = slice(start, start + rows)
            logits = F.linear(hidden[part], weight, bias)
            wanted = targets[part]
            losses, right, slope = _nll(
                logits, wanted, gradient=grad is not None, count=not learning
            )
            nll[part], hits[part] = losses, right
            if grad is not None and slope is not None:
                torch.mm(slope, weight, out=grad[part])
        ctx.frozen = frozen
        ctx.save_for_backward(grad if frozen else hidden, weight, bias, targets)
        ctx.mark_non_differentiable(hits)
        return nll, hits

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        kept, weight, bias, targets = ctx.saved_tensors
        grad_nll = grads[0]
        if ctx.frozen:
            return kept * grad_nll[:, None].to(kept.dtype), None, None, None, None
        rows = _slice_rows(kept, weight.shape[0])
        grad_hidden = torch.empty_like(kept)
        grad_weight = torch.zeros_like(weight, dtype=torch.float32)
        grad_bias = torch.zeros_like(bias, dtype=torch.float32) if bias is not None else None
        for start in range(0, kept.shape[0], rows):
            part = slice(start, start + rows)
            logits = F.linear(kept[part], weight, bias)
            _, _, scaled = _nll(logits, targets[part], gradient=True, scales=grad_nll[part])
            assert scaled is not None
            torch.mm(scaled, weight, out=grad_hidden[part])
            grad_weight += scaled.T @ kept[part]
            if grad_bias is not None:
                grad_bias += scaled.float().sum(0)
        return (
            grad_hidden,
            grad_weight.to(weight.dtype),
            grad_bias.to(bias.dtype) if grad_bias is not None else None,
            None,
            None,
        )


def _slice_rows(hidden: torch.Tensor, vocabulary: int) -> int:
    return max(1, (_SLICE_ON_GPU if hidden.is_cuda else _SLICE_ON_CPU) // vocabulary)


def _nll(
    logits: torch.Tensor,
    targets: torch.Tensor,
    *,
    gradient: bool,
    scales: torch.Tensor | None = None,
    count: bool = False,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Loss of each row [rows], top-1 hits (where they are counted), and the logits' gradient.

    The gradient, softmax minus one-hot, each row times its scale, takes the place of `logits`.
    """
    fused = _fused() if logits.is_cuda else None
    if fused is not None:
        scales = scales.float().contiguous() if scales is not None else None
        nll, hits = fused(logits, targets.contiguous(), gradient=gradient, scales=scales)
        return nll, hits, logits if gradient else None
    wide = logits.float()
    right = wide.argmax(dim=-1) == targets if count else torch.zeros_like(targets, dtype=torch.bool)
    at = targets[:, None]
    picked = wide.gather(1, at)
    total = wide.logsumexp(dim=-1, keepdim=True)
    nll = (total - picked).squeeze(1)
    if not gradient:
        return nll, right, None
    wide.sub_(total).exp_()
    wide.scatter_add_(1, at, torch.full_like(picked, -1.0))
    if scales is not None:
        wide *= scales[:, None]
    return nll, right, wide.to(logits.dtype)


@cache
def _fused() -> Callable[..., tuple[torch.Tensor, torch.Tensor]] | None:
    """The same as one kernel, where Triton is installed."""
    try:
        from curate.train.nll_kernel import nll_then_gradient
    except ImportError:
        return None
    return nll_then_gradient


def _as_computed(
    hidden: torch.Tensor, head: nn.Linear
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Hidden states, the head's weight and its bias in the dtype of the product."""
    weight: torch.Tensor = head.weight
    bias: torch.Tensor | None = head.bias
    if torch.is_autocast_enabled(hidden.device.type):
        dtype = torch.get_autocast_dtype(hidden.device.type)
        hidden, weight = hidden.to(dtype), weight.to(dtype)
        bias = bias.to(dtype) if bias is not None else None
    return hidden, weight, bias


def token_nll(
    hidden: torch.Tensor, head: nn.Linear, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss of each learnt token, and (only where no gradient is wanted) whether it came out first.

    Args:
        hidden: [L, E] last hidden states of the predicting tokens.
        head: the language-model head.
        targets: [L] ids of the learnt tokens.

    Returns:
        Negative log-likelihoods, [L] float32, differentiable; and top-1 hits, [L] bool, which
        are meaningful only within `torch.no_grad()`.
    """
    hidden, weight, bias = _as_computed(hidden, head)
    nll, hits = _TokenNll.apply(hidden, weight, bias, targets, torch.is_grad_enabled())
    return nll, hits


def logits_nll(logits: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The same from logits [L, V], for models whose head does more than one matrix product."""
    nll = F.cross_entropy(logits.float(), targets, reduction="none")
    return nll, logits.detach().argmax(dim=-1) == targets


@torch.no_grad()
def token_entropy(hidden: torch.Tensor, head: nn.Linear) -> torch.Tensor:
    """Entropy in nats of the next-token distribution after each hidden state, [L] float32.

    Args:
        hidden: [L, E] last hidden states.
        head: the language-model head.
    """
    hidden, weight, bias = _as_computed(hidden, head)
    rows = _slice_rows(hidden, weight.shape[0])
    found = torch.empty(hidden.shape[0], dtype=torch.float32, device=hidden.device)
    for start in range(0, hidden.shape[0], rows):
        part = slice(start, start + rows)
        logps = F.linear(hidden[part], weight, bias).float().log_softmax(dim=-1)
        found[part] = -(logps.exp() * logps).sum(dim=-1)
    return found
