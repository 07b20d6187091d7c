"""What a run of PPO or GRPO consists of, beside what every run does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.schemas.options.train import TrainOptions
from curate.train.kl_control import KlController
from curate.train.packing import BatchOrder
from curate.train.policy import PolicyModel
from curate.train.policy_prompts import PolicyPrompt
from curate.train.policy_quality import Quality
from curate.train.policy_watch import PolicyWatch
from curate.train.rollouts import RewardScale, Roller
from curate.train.run import BaseRun


@dataclass(kw_only=True)
class PolicyRun(BaseRun):
    """A run whose examples are prompts, and whose losses are over its own answers.

    Attributes:
        options: of the whole run; the step reads PPO's own from it.
        prompts, val_prompts: to learn on, and to watch.
        order: which prompts each step answers.
        roll: draws, rewards and measures answers.
        controller: the price of distance to the reference.
        watch: over the held-out prompts.
        quality: a measure on them that is not rewarded, where there is one.
        scale: of the rewards; found at the first evaluation where the reward has none.
    """

    options: TrainOptions
    prompts: Sequence[PolicyPrompt]
    val_prompts: Sequence[PolicyPrompt]
    order: BatchOrder
    roll: Roller
    controller: KlController
    watch: PolicyWatch
    quality: Quality | None = None
    scale: RewardScale = field(default_factory=RewardScale)

    @property
    def policy(self) -> PolicyModel:
        """What is trained."""
        assert isinstance(self.model, PolicyModel)
        return self.model

    def kept(self) -> dict[str, Any]:
        """What a checkpoint keeps beside weights, optimiser, generators and watch."""
        return {
            "kl_coef": self.controller.coef,
            "scale": [self.scale.mean, self.scale.deviation],
        }

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """The inverse of `kept`."""
        self.controller.coef = kept["kl_coef"]
        self.scale = RewardScale(*kept["scale"])
