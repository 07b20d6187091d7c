"""How runs over preferences are prepared, begun and ended: DPO, and the reward model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from curate.schemas.options.preferences import DpoLoss, Reference
from curate.schemas.options.train import Adapter, TrainOptions
from curate.schemas.preference_report import PreferenceReport
from curate.schemas.turns import Example
from curate.train.datasets import TrainingData
from curate.train.decisions import Decisions
from curate.train.dpo import PreferenceObjective
from curate.train.evaluating import measure_examples
from curate.train.forward import PackReader, unwrapped
from curate.train.intervals import Floats
from curate.train.pair_batches import PairItems
from curate.train.pairing import as_pairs
from curate.train.pairs import Pair, render_pairs
from curate.train.preference_report import report_on_dpo, report_on_rewards, sentences
from curate.train.recipe import Rendered
from curate.train.reference import precompute
from curate.train.reward import RewardObjective
from curate.writing import write_json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from curate.train.run import Run

REPORT_NAME = "preferences.json"


def prepare_pairs(
    data: TrainingData, tokenizer: PreTrainedTokenizerBase, options: TrainOptions
) -> Rendered:
    """Preferences as pairs; judged answers are paired first.

    Raises:
        UserError: the rows are no preferences, or too many pairs cannot be learnt from.
    """
    train = as_pairs(data.train, str(data.train_path))
    val = as_pairs(data.val, str(data.val_path))
    data = replace(data, train=train.examples, val=val.examples)
    pairs, report = render_pairs(data.train, tokenizer, options)
    val_pairs, _ = render_pairs(data.val, tokenizer, options)
    notes = tuple(line for line in (train.describe(),) if line)
    return Rendered(data, pairs, val_pairs, report, notes)


def preference_objective(
    items: Sequence[Pair], module: PackReader, options: TrainOptions
) -> PreferenceObjective:
    """Pairs to prefer one side of."""
    return PreferenceObjective(items, options, packed=module.plan.packed)


def reward_objective(
    items: Sequence[Pair], module: PackReader, options: TrainOptions
) -> RewardObjective:
    """Pairs whose chosen side is to get the higher reward."""
    padding = unwrapped(module.model).config.get_text_config().pad_token_id
    return RewardObjective(items, options, packed=module.plan.packed, padding=padding)


def begin_dpo(run: Run, options: TrainOptions, decisions: Decisions) -> None:
    """Choose where the reference comes from, and compute it where it is to be known beforehand.

    Raises:
        UserError: options that exclude each other.
    """
    full = options.adapter is Adapter.FULL
    if options.label_smoothing and options.dpo_loss is not DpoLoss.SIGMOID:
        raise UserError("--label-smoothing is only defined for --dpo-loss sigmoid")
    if full and options.reference is Reference.LIVE:
        raise UserError(
            "--reference live turns the adapter off, and --adapter full has none; leave it at auto"
        )
    once = run.times.total <= run.times.per_epoch
    live = options.reference is Reference.LIVE or (
        options.reference is Reference.AUTO and once and not full
    )
    if live:
        decisions.note("reference: the model with its adapter turned off, at each step")
        return
    assert isinstance(run.train, PreferenceObjective)
    assert isinstance(run.val, PreferenceObjective)
    steps = range(min(run.times.total, run.times.per_epoch))
    used = {i for step in steps for i in run.order.batch(step)} | set(run.probe_items)
    decisions.note("reference: log-probabilities computed once, before the first step")
    for objective, items in ((run.train, sorted(used)), (run.val, range(len(run.val.pairs)))):
        objective.reference = precompute(
            run.model,
            objective,
            items,
            budget=run.budget,
            accelerator=run.accelerator,
            autocast=run.autocast,
        )


def answers_to_chosen(examples: Sequence[Example]) -> Sequence[Example]:
    """Preference examples as conversations that end with the chosen answer."""
    asked = []
    for e in examples:
        if e.chosen and e.chosen[-1].role == "assistant" and e.messages:
            messages = (*e.messages, *e.chosen)
            update = {
                "messages": messages,
                "learnt": (len(messages) - 1,),
                "chosen": None,
                "rejected": None,
            }
            asked.append(e.model_copy(update=update))
    return asked


def finish_dpo(run: Run, folder: Path) -> tuple[str, ...]:
    """Measure all held-out pairs, and write `preferences.json`."""
    assert isinstance(run.val, PreferenceObjective)
    metrics = _held_out(run, run.val)
    beta = run.val.options.beta
    return _told(run, folder, report_on_dpo(metrics, _lengths(run.val), run.watch.best_step, beta))


def finish_reward(run: Run, folder: Path) -> tuple[str, ...]:
    """Measure all held-out pairs, and write `preferences.json`."""
    assert isinstance(run.val, RewardObjective)
    metrics = _held_out(run, run.val)
    return _told(run, folder, report_on_rewards(metrics, _lengths(run.val), run.watch.best_step))


def _held_out(run: Run, val: PairItems) -> dict[str, Floats]:
    """What the objective measures of every held-out pair; all processes take part."""
    metrics: dict[str, Floats] = {}
    measure_examples(
        run.model,
        run.val,
        range(len(val.pairs)),
        budget=run.budget,
        accelerator=run.accelerator,
        autocast=run.autocast,
        metrics=metrics,
    )
    return metrics


def _lengths(val: PairItems) -> NDArray[np.int64]:
    return np.array(
        [(p.chosen.learnt_count, p.rejected.learnt_count) for p in val.pairs], dtype=np.int64
    )


def _told(run: Run, folder: Path, report: PreferenceReport) -> tuple[str, ...]:
    if run.accelerator.is_main_process:
        write_json(folder / REPORT_NAME, report.model_dump(mode="json"))
    return sentences(report)
