"""One pack through a causal language model: the loss of each learnt token.

`TokenLosses` is the module that is trained: accelerate, DDP and FSDP wrap it, so its `forward` is
the whole forward pass, loss included. How the pass is made (packed attention, the sliced head) is
not assumed to suit a model: `suited` tries both on a few tokens and compares with the model's own
logits, and what does not reproduce them is not used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import nn

from curate.train import attention
from curate.train.head import logits_nll, token_nll
from curate.train.packing import Pack, pack
from curate.train.rendering import Sample, Way

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class ForwardPlan:
    """How packs go through a model.

    Attributes:
        packed: several samples in a row (else one sample a row, with the model's own attention).
        sliced_head: the head is one matrix product and is applied in slices.
        reasons: why not, where not.
    """

    packed: bool
    sliced_head: bool
    reasons: tuple[str, ...] = ()


class TokenLosses(nn.Module):
    """A causal language model that answers with losses instead of logits."""

    def __init__(self, model: nn.Module, plan: ForwardPlan) -> None:
        super().__init__()
        self.model = model
        self.plan = plan

    def forward(self, pack: Pack) -> tuple[torch.Tensor, torch.Tensor]:
        """Losses [L] float32 of the pack's learnt tokens, and top-1 hits [L] bool (see token_nll)."""
        extra = pack.attention if self.plan.packed else {}
        inputs = {
            "input_ids": pack.ids,
            "position_ids": pack.positions,
            "use_cache": False,
            **extra,
        }
        language_model = unwrapped(self.model)
        if not self.plan.sliced_head:
            logits = self.model(**inputs, logits_to_keep=pack.predicting).logits
            return logits_nll(logits[0], pack.targets)
        hidden = language_model.base_model(**inputs).last_hidden_state[0]
        head = cast(nn.Linear, language_model.get_output_embeddings())
        return token_nll(hidden[pack.predicting], head, pack.targets)


def unwrapped(model: nn.Module) -> PreTrainedModel:
    """The transformers model itself, from under its adapter (whose layers stay in it)."""
    from peft import PeftModel

    if isinstance(model, PeftModel):
        model = model.get_base_model()
    return cast("PreTrainedModel", model)


def suited(model: nn.Module, *, want_packing: bool = True) -> ForwardPlan:
    """Which ways of `ForwardPlan` give the logits that `model` gives by itself.

    Two short samples go through the model one by one, and then in each way. The model is left
    with packed attention set when packing is used. Runs on the model's own device and dtype.
    """
    language_model = unwrapped(model)
    device = next(model.parameters()).device
    samples = _probe(language_model.config.get_text_config().vocab_size)
    exact = next(model.parameters()).dtype == torch.float32
    reasons: list[str] = []
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            alone = [
                _losses(model, ForwardPlan(False, False), samples, [i], device) for i in (0, 1, 2)
            ]
            reference = torch.cat(alone)
            sliced = _agrees(
                lambda: torch.cat(
                    [
                        _losses(model, ForwardPlan(False, True), samples, [i], device)
                        for i in (0, 1, 2)
                    ]
                ),
                reference,
                exact,
                "sliced head",
                reasons,
            )
            packed = want_packing
            if want_packing:
                attention.register()
                language_model.set_attn_implementation(attention.PACKED)
                packed = _agrees(
                    lambda: _losses(model, ForwardPlan(True, sliced), samples, [0, 1, 2], device),
                    reference,
                    exact,
                    "packed attention",
                    reasons,
                )
                if not packed:
                    language_model.set_attn_implementation("sdpa")
    finally:
        model.train(training)
    return ForwardPlan(packed, sliced, tuple(reasons))


def _probe(vocabulary: int) -> list[Sample]:
    """Three samples, of which two share a beginning that is long enough to be laid out once."""
    ids = np.random.default_rng(0).integers(0, vocabulary, size=90).astype(np.int32)
    rows = [np.r_[ids[:20], ids[20:40]], ids[40:70], np.r_[ids[:20], ids[70:90]]]
    learnt = [np.arange(len(row)) >= 20 for row in rows]
    return [
        Sample(row, mask, i, Way.TEXT)
        for i, (row, mask) in enumerate(zip(rows, learnt, strict=True))
    ]


def _losses(
    model: nn.Module,
    plan: ForwardPlan,
    samples: list[Sample],
    numbers: list[int],
    device: torch.device,
) -> torch.Tensor:
    nll, _ = TokenLosses(model, plan)(pack(samples, numbers).to(device))
    return cast(torch.Tensor, nll.float().cpu())


def _agrees(
    losses: Callable[[], torch.Tensor],
    reference: torch.Tensor,
    exact: bool,
    what: str,
    reasons: list[str],
) -> bool:
    try:
        found = losses()
    except (ValueError, TypeError, RuntimeError, AttributeError) as error:
        reasons.append(f"{what} is not used: {error}")
        return False
    # Losses of random tokens are about ln(V), 11 or so. bfloat16 keeps three digits of a logit; a
    # token that sees what it should not moves them by far more.
    worst = float((found - reference).abs().max())
    if not worst <= (1e-3 if exact else 0.15):
        reasons.append(f"{what} is not used: it moves a token's loss by {worst:.3g}")
        return False
    return True
