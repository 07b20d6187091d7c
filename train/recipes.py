"""What `--method` chooses: the table from a method to its recipe.

Everything else (loop, packing, memory plan, watch, checkpoints, resume, dashboard, manifest) is the
same for all methods and knows none of them.
"""

from __future__ import annotations

from functools import partial

from curate.schemas.options.train import Method
from curate.train import policy_runs
from curate.train.dpo import displaced
from curate.train.forward import TokenLosses, suited
from curate.train.models import Head
from curate.train.policy import PolicyModel
from curate.train.policy_runs import prepare_prompts
from curate.train.preference_runs import (
    answers_to_chosen,
    begin_dpo,
    finish_dpo,
    finish_reward,
    preference_objective,
    prepare_pairs,
    reward_objective,
)
from curate.train.recipe import Recipe
from curate.train.reward import RewardScores, suited_to_rewards
from curate.train.supervised_runs import conversations, prepare_samples, samples_objective

RECIPES: dict[Method, Recipe] = {
    Method.SFT: Recipe(
        head=Head.TOKENS,
        prepare=prepare_samples,
        suited=suited,
        module=TokenLosses,
        objective=samples_objective,
        asked=conversations,
    ),
    Method.DPO: Recipe(
        head=Head.TOKENS,
        prepare=prepare_pairs,
        suited=suited,
        module=TokenLosses,
        objective=preference_objective,
        rate_factor=0.1,
        begin=begin_dpo,
        warn=displaced,
        finish=finish_dpo,
        asked=answers_to_chosen,
    ),
    Method.REWARD: Recipe(
        head=Head.REWARD,
        prepare=prepare_pairs,
        suited=suited_to_rewards,
        module=RewardScores,
        objective=reward_objective,
        rate_factor=0.3,
        finish=finish_reward,
    ),
    Method.PPO: Recipe(
        head=Head.TOKENS,
        prepare=prepare_prompts,
        suited=suited,
        module=PolicyModel,
        assemble=policy_runs.assemble,
        finish=policy_runs.finish,
        rate_factor=0.1,
    ),
    Method.GRPO: Recipe(
        head=Head.TOKENS,
        prepare=prepare_prompts,
        suited=suited,
        module=partial(PolicyModel, has_value=False),
        assemble=policy_runs.assemble,
        finish=policy_runs.finish,
        rate_factor=0.1,
    ),
}
