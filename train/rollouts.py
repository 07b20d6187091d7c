"""Answers that the policy has drawn, what they are worth, and what policy and reference say of them.

Shapes: N answers; L tokens of all answers, one after another in the answers' order, each answer's
end token among them; T tokens of the longest answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from curate.train.attention import usual_attention
from curate.train.decoding import Recorder
from curate.train.forward import unwrapped
from curate.train.generating import Answer, Sampler, answer_prompts
from curate.train.intervals import Floats
from curate.train.packing import pack, plan_step
from curate.train.policy import PolicyModel, ReferencePolicy
from curate.train.policy_prompts import PolicyPrompt
from curate.train.rewards import Reward
from curate.train.samples import Sample, Way

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class RewardScale:
    """Rewards minus `mean`, over `deviation`: what makes those of a model comparable with a nat."""

    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def of(cls, rewards: Floats) -> RewardScale:
        """That of `rewards`; a deviation of nothing is left alone."""
        deviation = float(rewards.std())
        return cls(float(rewards.mean()), deviation if deviation > 1e-6 else 1.0)

    def __call__(self, rewards: Floats) -> Floats:
        """Scaled rewards, [N]."""
        return (rewards - self.mean) / self.deviation


@dataclass
class Rollouts:
    """N answers with L tokens.

    Attributes:
        prompts: what each answers.
        answers: the answers themselves.
        samples: prompt and answer as the model reads them; the answer's tokens are the learnt ones.
        rewards: [N] what the reward says, scaled.
        scores: [N] the same, less the penalty for answers that had to be cut.
        logps, references, entropies: [L] float32 on the CPU: under the policy, under the
            reference, and of the policy's distribution.
        values: [L], where there is a value head.
    """

    prompts: list[PolicyPrompt]
    answers: list[Answer]
    samples: list[Sample]
    rewards: Floats
    scores: Floats
    logps: torch.Tensor
    references: torch.Tensor
    entropies: torch.Tensor
    values: torch.Tensor | None

    @property
    def lengths(self) -> list[int]:
        """Tokens of each answer, its end token among them."""
        return [s.learnt_count for s in self.samples]

    @property
    def mask(self) -> torch.Tensor:
        """[N, T] bool: which places of a table of answers hold a token."""
        lengths = torch.tensor(self.lengths)
        return torch.arange(int(lengths.max()))[None] < lengths[:, None]

    def table(self, flat: torch.Tensor) -> torch.Tensor:
        """[L] values of tokens as [N, T] float64, zero where there is none."""
        mask = self.mask
        out = torch.zeros(mask.shape, dtype=torch.float64)
        out[mask] = flat.double()
        return out

    def sums(self, flat: torch.Tensor) -> Floats:
        """[L] values of tokens summed over each answer, [N]."""
        return cast(Floats, self.table(flat).sum(dim=1).numpy())

    def tokens_of(self, numbers: Sequence[int]) -> torch.Tensor:
        """Where the tokens of these answers stand among the L, in the answers' order."""
        ends = np.cumsum(self.lengths)
        starts = ends - self.lengths
        return torch.from_numpy(np.concatenate([np.arange(starts[i], ends[i]) for i in numbers]))


@dataclass(frozen=True)
class Roller:
    """Draws answers, has them rewarded, and measures them.

    Attributes:
        policy, reference: what writes, and what it is compared with.
        tokenizer: the policy's.
        reward: of an answer.
        max_new_tokens: where an answer is cut.
        penalty: taken off the reward of an answer that was cut.
        autocast: the context in which packs go through the models.
        device: where they do.
        record: of the passes that draw, over the whole run; chosen by the device without it.
    """

    policy: PolicyModel
    reference: ReferencePolicy
    tokenizer: PreTrainedTokenizerBase
    reward: Reward
    max_new_tokens: int
    penalty: float
    autocast: Callable[[], AbstractContextManager[Any]]
    device: torch.device
    record: Recorder | None = None

    def __call__(
        self,
        prompts: Sequence[PolicyPrompt],
        *,
        draws: int,
        seed: int,
        budget: int,
        scale: RewardScale,
        check: Callable[[], None] = lambda: None,
    ) -> Rollouts:
        """`draws` answers to each prompt; those to one prompt stand together.

        Args:
            prompts: what is answered.
            draws: answers to each.
            seed: of the draws; the same seed and weights give the same answers.
            budget: most tokens in a pack.
            scale: what rewards are scaled by.
            check: called between batches; what it raises ends everything.
        """
        answers = self._draw(prompts, draws, seed, check)
        asked = [p for p in prompts for _ in range(draws)]
        samples = [_sample(p, a) for p, a in zip(asked, answers, strict=True)]
        rewards = scale(self.reward(asked, [a.text for a in answers]))
        cut = np.array([not a.ended for a in answers])
        rollouts = Rollouts(
            asked, answers, samples, rewards, rewards - self.penalty * cut, *_nothing(samples)
        )
        self._measure(rollouts, budget, check)
        return rollouts

    def _draw(
        self, prompts: Sequence[PolicyPrompt], draws: int, seed: int, check: Callable[[], None]
    ) -> list[Answer]:
        generator = torch.Generator(self.device).manual_seed(seed)
        copies = self.policy.copies
        # The weights stay as they are while answers are written: one cast does for all tokens.
        cast_once = copies.fresh() if copies is not None else nullcontext()
        with cast_once, usual_attention(unwrapped(self.policy.model)):
            return answer_prompts(
                cast("PreTrainedModel", self.policy.model),
                self.tokenizer,
                [p.ids for p in prompts],
                max_new_tokens=self.max_new_tokens,
                sampler=Sampler(generator, self.policy.temperature),
                draws=draws,
                on_answers=lambda count: check(),
                record=self.record,
            )

    @torch.no_grad()
    def _measure(self, rollouts: Rollouts, budget: int, check: Callable[[], None]) -> None:
        """Fill in what policy and reference say, measured as the updates will measure it."""
        self.policy.eval()
        lengths = [len(s) for s in rollouts.samples]
        for numbers in plan_step(lengths, range(len(lengths)), budget)[0]:
            check()
            share = self.policy.plan.packed
            row = pack(rollouts.samples, numbers, share=share).to(self.device)
            at = rollouts.tokens_of(numbers)
            with self.autocast():
                said = self.policy(row, entropies=True)
                with self.reference.use() as reference:
                    rollouts.references[at] = reference(row).logps.cpu()
            rollouts.logps[at] = said.logps.cpu()
            rollouts.entropies[at] = said.entropies.cpu()
            if said.values is not None:
                if rollouts.values is None:
                    rollouts.values = torch.zeros_like(rollouts.logps)
                rollouts.values[at] = said.values.cpu()


def _nothing(
    samples: Sequence[Sample],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, None]:
    total = sum(s.learnt_count for s in samples)
    return torch.zeros(total), torch.zeros(total), torch.zeros(total), None


def _sample(prompt: PolicyPrompt, answer: Answer) -> Sample:
    """Prompt and answer as one sample, of which the answer and its end are learnt."""
    written = [*answer.ids, *((answer.end_id,) if answer.end_id is not None else ())]
    ids = np.array([*prompt.ids, *written], dtype=np.int32)
    learnt = np.arange(len(ids)) >= len(prompt.ids)
    return Sample(ids, learnt, prompt.example, Way.PREFIX)
