"""How a supervised run is prepared: answers to imitate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.schemas.turns import Example
from curate.train.datasets import TrainingData
from curate.train.forward import PackReader
from curate.train.recipe import Rendered
from curate.train.rendering import render_examples
from curate.train.samples import Sample
from curate.train.sft import SupervisedObjective
from curate.train.unanswered import refuse_unanswered

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def prepare_samples(
    data: TrainingData, tokenizer: PreTrainedTokenizerBase, options: TrainOptions
) -> Rendered:
    """Conversations and texts as samples.

    Raises:
        UserError: the rows are preferences, or too many of them cannot be learnt from.
    """
    for path, examples in ((data.train_path, data.train), (data.val_path, data.val)):
        refuse_unanswered(path, examples)
        judged = sum(e.kind in ("preference", "unpaired") for e in examples)
        if 2 * judged > len(examples):
            raise UserError(
                f"{path}: {judged:,} of {len(examples):,} rows are preferences, which are learnt "
                "from with --method dpo, or reward for a model that scores answers"
            )
    limits: dict[str, Any] = {
        "max_length": options.max_length,
        "over_length": options.over_length,
        "max_lost_share": options.max_lost_share,
    }
    samples, report = render_examples(data.train, tokenizer, **limits)
    val_samples, _ = render_examples(data.val, tokenizer, **limits)
    return Rendered(data, samples, val_samples, report)


def samples_objective(
    items: Sequence[Sample], module: PackReader, options: TrainOptions
) -> SupervisedObjective:
    """Samples to imitate."""
    return SupervisedObjective(items, share_prefixes=module.plan.packed)


def conversations(examples: Sequence[Example]) -> Sequence[Example]:
    """The examples that are conversations with an answer."""
    return [e for e in examples if e.kind == "conversation" and e.learnt]
