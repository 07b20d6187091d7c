"""Options of the methods that learn from a reward on the model's own answers: PPO and GRPO."""

from __future__ import annotations

from enum import StrEnum

from curate.schemas.options.base import Options, option


class KlControl(StrEnum):
    """How the price of leaving the reference is set."""

    ADAPTIVE = "adaptive"
    FIXED = "fixed"


class RolloutOptions(Options):
    """How answers are drawn, rewarded and learnt from (`--method ppo` and `grpo`)."""

    reward: str | None = option(
        None,
        "PPO, GRPO: what an answer is worth: a run of --method reward; contract (that of the "
        "training answers), contract:FILE; length:MIN-MAX (words); or a function of (prompt, answer) "
        "or (prompt, answer, reference) as MODULE:FUNCTION.",
        metavar="REWARD",
    )
    answers_per_prompt: int = option(
        8, "PPO, GRPO: answers drawn for each prompt of a step (GRPO's group).", ge=1
    )
    temperature: float = option(
        1.0, "PPO, GRPO: of the drawn answers; below 1, likelier words are drawn oftener.", gt=0
    )
    missing_eos_penalty: float = option(
        1.0, "PPO, GRPO: taken off the reward of an answer that had to be cut.", ge=0
    )
    minibatches: int = option(
        4, "PPO, GRPO: optimiser updates in one pass over a step's answers.", ge=1
    )
    rollout_epochs: int = option(2, "PPO, GRPO: passes over a step's answers.", ge=1)
    clip_range: float = option(
        0.2, "PPO, GRPO: how far a token's probability may move in one step, as a share.", gt=0
    )
    kl_coef: float = option(
        0.05, "PPO, GRPO: reward lost for each nat of distance to the reference; 0 is none.", ge=0
    )
    kl_control: KlControl = option(
        KlControl.ADAPTIVE,
        "PPO, GRPO: the coefficient follows --kl-target (adaptive), or stays as it is (fixed).",
    )
    kl_target: float = option(
        6.0, "PPO, GRPO: nats an answer that the adaptive coefficient holds.", gt=0
    )
    max_kl: float = option(
        0.5,
        "PPO, GRPO: nats a token beyond which the watch speaks of over-optimisation.",
        gt=0,
    )
    value_coef: float = option(0.1, "PPO: weight of the value head's loss.", ge=0)
    value_clip: float = option(0.2, "PPO: how far a value may move in one step.", gt=0)
    gamma: float = option(1.0, "PPO: what a reward one token later counts.", gt=0, le=1)
    gae_lambda: float = option(
        0.95, "PPO: advantages from the value head (0) or from whole answers (1).", ge=0, le=1
    )
