"""One evaluation of a policy: answers to the held-out prompts, and what the watch says of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from curate.schemas.training_artifacts import EvaluationEvent, SampleEvent
from curate.train.interrupts import Interrupts
from curate.train.loop import heed
from curate.train.policy_evaluations import PolicyEvaluation, hashed
from curate.train.policy_run import PolicyRun
from curate.train.policy_step import seed_of
from curate.train.rollouts import RewardScale, Rollouts

_DRAWS = 13


def evaluate_policy(run: PolicyRun, interrupts: Interrupts) -> None:
    """Answer the held-out prompts, hear the verdict, keep the weights if they are best.

    Each prompt gets one answer, drawn as in training; the draws begin from the same seed at every
    evaluation.
    """
    progress = run.progress
    rollouts = run.roll(
        run.val_prompts,
        draws=1,
        seed=seed_of(run.options.seed, _DRAWS),
        budget=run.budget,
        scale=run.scale,
        check=interrupts.check,
    )
    if progress.step == 0 and not run.roll.reward.has_scale:
        run.scale = RewardScale.of(rollouts.rewards)
        run.reporter.say(
            f"rewards: less {run.scale.mean:.3g}, over {run.scale.deviation:.3g}, which makes those "
            "of the answers before training 0 on average, with a deviation of 1"
        )
        rewards = run.scale(rollouts.rewards)
        penalty = rollouts.scores - rollouts.rewards
        rollouts = replace(rollouts, rewards=rewards, scores=rewards + penalty)
    evaluation = _evaluation(run, rollouts)
    if speed := run.speed.event(progress.step, run.cost, run.accelerator):
        run.tell(speed)
    verdict = run.watch.observe(evaluation)
    progress.evaluated_step = progress.step
    run.tell(
        EvaluationEvent(
            step=progress.step,
            epoch=evaluation.epoch,
            val_loss=None,
            probe_loss=None,
            verdict=verdict,
            metrics=evaluation.metrics(),
        )
    )
    shown = zip(rollouts.prompts, rollouts.answers, strict=True)
    for prompt, answer in list(shown)[: run.options.samples]:
        run.tell(
            SampleEvent(
                step=progress.step,
                prompt=prompt.question,
                expected=prompt.reference or "",
                answer=answer.text,
            )
        )
    heed(run, verdict)


def _evaluation(run: PolicyRun, rollouts: Rollouts) -> PolicyEvaluation:
    texts = [a.text for a in rollouts.answers]
    quality = run.quality(rollouts, run.roll, run.budget) if run.quality is not None else None
    return PolicyEvaluation(
        step=run.progress.step,
        epoch=run.times.epoch(run.progress.step),
        ids=tuple(p.name for p in rollouts.prompts),
        rewards=rollouts.scores,
        kl=rollouts.sums(rollouts.logps - rollouts.references),
        entropy=rollouts.sums(rollouts.entropies),
        tokens=np.array(rollouts.lengths, dtype=np.int64),
        ended=np.array([a.ended for a in rollouts.answers], dtype=np.bool_),
        texts=hashed(texts),
        quality=quality,
        quality_name=run.quality.name if run.quality is not None else "",
    )
