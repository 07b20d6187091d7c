"""What a training method consists of; `curate.train.recipes` is the table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from torch import nn

from curate.schemas.options.train import TrainOptions
from curate.schemas.turns import Example
from curate.train.datasets import TrainingData
from curate.train.decisions import Decisions
from curate.train.forward import ForwardPlan, PackReader
from curate.train.intervals import Floats
from curate.train.lora import Copies
from curate.train.models import Head
from curate.train.objective import Objective
from curate.train.rendering_report import RenderingReport

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from curate.train.run import BaseRun, Run


class Item(Protocol):
    """One thing to learn from: a sample, a pair, a prompt."""

    @property
    def example(self) -> int:
        """Number of the example it was made from."""
        ...

    @property
    def highest_id(self) -> int:
        """The largest of its token ids."""
        ...

    def __len__(self) -> int:
        """Tokens of a row that holds it alone."""
        ...


@dataclass(frozen=True)
class Rendered:
    """Data as items of a method.

    Attributes:
        data: the examples that the items were made from.
        items, val_items: to learn from, and to validate on.
        report: what rendering did to the training examples.
        notes: what else was decided, for the log.
    """

    data: TrainingData
    items: Sequence[Any]
    val_items: Sequence[Any]
    report: RenderingReport
    notes: tuple[str, ...] = ()


class MakeObjective(Protocol):
    """Makes a method's objective from its items, for the module that is trained."""

    def __call__(
        self, items: Sequence[Any], module: PackReader, options: TrainOptions
    ) -> Objective: ...


class FindPlan(Protocol):
    """Finds which forward passes suit a model."""

    def __call__(self, model: nn.Module, *, want_packing: bool = True) -> ForwardPlan: ...


def _nothing_to_begin(run: Run, options: TrainOptions, decisions: Decisions) -> None:
    return


def _nothing_to_warn_of(metrics: Mapping[str, Floats]) -> str | None:
    return None


def _nothing_to_add(run: BaseRun, folder: Path) -> tuple[str, ...]:
    return ()


def _nothing_to_ask(examples: Sequence[Example]) -> Sequence[Example]:
    return ()


@dataclass(frozen=True)
class Recipe:
    """One method: its data, its model, its objective, and what it does at the run's two ends.

    Attributes:
        head: what stands on the model's last layer.
        prepare: examples → items, or UserError where the data is not of the method's kind.
        suited: which forward passes suit a model.
        module: wraps the model; accelerate sees this, and the objective calls it.
        objective: items → what the loop measures; None where a method assembles its own run.
        assemble: makes the run, with an evaluation and a step of its own; the arguments are those
            of `curate.train.assembling.assemble`, which does it for all others.
        rate_factor: the learning rate that is chosen where none is given, as a multiple of that
            of supervised fine-tuning.
        begin: measures what has to be measured with untouched weights; called before the first
            step, and before the weights of a resumed run are loaded.
        warn: names a known failure from the metrics of the validation items.
        finish: writes what the method adds to the run folder, with the best weights in place;
            returns lines for the closing words.
        asked: the examples whose prompts the model is asked at evaluations, as conversations.
    """

    head: Head
    prepare: Callable[[TrainingData, PreTrainedTokenizerBase, TrainOptions], Rendered]
    suited: FindPlan
    module: Callable[[nn.Module, ForwardPlan, Copies | None], PackReader]
    objective: MakeObjective | None = None
    assemble: Callable[..., BaseRun] | None = None
    rate_factor: float = 1.0
    begin: Callable[[Run, TrainOptions, Decisions], None] = _nothing_to_begin
    warn: Callable[[Mapping[str, Floats]], str | None] = _nothing_to_warn_of
    finish: Callable[[Any, Path], tuple[str, ...]] = _nothing_to_add
    asked: Callable[[Sequence[Example]], Sequence[Example]] = _nothing_to_ask
