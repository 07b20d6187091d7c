"""How long to train, how fast, and when to measure: all functions of the step alone.

A resumed run therefore continues exactly where it stopped, without any state of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from curate.schemas.options.train import Adapter, Schedule, TrainOptions

# Evaluating costs a forward pass, training three of them (two for LoRA, whose frozen weights
# need no gradients): at most this share of the training time goes into evaluations...
_EVALUATION_SHARE = 0.15
# ... but a verdict needs a few of them.
_FEWEST_EVALUATIONS = 5
# Peak learning rate of a full update at a width of 2,000, and how it falls with the width.
# LoRA's optimum is about ten times that of full fine-tuning (Schulman et al. 2025, "LoRA Without
# Regret"; the exponent is the one fitted there for Llama models).
_FULL_RATE, _LORA_FACTOR, _REFERENCE_WIDTH, _WIDTH_EXPONENT = 5e-5, 10.0, 2000, 0.781


@dataclass(frozen=True)
class Timetable:
    """The steps of a run.

    Attributes:
        total: optimiser steps.
        per_epoch: optimiser steps in which every item is seen once.
        evaluate_every, checkpoint_every: steps between them.
        warmup: steps in which the learning rate rises.
        peak: the highest learning rate.
        schedule: how it falls afterwards.
    """

    total: int
    per_epoch: int
    evaluate_every: int
    checkpoint_every: int
    warmup: int
    peak: float
    schedule: Schedule

    def rate(self, step: int) -> float:
        """Learning rate of the 0-based step: linear warm-up, then the schedule down to zero."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.total - self.warmup)
        if self.schedule is Schedule.COSINE:
            return self.peak * 0.5 * (1.0 + math.cos(math.pi * done))
        if self.schedule is Schedule.LINEAR:
            return self.peak * (1.0 - done)
        return self.peak

    def evaluates_at(self, step: int) -> bool:
        """Whether the weights after `step` steps are measured; the first and the last always are."""
        return step % self.evaluate_every == 0 or step == self.total

    def checkpoints_at(self, step: int) -> bool:
        """Whether a checkpoint is written after `step` steps."""
        return step > 0 and (step % self.checkpoint_every == 0 or step == self.total)

    def epoch(self, step: int) -> float:
        """Passes over the training set after `step` steps."""
        return step / self.per_epoch


def timetable(
    options: TrainOptions,
    *,
    items: int,
    measured_items: int,
    width: int,
    rate_factor: float = 1.0,
) -> Timetable:
    """The timetable of a run.

    Args:
        options: what the user asked for.
        items: items of the training set.
        measured_items: items of validation set and probe together.
        width: the model's hidden size, from which an unset learning rate follows.
        rate_factor: the method's own factor on an unset learning rate.
    """
    per_epoch = -(-items // options.batch_size)
    total = max(1, math.ceil(options.epochs * per_epoch))
    if options.max_steps is not None:
        total = min(total, options.max_steps)
    if options.eval_every is not None:
        every = options.eval_every
    else:
        passes = 3.0 if options.adapter is Adapter.FULL else 2.0
        cheap = math.ceil(measured_items / (options.batch_size * passes * _EVALUATION_SHARE))
        every = max(1, min(cheap, total // _FEWEST_EVALUATIONS))
    return Timetable(
        total=total,
        per_epoch=per_epoch,
        evaluate_every=every,
        checkpoint_every=options.checkpoint_every or every,
        warmup=math.ceil(options.warmup_share * total),
        peak=options.learning_rate or rate_factor * default_learning_rate(options.adapter, width),
        schedule=options.schedule,
    )


def default_learning_rate(adapter: Adapter, width: int) -> float:
    """Peak learning rate for a model of this hidden size."""
    rate = _FULL_RATE * math.pow(_REFERENCE_WIDTH / width, _WIDTH_EXPONENT)
    return rate if adapter is Adapter.FULL else rate * _LORA_FACTOR
