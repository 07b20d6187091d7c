"""The reward model: one number for an answer, learnt from which of two answers is better.

The model is transformers' own for sequence classification with one label. Its reward is that of
the last token that is not padding, by transformers' rule (the last whose id is not the padding
token's), so a saved model gives the same numbers outside of curate.

The loss is Bradley and Terry's, -log σ(r_chosen - r_rejected - margin), with the margin that the
data gives (Touvron et al. 2023, arXiv 2307.09288), plus `reward_centring` · (r_chosen +
r_rejected)² (Eisenstein et al. 2023, arXiv 2312.09244), since only differences matter otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import nn
from torch.nn import functional as F

from curate.schemas.options.preferences import PreferenceOptions
from curate.train.forward import ForwardPlan, PackReader, find_plan, unwrapped
from curate.train.objective import Measured, exact_dtype
from curate.train.packing import Pack
from curate.train.pair_batches import PairBatch, PairItems, apart, preferred
from curate.train.pairs import Pair


class RewardScores(PackReader):
    """A sequence classification model that answers with one reward for each sample of a pack."""

    def forward(self, pack: Pack) -> torch.Tensor:
        """Rewards [S] float32 of the pack's samples, read at their ends."""
        ends = self.hidden(pack)[pack.ends]
        head = cast(nn.Module, unwrapped(self.model).score)
        # bfloat16 would leave three digits of a reward.
        with torch.autocast(ends.device.type, enabled=False):
            rewards: torch.Tensor = head(ends.float())
        return rewards.squeeze(-1)

    def values(self, pack: Pack) -> torch.Tensor:
        """The rewards."""
        rewards: torch.Tensor = self(pack)
        return rewards


def suited_to_rewards(model: nn.Module, *, want_packing: bool = True) -> ForwardPlan:
    """Whether packs of several samples give the rewards that each sample has alone."""
    plan = find_plan(
        model,
        RewardScores,
        want_packing=want_packing,
        sliceable=False,
        scale=0.3,  # a new head's rewards are about as large as its weights' norm: below one
        what="a reward",
    )
    # The head only ever sees the last states.
    return replace(plan, sliced_head=True)


class RewardObjective(PairItems):
    """Pairs whose chosen side is to get the higher reward. The model is a `RewardScores`."""

    def __init__(
        self,
        pairs: Sequence[Pair],
        options: PreferenceOptions,
        *,
        packed: bool = True,
        padding: int | None = None,
    ) -> None:
        super().__init__(pairs, packed=packed, padding=padding)
        self.centring = options.reward_centring
        # The head sees one state of each side.
        self.learnt = [2] * len(pairs)

    def measure(self, model: nn.Module, batch: PairBatch) -> Measured:
        """A loss for each pair, and what is logged of it."""
        rewards = torch.cat([model(row) for row in batch.packs])
        chosen, rejected = apart(rewards.to(exact_dtype(rewards)))
        losses = reward_losses(chosen, rejected, batch.margins.to(chosen.dtype), self.centring)
        with torch.no_grad():
            metrics = {
                "accuracy": preferred(chosen - rejected),
                "margin": chosen - rejected,
                "chosen_reward": chosen,
                "rejected_reward": rejected,
            }
            metrics = {name: value.detach() * batch.weight for name, value in metrics.items()}
        return Measured(
            losses * batch.weight, hits=(chosen > rejected).to(torch.int64), metrics=metrics
        )


def reward_losses(
    chosen: torch.Tensor, rejected: torch.Tensor, margins: torch.Tensor, centring: float
) -> torch.Tensor:
    """Bradley and Terry's loss of each of I pairs, [I]; all arguments [I] but the last."""
    losses = -F.logsigmoid(chosen - rejected - margins)
    return losses + centring * (chosen + rejected).square() if centring else losses
