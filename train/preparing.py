"""Data as samples: everything that can go wrong before a weight is loaded goes wrong here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.train.datasets import TrainingData, load_training_data
from curate.train.models import Base, load_tokenizer, resolve_base
from curate.train.recipe import Recipe
from curate.train.recipes import RECIPES
from curate.train.rendering_report import RenderingReport

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Prepared:
    """Data as items of a method; nothing heavier than a tokenizer has been loaded for it.

    `items` and `val_items` are what the method learns from and validates on (samples, pairs).
    """

    base: Base
    tokenizer: PreTrainedTokenizerBase
    recipe: Recipe
    data: TrainingData
    items: Sequence[Any]
    val_items: Sequence[Any]
    report: RenderingReport
    notes: tuple[str, ...] = ()


def prepare(path: Path, options: TrainOptions, splits: Path) -> Prepared:
    """Load and render the data of a run, as its method wants it.

    Raises:
        UserError: no model is named, or data or tokenizer are not usable; the message says why.
    """
    if options.model is None:
        raise UserError(
            "which model? Give --model (a hub id, a folder, a .gguf file, or package:NAME)"
        )
    data = load_training_data(path, options, splits)
    base = resolve_base(options.model)
    tokenizer = load_tokenizer(base, trust_remote_code=options.trust_remote_code)
    recipe = RECIPES[options.method]
    try:
        made = recipe.prepare(data, tokenizer, options)
    except UserError as error:
        if data.train_path.parent != splits:
            raise
        raise UserError(_in_own_file(str(error), splits, path)) from error
    return Prepared(
        base,
        tokenizer,
        recipe,
        made.data,
        made.items,
        made.val_items,
        made.report,
        made.notes,
    )


def _in_own_file(message: str, splits: Path, path: Path) -> str:
    """`message` with places in parts of the user's file as places in that file.

    A part holds copies of lines; where the file has no such line (a table, a compressed file), the
    place is left as it is.
    """
    numbers: dict[bytes, int] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        numbers.setdefault(line.strip(), number)

    def own(place: re.Match[str]) -> str:
        line = (splits / place[1]).read_bytes().splitlines()[int(place[2]) - 1]
        number = numbers.get(line.strip())
        return place[0] if number is None else f"{path}:{number}"

    return re.sub(re.escape(str(splits)) + r"[/\\](\w+\.jsonl):(\d+)", own, message)


def describe_rendering(report: RenderingReport) -> str:
    """What rendering did, in one line."""
    ways = ", ".join(f"{n:,} by {way}" for way, n in report.ways.items())
    parts = [f"data: {report.samples:,} {report.unit}s, {report.tokens:,} tokens"]
    if report.learnt_tokens:
        parts[0] += f", {report.learnt_tokens:,} of them learnt (found {ways})"
    for count, what in (
        (len(report.dropped), "too long, dropped"),
        (len(report.cut), "cut in the prompt's middle"),
        (len(report.split), "split"),
        (len(report.nothing_to_learn), "with nothing to learn"),
        (len(report.refused), "refused by the chat template"),
        (len(report.no_preference), "with two equal answers, an empty one, or two prompts"),
    ):
        if count:
            parts.append(f"{count:,} {what}")
    if report.end_token_added:
        parts.append("the template ends no turn, so EOS was added")
    return "; ".join(parts)
