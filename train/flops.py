"""How much arithmetic a training token costs, and how much a device can do.

A weight costs 2 operations in the forward pass, 2 for its input's gradient and 2 for its own. A
frozen weight needs no gradient of its own: LoRA over N frozen weights costs 4N, a full update 6N
(not three times the forward pass, as is often assumed for both). Weights that are looked up
(embeddings) cost nothing; the head costs only for the tokens that go through it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from curate.train.forward import unwrapped

# Peak dense bfloat16 FLOP/s from the makers' data sheets.
_PEAKS = {
    "H200": 989e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "4090": 165e12,
    "L4": 121e12,
}


@dataclass(frozen=True)
class TokenCost:
    """Floating-point operations of one forward and backward pass, attention scores left out."""

    per_token: float
    per_learnt_token: float

    def total(self, tokens: int, learnt_tokens: int) -> float:
        """Operations for so many tokens, of which so many are learnt."""
        return self.per_token * tokens + self.per_learnt_token * learnt_tokens


def token_cost(model: nn.Module) -> TokenCost:
    """The cost of a token of `model` (with or without an adapter)."""
    language_model = unwrapped(model)
    head = language_model.get_output_embeddings()
    head_weight = head.weight if head is not None else None  # a reward head costs nothing
    embedding = language_model.get_input_embeddings().weight
    body = 0.0
    for parameter in model.parameters():
        if parameter is embedding or parameter is head_weight or parameter.ndim < 2:
            continue
        body += _parameter_count(parameter) * (6 if parameter.requires_grad else 4)
    head_cost = 0
    if head_weight is not None:
        head_cost = head_weight.numel() * (6 if head_weight.requires_grad else 4)
    return TokenCost(body, float(head_cost))


def _parameter_count(parameter: nn.Parameter) -> int:
    """Weights in a parameter; bitsandbytes packs two 4-bit weights into each byte."""
    packed = type(parameter).__name__ == "Params4bit"
    return parameter.numel() * 2 if packed else parameter.numel()


def peak_flops(device: torch.device) -> float | None:
    """The device's peak, or None when it is not known."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((peak for part, peak in _PEAKS.items() if part in name), None)
