"""Data as samples: everything that can go wrong before a weight is loaded goes wrong here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.train.datasets import TrainingData, load_training_data
from curate.train.models import Base, load_tokenizer, resolve_base
from curate.train.rendering import RenderingReport, Sample, render_examples

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Prepared:
    """Data as samples; nothing heavier than a tokenizer has been loaded for it."""

    base: Base
    tokenizer: PreTrainedTokenizerBase
    data: TrainingData
    samples: list[Sample]
    val_samples: list[Sample]
    report: RenderingReport


def prepare(path: Path, options: TrainOptions, splits: Path) -> Prepared:

    if options.model is None:
        raise UserError(
            "which model? Give --model (a hub id, a folder, a .gguf file, or package:NAME)"
        )
    data = load_training_data(path, options, splits)
    base = resolve_base(options.model)
    tokenizer = load_tokenizer(base, trust_remote_code=options.trust_remote_code)
    limits: dict[str, Any] = {
        "max_length": options.max_length,
        "over_length": options.over_length,
        "max_lost_share": options.max_lost_share,
    }
    samples, report = render_examples(data.train, tokenizer, **limits)
    val_samples, _ = render_examples(data.val, tokenizer, **limits)
    return Prepared(base, tokenizer, data, samples, val_samples, report)


def describe_rendering(report: RenderingReport) -> str:
    """What rendering did, in one line."""
    ways = ", ".join(f"{n:,} by {way}" for way, n in report.ways.items())
    parts = [
        f"data: {report.samples:,} samples, {report.tokens:,} tokens, "
        f"{report.learnt_tokens:,} of them learnt (found {ways})"
    ]
    for count, what in (
        (len(report.dropped), "too long, dropped"),
        (len(report.cut), "cut in the prompt's middle"),
        (len(report.split), "split"),
        (len(report.nothing_to_learn), "with nothing to learn"),
        (len(report.refused), "refused by the chat template"),
    ):
        if count:
            parts.append(f"{count:,} {what}")
    if report.end_token_added:
        parts.append("the template ends no turn, so EOS was added")
    return "; ".join(parts)
