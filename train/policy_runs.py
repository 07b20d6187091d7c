"""How runs that learn from a reward are prepared, begun and ended: PPO and GRPO."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.schemas.options.train import TrainOptions
from curate.schemas.training_artifacts import EvaluationEvent
from curate.train.datasets import TrainingData
from curate.train.history import read_history
from curate.train.policy_plot import reward_curve
from curate.train.policy_prompts import prompts_of
from curate.train.recipe import Rendered
from curate.writing import atomic_write

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from curate.train.run import BaseRun


def prepare_prompts(
    data: TrainingData, tokenizer: PreTrainedTokenizerBase, options: TrainOptions
) -> Rendered:
    """Conversations and preferences as prompts to answer.

    Raises:
        UserError: too many of the rows give no prompt.
    """
    prompts, report = prompts_of(data.train, tokenizer, options)
    val_prompts, _ = prompts_of(data.val, tokenizer, options)
    return Rendered(data, prompts, val_prompts, report)


def assemble(*arguments: Any) -> BaseRun:
    """The run; what it takes to make one knows the table of methods, so it is imported late."""
    from curate.train.policy_assembling import assemble_policy

    return assemble_policy(*arguments)


def finish(run: BaseRun, folder: Path) -> tuple[str, ...]:
    """Draw the reward's curve; say what became of the held-out reward."""
    if not run.accelerator.is_main_process:
        return ()
    events = read_history(folder / "history.jsonl")
    measured = [e for e in events if isinstance(e, EvaluationEvent)]
    with atomic_write(folder / "reward.svg") as file:
        file.write(reward_curve(events).encode())
    return (_told(measured, run.watch.best_step),)


def _told(measured: Sequence[EvaluationEvent], best_step: int) -> str:
    first = measured[0].metrics
    best = next(e.metrics for e in measured if e.step == best_step)
    return (
        f"Held-out reward {best.get('reward', float('nan')):.3g} (before training "
        f"{first.get('reward', float('nan')):.3g}), {max(best.get('kl', 0.0), 0.0):.2g} nats an answer from "
        f"the reference, answers of {best.get('answer_tokens', 0.0):.0f} tokens (before training "
        f"{first.get('answer_tokens', 0.0):.0f})."
    )
