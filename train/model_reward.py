"""A trained reward model as the reward of a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from curate.schemas.turns import assistant
from curate.train.intervals import Floats
from curate.train.policy_prompts import PolicyPrompt
from curate.train.scoring import RewardModel, load_reward


@dataclass(frozen=True)
class ModelReward:
    """What a run of `--method reward` gives; its numbers have no scale of their own."""

    model: RewardModel
    title: str
    about_length: bool = False
    has_scale: bool = False

    def __call__(self, prompts: Sequence[PolicyPrompt], answers: Sequence[str]) -> Floats:
        """The model's reward of each answer in its conversation, [N].

        An empty answer is read as a full stop: chat templates have no place for nothing.
        """
        whole = [
            (*prompt.messages, assistant(answer if answer.strip() else "."))
            for prompt, answer in zip(prompts, answers, strict=True)
        ]
        return np.array(self.model.score_conversations(whole), dtype=np.float64)


def load_model_reward(run: Path, device: torch.device) -> ModelReward:
    """The reward model of `run`, on `device`.

    Raises:
        UserError: there is none.
    """
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    return ModelReward(load_reward(run, device, dtype), f"the reward model of {run}")
