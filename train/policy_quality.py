"""What the watch measures on held-out data beside the reward: is the model still good at the rest?

Where prompts come with answers that are right or wrong, a task metric on the policy's own answers;
where they come with pairs of a better and a worse answer, whether the policy finds the better one
likelier. Neither is rewarded, so both can get worse while the reward rises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from curate.contract import infer_contract
from curate.errors import UserError
from curate.schemas.contract import ContractKind
from curate.schemas.options.train import TrainOptions
from curate.train.decisions import Decisions
from curate.train.intervals import Floats
from curate.train.metrics import metrics_for
from curate.train.packing import pack, plan_step
from curate.train.pair_batches import preferred
from curate.train.pairs import Pair, render_pairs
from curate.train.policy_prompts import PolicyPrompt
from curate.train.preparing import Prepared
from curate.train.rollouts import Roller, Rollouts
from curate.train.samples import Sample

# Kinds of contract whose metrics say something of drawn answers; likeness to a free text does not.
_EXACT = frozenset(
    {ContractKind.JSON, ContractKind.LABEL, ContractKind.NUMBER, ContractKind.FINAL_ANSWER}
)


class Quality(Protocol):
    """A measure on held-out rows, higher is better."""

    @property
    def name(self) -> str:
        """What it is called in the history."""
        ...

    def __call__(self, rollouts: Rollouts, roll: Roller, budget: int) -> Floats:
        """One number for each row, the same rows each time.

        Args:
            rollouts: the policy's answers to the held-out prompts.
            roll: holds the policy.
            budget: most tokens in a pack.
        """
        ...


@dataclass(frozen=True)
class TaskQuality:
    """A task metric on the answers."""

    name: str
    score: Callable[[str, str], float]

    def __call__(self, rollouts: Rollouts, roll: Roller, budget: int) -> Floats:
        """The metric of each answer against the data's own."""
        rows = zip(rollouts.prompts, rollouts.answers, strict=True)
        return np.array([self.score(a.text, p.reference or "") for p, a in rows], dtype=np.float64)


@dataclass(frozen=True)
class PairQuality:
    """Whether the chosen answer of each pair is likelier, token by token, than the rejected one."""

    sides: Sequence[Sample]
    name: str = "preference_accuracy"

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> PairQuality:
        """From pairs: the sides stand in turn, chosen first."""
        return cls([side for pair in pairs for side in (pair.chosen, pair.rejected)])

    def __call__(self, rollouts: Rollouts, roll: Roller, budget: int) -> Floats:
        """1 where it is, 0 where it is not, and half of that where both are the same."""
        policy = roll.policy.eval()
        means = torch.zeros(len(self.sides), dtype=torch.float64)
        lengths = [len(s) for s in self.sides]
        with torch.no_grad(), roll.autocast():
            for numbers in plan_step(lengths, range(len(lengths)), budget)[0]:
                row = pack(self.sides, numbers, share=policy.plan.packed).to(roll.device)
                logps, owner = policy(row).logps.double().cpu(), row.owner.cpu()
                sums = torch.zeros(len(numbers), dtype=torch.float64).index_add(0, owner, logps)
                counts = torch.tensor([self.sides[i].learnt_count for i in numbers])
                means[torch.tensor(numbers)] = sums / counts
        margins = means.view(-1, 2)
        found: Floats = preferred(margins[:, 0] - margins[:, 1]).double().numpy()
        return found


def make_quality(
    prepared: Prepared,
    val_prompts: Sequence[PolicyPrompt],
    options: TrainOptions,
    decisions: Decisions,
) -> Quality | None:
    """What suits the validation data; None where there is nothing to compare with.

    Raises:
        UserError: a metric is asked for, but some rows have no answer to compare with.
    """
    chosen = [p.example for p in val_prompts]
    examples = [prepared.data.val[i] for i in chosen]
    if all(e.chosen is not None for e in examples) and options.metric is None:
        pairs, _ = render_pairs(
            examples, prepared.tokenizer, options.model_copy(update={"max_lost_share": 1.0})
        )
        decisions.note(f"watched, not rewarded: {len(pairs)} held-out preferences")
        return PairQuality.of(pairs) if pairs else None
    if any(p.reference is None for p in val_prompts):
        if options.metric:
            raise UserError(
                "--metric compares with the data's own answers, and some rows have none"
            )
        return None
    contract = infer_contract([p.reference for p in prepared.items if p.reference])
    if options.metric is None and contract.kind not in _EXACT:
        return None
    metric = metrics_for(contract, options.metric)[0]
    decisions.note(f"watched, not rewarded: {metric.title} ({metric.name})")
    return TaskQuality(metric.name, metric.score)
