"""What one evaluation of a policy measures: its answers to fixed held-out prompts, prompt by prompt.

The prompts are the same at every evaluation, and so is the seed of the draws, so that each prompt
can be compared with itself.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.train.intervals import Estimate, Floats, paired_change, ratio


@dataclass(frozen=True, eq=False)
class PolicyEvaluation:
    """Answers of the policy after `step` steps to n held-out prompts; arrays are [n].

    Attributes:
        ids: a name for each prompt.
        rewards: of the answers, cut ones penalised.
        kl: nats by which the policy prefers its answer over what the reference would think of it.
        entropy: nats, summed over the answer's tokens.
        tokens: of the answer, its end among them.
        ended: whether the model ended the answer by itself.
        texts: a hash of each answer.
        quality: a measure that is not the reward, on the same rows each time (a task metric on the
            answers, or held-out preferences), where there is one.
        quality_name: what it is called.
    """

    step: int
    epoch: float
    ids: tuple[str, ...]
    rewards: Floats
    kl: Floats
    entropy: Floats
    tokens: NDArray[np.int64]
    ended: NDArray[np.bool_]
    texts: tuple[str, ...]
    quality: Floats | None = None
    quality_name: str = ""

    @property
    def ones(self) -> Floats:
        """A weight of one for each prompt."""
        return np.ones(len(self.ids))

    @property
    def reward(self) -> float:
        """Mean reward."""
        return float(self.rewards.mean())

    @property
    def kl_per_token(self) -> Estimate:
        """Nats a token between policy and reference."""
        return ratio(self.kl, self.tokens.astype(np.float64))

    @property
    def entropy_per_token(self) -> float:
        """Nats a token that the policy leaves open."""
        return float(self.entropy.sum() / self.tokens.sum())

    @property
    def length(self) -> float:
        """Mean tokens of an answer."""
        return float(self.tokens.mean())

    @property
    def commonest(self) -> float:
        """The share of prompts that get the commonest answer."""
        return Counter(self.texts).most_common(1)[0][1] / len(self.texts)

    @property
    def finite(self) -> bool:
        """Whether everything measured is a number."""
        return all(bool(np.isfinite(a).all()) for a in (self.rewards, self.kl, self.entropy))

    def reward_change(self, later: PolicyEvaluation) -> Estimate:
        """How much higher the reward is at `later`, prompt by prompt."""
        return paired_change(self.rewards, later.rewards, self.ones)

    def quality_change(self, later: PolicyEvaluation) -> Estimate | None:
        """The same for the quality; None where it is not measured."""
        if self.quality is None or later.quality is None:
            return None
        return paired_change(self.quality, later.quality, np.ones(len(self.quality)))

    def metrics(self) -> dict[str, float]:
        """The means, for the history."""
        found = {
            "reward": self.reward,
            "kl": float(self.kl.mean()),
            "kl_per_token": self.kl_per_token.value,
            "entropy": self.entropy_per_token,
            "answer_tokens": self.length,
            "ended": float(self.ended.mean()),
            "commonest_answer": self.commonest,
        }
        if self.quality is not None:
            found[self.quality_name] = float(self.quality.mean())
        return {name: value for name, value in found.items() if math.isfinite(value)}

    def to_json(self) -> dict[str, Any]:
        """As JSON; floats survive exactly."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            "ids": list(self.ids),
            "rewards": self.rewards.tolist(),
            "kl": self.kl.tolist(),
            "entropy": self.entropy.tolist(),
            "tokens": self.tokens.tolist(),
            "ended": self.ended.tolist(),
            "texts": list(self.texts),
            "quality": None if self.quality is None else self.quality.tolist(),
            "quality_name": self.quality_name,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PolicyEvaluation:
        """The inverse of `to_json`."""
        return cls(
            step=data["step"],
            epoch=data["epoch"],
            ids=tuple(data["ids"]),
            rewards=np.asarray(data["rewards"], dtype=np.float64),
            kl=np.asarray(data["kl"], dtype=np.float64),
            entropy=np.asarray(data["entropy"], dtype=np.float64),
            tokens=np.asarray(data["tokens"], dtype=np.int64),
            ended=np.asarray(data["ended"], dtype=np.bool_),
            texts=tuple(data["texts"]),
            quality=None
            if data["quality"] is None
            else np.asarray(data["quality"], dtype=np.float64),
            quality_name=data["quality_name"],
        )


def hashed(texts: Sequence[str]) -> tuple[str, ...]:
    """A short hash of each text."""
    return tuple(hashlib.sha256(t.encode()).hexdigest()[:12] for t in texts)
