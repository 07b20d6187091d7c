"""The policy: a language model that says how likely its answers are, and what it expects of them.

`PolicyModel` is the module that PPO and GRPO train. Its value head (PPO only) is a linear layer of
its own on the policy's last hidden states, in float32, starting at zero: before anything is
learnt, every answer is expected to be worth nothing, and advantages are the rewards themselves.

The reference that the policy is held to is the same model with its adapter turned off; where all
weights are learnt, a frozen copy of them.

Shapes: L learnt tokens of a pack (those of its answers), E width of the model, V vocabulary.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from curate.train.forward import ForwardPlan, PackReader, unwrapped
from curate.train.head import logits_nll, token_entropy, token_nll
from curate.train.lora import Copies
from curate.train.packing import Pack

if TYPE_CHECKING:
    from peft import PeftModel


@dataclass(frozen=True)
class TokenScores:
    """What a policy says of the answers in a pack; all [L] float32.

    Attributes:
        logps: log-probability of each token; differentiable where gradients are on.
        values: what the value head expects from each token on; None without a head.
        entropies: of the distribution that each token was drawn from; None where not asked for.
    """

    logps: torch.Tensor
    values: torch.Tensor | None
    entropies: torch.Tensor | None


class PolicyModel(PackReader):
    """A causal language model, with a value head if `has_value`.

    `temperature` is that of the answers: log-probabilities are those of the distribution that they
    are drawn from.
    """

    def __init__(
        self,
        model: nn.Module,
        plan: ForwardPlan,
        copies: Copies | None = None,
        *,
        has_value: bool = True,
    ) -> None:
        super().__init__(model, plan, copies)
        self.temperature = 1.0
        self.value: nn.Linear | None = None
        if has_value:
            width = unwrapped(model).config.get_text_config().hidden_size
            device = next(model.parameters()).device
            self.value = nn.Linear(width, 1, dtype=torch.float32, device=device)
            nn.init.zeros_(self.value.weight)
            nn.init.zeros_(self.value.bias)

    def forward(self, pack: Pack, *, entropies: bool = False) -> TokenScores:
        """What the policy says of the pack's learnt tokens; entropies only without gradients."""
        hidden = self.hidden(pack)[pack.predicting]
        head = cast(nn.Linear, unwrapped(self.model).get_output_embeddings())
        entropy = None
        if self.plan.sliced_head and getattr(head, "bias", None) is None:
            # Without a bias, dividing what goes into the head divides the logits.
            scaled = hidden / self.temperature
            nll, _ = token_nll(scaled, head, pack.targets)
            if entropies:
                entropy = token_entropy(scaled, head)
        else:
            logits = self._logits(pack).float() / self.temperature
            nll, _ = logits_nll(logits, pack.targets)
            if entropies:
                entropy = torch.distributions.Categorical(logits=logits).entropy()
        return TokenScores(-nll, self._values(hidden), entropy)

    def values(self, pack: Pack) -> torch.Tensor:
        """The log-probabilities of the learnt tokens."""
        scores: TokenScores = self(pack)
        return scores.logps

    def _logits(self, pack: Pack) -> torch.Tensor:
        """[L, V], from a model whose head does more than one matrix product."""
        logits: torch.Tensor = self.model(
            **self._inputs(pack), logits_to_keep=pack.predicting
        ).logits
        return logits[0]

    def _values(self, hidden: torch.Tensor) -> torch.Tensor | None:
        if self.value is None:
            return None
        # bfloat16 would leave three digits of a value.
        with torch.autocast(hidden.device.type, enabled=False):
            values: torch.Tensor = self.value(hidden.float())
        return values[:, 0]


class ReferencePolicy:
    """The policy as it was before training."""

    def __init__(self, policy: PolicyModel) -> None:
        from peft import PeftModel

        self._policy = policy
        self._copy: PolicyModel | None = None
        if not isinstance(policy.model, PeftModel):
            frozen = copy.deepcopy(policy.model).requires_grad_(False).eval()
            self._copy = PolicyModel(frozen, policy.plan, has_value=False)

    @property
    def is_copy(self) -> bool:
        """Whether a second model is held."""
        return self._copy is not None

    @contextmanager
    def use(self) -> Iterator[PolicyModel]:
        """A policy that answers as before training; no gradients are to be taken within."""
        if self._copy is not None:
            self._copy.temperature = self._policy.temperature
            yield self._copy
            return
        with cast("PeftModel", self._policy.model).disable_adapter():
            yield self._policy


def without_dropout(model: nn.Module) -> None:
    """Turn dropout off for good: the policy that learns has to be the one that wrote the answers."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
