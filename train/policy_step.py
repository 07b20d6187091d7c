"""One step of PPO or GRPO: draw answers, have them rewarded, and learn from them in a few passes.

Everything random in a step follows from the run's seed and the step's number, so a step that was
interrupted before its first update can be taken again, and is the same.

Shapes: N answers of a step; L tokens of some of them, one after another.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from curate.schemas.options.train import Method
from curate.schemas.training_artifacts import StepEvent
from curate.train.advantages import (
    generalised_advantages,
    group_advantages,
    token_rewards,
    whitened,
)
from curate.train.interrupts import Interrupted, Interrupts
from curate.train.packing import pack, plan_step
from curate.train.policy_losses import policy_loss, reference_divergence, value_loss
from curate.train.policy_run import PolicyRun
from curate.train.rollouts import Rollouts
from curate.train.state import random_state, set_random_state

# The passes over a step's answers end once the policy has moved further than this from the one
# that wrote them, in nats a token: what it would learn from them then no longer holds.
_LARGEST_MOVE = 0.05
_DRAWS, _ORDER = 7, 11


@dataclass
class _Sums:
    """What is logged of a step's updates."""

    updates: int = 0
    tokens: int = 0
    loss: float = 0.0
    norm: float = 0.0
    totals: dict[str, float] = field(default_factory=dict)

    def add(self, **totals: torch.Tensor) -> None:
        for name, value in totals.items():
            self.totals[name] = self.totals.get(name, 0.0) + float(value)

    def means(self) -> dict[str, float]:
        return {name: value / max(self.tokens, 1) for name, value in self.totals.items()}


@dataclass(frozen=True)
class _Lesson:
    """What is to be learnt of the N answers: [L] tensors over all their tokens."""

    advantages: torch.Tensor
    returns: torch.Tensor | None
    explained: float | None


def policy_step(run: PolicyRun, interrupts: Interrupts) -> None:
    """One step; interrupted while answers are drawn, it leaves everything as it was.

    Once the first update is made it runs to its end: the passes are short beside the drawing.
    """
    step, begun = run.progress.step, time.perf_counter()
    before = random_state()
    try:
        rollouts = _draw(run, step, interrupts)
    except Interrupted:
        set_random_state(before)
        raise
    rate = run.times.rate(step)
    for group in run.optimiser.param_groups:
        group["lr"] = rate * group.get("rate_factor", 1.0)
    lesson = _lesson(run, rollouts)
    coef, sums = run.controller.coef, _Sums()
    run.model.train()
    for epoch in range(run.options.rollout_epochs):
        rng = np.random.default_rng([run.options.seed, _ORDER, step, epoch])
        order = rng.permutation(len(rollouts.answers))
        moved = 0.0
        for numbers in np.array_split(order, min(run.options.minibatches, len(order))):
            moved = max(moved, _update(run, rollouts, lesson, sorted(numbers.tolist()), sums))
        if moved > _LARGEST_MOVE:
            break
    divergence = float(rollouts.sums(rollouts.logps - rollouts.references).mean())
    run.controller.update(divergence)
    run.progress.step = step + 1
    tokens = sum(len(s) for s in rollouts.samples)
    run.speed.add(time.perf_counter() - begun, tokens, sum(rollouts.lengths))
    _tell(run, rollouts, lesson, sums, coef=coef, rate=rate, divergence=divergence)


def _draw(run: PolicyRun, step: int, interrupts: Interrupts) -> Rollouts:
    return run.roll(
        [run.prompts[i] for i in run.order.batch(step)],
        draws=run.options.answers_per_prompt,
        seed=seed_of(run.options.seed, _DRAWS, step),
        budget=run.budget,
        scale=run.scale,
        check=interrupts.check,
    )


def seed_of(*numbers: int) -> int:
    """A seed for torch, from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _lesson(run: PolicyRun, rollouts: Rollouts) -> _Lesson:
    """Advantages (and returns) of all tokens; float64 until they are done."""
    options, mask = run.options, rollouts.mask
    scores = torch.from_numpy(rollouts.scores)
    if options.method is Method.GRPO:
        each = group_advantages(scores, options.answers_per_prompt)
        advantages = each.repeat_interleave(torch.tensor(rollouts.lengths))
        return _Lesson(advantages.float(), None, None)
    assert rollouts.values is not None
    values = rollouts.table(rollouts.values)
    log_ratio = rollouts.table(rollouts.logps - rollouts.references)
    rewards = token_rewards(scores, log_ratio, mask, run.controller.coef)
    advantages, returns = generalised_advantages(
        rewards, values, mask, gamma=options.gamma, lam=options.gae_lambda
    )
    spread = float(returns[mask].var()) if int(mask.sum()) > 1 else 0.0
    missed = float((returns - values)[mask].var()) if spread else 0.0
    return _Lesson(
        whitened(advantages, mask)[mask].float(),
        returns[mask].float(),
        1.0 - missed / spread if spread else None,
    )


def _update(
    run: PolicyRun, rollouts: Rollouts, lesson: _Lesson, numbers: Sequence[int], sums: _Sums
) -> float:
    """One optimiser update from some answers; returns how far the policy had moved before it.

    The loss is a sum over tokens, divided by the tokens of the minibatch, whatever packs it was
    cut into.
    """
    tokens = sum(rollouts.lengths[i] for i in numbers)
    moved = loss = 0.0
    lengths = [len(s) for s in rollouts.samples]
    for members in plan_step(lengths, numbers, run.budget)[0]:
        share = run.policy.plan.packed
        row = pack(rollouts.samples, members, share=share).to(run.accelerator.device)
        at = rollouts.tokens_of(members)
        with run.autocast():
            said = run.policy(row)
        total, distance = _loss(run, rollouts, lesson, at, said.logps, said.values, sums)
        run.accelerator.backward(total / tokens)
        loss += float(total.detach()) / tokens
        moved += distance / tokens
    norm = run.gradients.clip(run.max_grad_norm)
    if math.isfinite(loss) and bool(torch.isfinite(norm)):
        run.optimiser.step()
    else:
        run.progress.stopped = f"the loss of step {run.progress.step + 1} is not a number"
    run.gradients.clear()
    sums.updates, sums.tokens = sums.updates + 1, sums.tokens + tokens
    sums.loss, sums.norm = sums.loss + loss, sums.norm + float(norm)
    return moved


def _loss(
    run: PolicyRun,
    rollouts: Rollouts,
    lesson: _Lesson,
    at: torch.Tensor,
    logps: torch.Tensor,
    values: torch.Tensor | None,
    sums: _Sums,
) -> tuple[torch.Tensor, float]:
    """The summed loss of a pack's L tokens, which stand at `at`, and how far the policy has moved."""
    options, device = run.options, logps.device
    old = rollouts.logps[at].to(device)
    losses, clipped = policy_loss(logps, old, lesson.advantages[at].to(device), options.clip_range)
    total = losses.sum()
    with torch.no_grad():
        moved = reference_divergence(old, logps.detach()).sum()
        sums.add(clipped=clipped.sum(), moved=moved)
    if options.method is Method.GRPO:
        reference = rollouts.references[at].to(device)
        total = total + run.controller.coef * reference_divergence(logps, reference).sum()
    elif values is not None and lesson.returns is not None and rollouts.values is not None:
        errors, held = value_loss(
            values,
            rollouts.values[at].to(device),
            lesson.returns[at].to(device),
            options.value_clip,
        )
        total = total + options.value_coef * errors.sum()
        sums.add(value_loss=errors.sum().detach(), value_clipped=held.sum())
    return total, float(moved)


def _tell(
    run: PolicyRun,
    rollouts: Rollouts,
    lesson: _Lesson,
    sums: _Sums,
    *,
    coef: float,
    rate: float,
    divergence: float,
) -> None:
    answers, tokens = len(rollouts.answers), sum(rollouts.lengths)
    metrics = {
        "reward": float(rollouts.scores.mean()),
        "kl": divergence,
        "kl_coef": coef,
        "entropy": float(rollouts.entropies.double().mean()),
        "answer_tokens": tokens / answers,
        "ended": sum(a.ended for a in rollouts.answers) / answers,
        "updates": float(sums.updates),
        **sums.means(),
    }
    if lesson.explained is not None:
        metrics["explained_variance"] = lesson.explained
    run.tell(
        StepEvent(
            step=run.progress.step,
            epoch=run.times.epoch(run.progress.step),
            loss=sums.loss / max(sums.updates, 1),
            learning_rate=rate,
            gradient_norm=sums.norm / max(sums.updates, 1),
            tokens=sum(len(s) for s in rollouts.samples),
            learnt_tokens=tokens,
            metrics=metrics,
        )
    )
