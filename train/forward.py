"""One pack through a causal language model: the loss of each learnt token.

`TokenLosses` is the module that is trained: accelerate, DDP and FSDP wrap it, so its `forward` is
the whole forward pass, loss included. How the pass is made (packed attention, the sliced head) is
not assumed to suit a model: `suited` tries both on a few tokens and compares with the model's own
logits, and what does not reproduce them is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from curate.train.samples import Sample, Way

if TYPE_CHECKING:
    from transformers import PreTrainedModel


# By how much a loss may differ: in float32; in bfloat16; and there, where no sample sees another.
_EXACT, _NEAR, _ROUGHLY = 1e-3, 0.15, 0.75


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


class PackReader(nn.Module):
    """A model that is given packs; what it answers with is for its subclasses to say."""

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

    def values(self, pack: Pack) -> torch.Tensor:
        """What is learnt from, a differentiable number each, in the order of the pack's samples."""
        raise NotImplementedError

    def hidden(self, pack: Pack) -> torch.Tensor:
        """The model's last hidden states over the row, [T, E]."""
        if self.graphs is not None and self.training and torch.is_grad_enabled():
            replayed = self.graphs(pack)
            if replayed is not None:
                return replayed
        return self._decode(self._inputs(pack))

    def _inputs(self, pack: Pack) -> dict[str, Any]:
        extra = pack.attention if self.plan.packed else {}
        ids, positions = pack.ids, pack.positions
        return {"input_ids": ids, "position_ids": positions, "use_cache": False, **extra}

    def _decode(self, inputs: dict[str, Any]) -> torch.Tensor:
        """Last hidden states, [T, E]."""
        with self.copies.fresh() if self.copies is not None else nullcontext():
            hidden = unwrapped(self.model).base_model(**inputs).last_hidden_state[0]
        return cast(torch.Tensor, hidden)


class TokenLosses(PackReader):
    """A causal language model that answers with losses instead of logits."""

    def forward(self, pack: Pack) -> tuple[torch.Tensor, torch.Tensor]:
        """Losses [L] float32 of the pack's learnt tokens, and top-1 hits [L] bool (see token_nll)."""
        if not self.plan.sliced_head:
            logits = self.model(**self._inputs(pack), logits_to_keep=pack.predicting).logits
            return logits_nll(logits[0], pack.targets)
        hidden = self.hidden(pack)
        head = cast(nn.Linear, unwrapped(self.model).get_output_embeddings())
        return token_nll(hidden[pack.predicting], head, pack.targets)

    def values(self, pack: Pack) -> torch.Tensor:
        """The losses of the learnt tokens."""
        losses: torch.Tensor = self(pack)[0]
        return losses


def unwrapped(model: nn.Module) -> PreTrainedModel:
    """The transformers model itself, from under its adapter (whose layers stay in it)."""
    from peft import PeftModel

    if isinstance(model, PeftModel):
        model = model.get_base_model()
    return cast("PreTrainedModel", model)


def suited(model: nn.Module, *, want_packing: bool = True) -> ForwardPlan:
    """Which ways of `ForwardPlan` give the logits that a causal language model gives by itself.

    Short samples go through the model one by one, and then in each way. The model is left with
    packed attention set when packing is used. Runs on the model's own device and dtype.
    """
    return find_plan(model, TokenLosses, want_packing=want_packing, sliceable=True)


def find_plan(
    model: nn.Module,
    reader: Callable[[nn.Module, ForwardPlan], PackReader],
    *,
    want_packing: bool,
    sliceable: bool,
    scale: float = 1.0,
    what: str = "a token's loss",
) -> ForwardPlan:
    """Which ways of `ForwardPlan` give the values that `model` gives one sample at a time.

    Args:
        model: a transformers model, with or without an adapter.
        reader: how it is read; its values are compared.
        want_packing: whether packing is tried.
        sliceable: whether the model has a head that can be applied in slices.
        scale: how far apart values are, compared with losses of tokens.
        what: one of the values, for people.
    """
    language_model = unwrapped(model)
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            trial = _Trial(model, reader, scale, what)
            sliced = sliceable and trial.agrees("sliced head", ForwardPlan(False, True))
            packed = False
            if want_packing:
                attention.register()
                language_model.set_attn_implementation(attention.PACKED)
                packed = trial.agrees("packed attention", ForwardPlan(True, sliced))
                if not packed:
                    language_model.set_attn_implementation("sdpa")
    finally:
        model.train(training)
    return ForwardPlan(packed, sliced, tuple(trial.reasons))


class _Trial:
    """Ways of reading a few samples, compared with reading them one by one; arguments as above."""

    def __init__(
        self,
        model: nn.Module,
        reader: Callable[[nn.Module, ForwardPlan], PackReader],
        scale: float,
        what: str,
    ) -> None:
        self.reasons: list[str] = []
        self._model, self._reader, self._scale, self._what = model, reader, scale, what
        self._samples = _probe(unwrapped(model).config.get_text_config().vocab_size)
        weight = next(model.parameters())
        cast_down = torch.is_autocast_enabled(weight.device.type)
        self._exact = weight.dtype == torch.float32 and not cast_down
        self._reference = self._values(ForwardPlan(False, False), self._samples)

    def agrees(self, way: str, plan: ForwardPlan) -> bool:
        """Whether going this way gives the reference's values; if not, the reason is noted."""
        try:
            off = (self._values(plan, self._samples) - self._reference).abs() / self._scale
            # Losses of random tokens are about ln(V), 11 or so. bfloat16 keeps three digits of a
            # logit, and errors grow with depth; a token that sees what it should not moves them by
            # far more. Where it is known that none does, they need only be near.
            if float(off.max()) <= (_EXACT if self._exact else _NEAR):
                return True
            roughly = float(off.mean()) <= _NEAR and float(off.max()) <= _ROUGHLY
            if not self._exact and roughly and plan.packed and self._stands_alone(plan):
                return True
        except (ValueError, TypeError, RuntimeError, AttributeError) as error:
            self.reasons.append(f"{way} is not used: {error}")
            return False
        moved = float(off.max()) * self._scale
        self.reasons.append(f"{way} is not used: it moves {self._what} by {moved:.3g}")
        return False

    def _values(self, plan: ForwardPlan, samples: Sequence[Sample]) -> torch.Tensor:
        """All samples' values; in one row where the plan packs."""
        numbers = list(range(len(samples)))
        rows = [numbers] if plan.packed else [[i] for i in numbers]
        device = next(self._model.parameters()).device
        reader = self._reader(self._model, plan)
        found = [reader.values(pack(samples, row).to(device)) for row in rows]
        return torch.cat(found).float().cpu()

    def _stands_alone(self, plan: ForwardPlan) -> bool:
        """Whether other tokens in the first sample leave the values of the others, bit for bit.

        A row of a matrix product depends on no other row, so only attention across samples could
        change them. (Where experts are chosen, it may be otherwise: this then proves nothing.)
        """
        first = self._samples[0]
        other = first.ids.copy()
        other[first.learnt] = other[first.learnt][::-1]
        changed = [replace(first, ids=other), *self._samples[1:]]
        own = len(self._values(plan, [first]))
        before, after = (self._values(plan, some) for some in (self._samples, changed))
        return bool(torch.equal(before[own:], after[own:]))


def probe_gradients(reader: PackReader) -> list[torch.Tensor]:
    """The values of a few tokens, and the gradients of the learnt weights, which are left without."""
    language_model = unwrapped(reader.model)
    device = next(reader.parameters()).device
    samples = _probe(language_model.config.get_text_config().vocab_size)
    values = reader.values(pack(samples, [0, 1, 2] if reader.plan.packed else [0]).to(device))
    values.sum().backward()
    learnt = [p for p in reader.parameters() if p.requires_grad]
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in learnt]
    found = [grad.float().flatten() for grad in grads]
    for parameter in learnt:
        parameter.grad = None
    return [values.detach().float().cpu(), torch.cat(found).cpu()]


def _probe(vocabulary: int) -> list[Sample]:
    """Three samples, of which two share a beginning that is long enough to be laid out once."""
    ids = np.random.default_rng(0).integers(0, vocabulary, size=90).astype(np.int32)
    rows = [np.r_[ids[:20], ids[20:40]], ids[40:70], np.r_[ids[:20], ids[70:90]]]
    learnt = [np.arange(len(row)) >= 20 for row in rows]
    return [
        Sample(row, mask, i, Way.TEXT)
        for i, (row, mask) in enumerate(zip(rows, learnt, strict=True))
    ]
