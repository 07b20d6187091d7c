"""One pack through a causal language model: the loss of each learnt token.

`TokenLosses` is the module that is trained: accelerate, DDP and FSDP wrap it, so its `forward` is
the whole forward pass, loss included. How the pass is made (packed attention, the sliced head) is
not assumed to suit a model: `suited` tries both on a few tokens and compares with the model's own
logits, and what does not reproduce them is not used.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import nn

from curate.train import attention
from curate.train.graphs import CudaPasses, DecoderGraphs, Record
from curate.train.head import logits_nll, token_nll
from curate.train.lora import Copies
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

    def __init__(self, model: nn.Module, plan: ForwardPlan, copies: Copies | None = None) -> None:
        super().__init__()
        self.model = model
        self.plan = plan
        self.copies = copies
        self.graphs: DecoderGraphs | None = None

    def replay(self, tokens: int, say: Callable[[str], None], record: Record = CudaPasses) -> None:
        """Run training passes over packs of up to `tokens` tokens as CUDA graphs, where that works."""
        self.graphs = DecoderGraphs(
            self._decode, self.parameters(), tokens=tokens, say=say, record=record
        )

    def _decode(self, inputs: dict[str, Any]) -> torch.Tensor:
        """Last hidden states, [T, E]."""
        with self.copies.fresh() if self.copies is not None else nullcontext():
            hidden = unwrapped(self.model).base_model(**inputs).last_hidden_state[0]
        return cast(torch.Tensor, hidden)

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
        replayed = self.training and torch.is_grad_enabled() and self.graphs is not None
        hidden = self.graphs(pack) if replayed and self.graphs is not None else None
        if hidden is None:
            hidden = self._decode(inputs)
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
            packed = False
            if want_packing:
                attention.register()
                language_model.set_attn_implementation(attention.PACKED)
                packed = _agrees(
                    lambda: _losses(model, ForwardPlan(True, sliced), samples, [0, 1, 2], device),
                    reference,
                    exact,
                    "packed attention",
                    reasons,
                    alone=lambda: _samples_stand_alone(model, sliced, samples, device),
                )
                if not packed:
                    language_model.set_attn_implementation("sdpa")
    finally:
        model.train(training)
    return ForwardPlan(packed, sliced, tuple(reasons))


def probe_gradients(losses: TokenLosses) -> list[torch.Tensor]:
    """The losses of a few tokens, and the gradients of the learnt weights, which are left without."""
    language_model = unwrapped(losses.model)
    device = next(losses.parameters()).device
    samples = _probe(language_model.config.get_text_config().vocab_size)
    nll, _ = losses(pack(samples, [0, 1, 2] if losses.plan.packed else [0]).to(device))
    nll.sum().backward()
    learnt = [p for p in losses.parameters() if p.requires_grad]
    found = [p.grad.float().flatten() for p in learnt if p.grad is not None]
    for parameter in learnt:
        parameter.grad = None
    return [nll.detach().float().cpu(), torch.cat(found).cpu()]


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


def _samples_stand_alone(
    model: nn.Module, sliced: bool, samples: list[Sample], device: torch.device
) -> bool:
    """Whether other tokens in the first sample leave the losses of the others as they are, bit for bit.

    A row of a matrix product depends on no other row, so only attention across samples could
    change them. (Where experts are chosen, it may be otherwise: this then proves nothing.)
    """
    plan = ForwardPlan(True, sliced)
    first = samples[0]
    other = first.ids.copy()
    other[first.learnt] = other[first.learnt][::-1]
    changed = [replace(first, ids=other), *samples[1:]]
    count = first.learnt_count
    before, after = (_losses(model, plan, some, [0, 1, 2], device) for some in (samples, changed))
    return bool(torch.equal(before[count:], after[count:]))


def _agrees(
    losses: Callable[[], torch.Tensor],
    reference: torch.Tensor,
    exact: bool,
    what: str,
    reasons: list[str],
    alone: Callable[[], bool] = lambda: False,
) -> bool:
    try:
        found = losses()
        off = (found - reference).abs()
        # Losses of random tokens are about ln(V), 11 or so. bfloat16 keeps three digits of a logit,
        # and errors grow with depth; a token that sees what it should not moves them by far more.
        # Where it is known that none does, they need only be near.
        if float(off.max()) <= (1e-3 if exact else 0.15):
            return True
        if not exact and float(off.mean()) <= 0.15 and float(off.max()) <= 0.75 and alone():
            return True
    except (ValueError, TypeError, RuntimeError, AttributeError) as error:
        reasons.append(f"{what} is not used: {error}")
        return False
    reasons.append(f"{what} is not used: it moves a token's loss by {float(off.max()):.3g}")
    return False
