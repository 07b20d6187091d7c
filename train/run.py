"""Everything that a run consists of while it runs; the loop and its steps work on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import nn

from curate.schemas.training_artifacts import Event
from curate.schemas.verdicts import Verdict
from curate.train.asking import Asker
from curate.train.checkpoints import CheckpointStore
from curate.train.dashboard import Reporter
from curate.train.dynamics import Dynamics
from curate.train.flops import TokenCost
from curate.train.gradients import Gradients
from curate.train.history import History
from curate.train.interrupts import Interrupts
from curate.train.intervals import Floats
from curate.train.objective import Objective
from curate.train.packing import BatchOrder
from curate.train.schedule import Timetable
from curate.train.speed import Speedometer
from curate.train.watch import Watch

if TYPE_CHECKING:
    from accelerate import Accelerator


@dataclass
class Progress:
    """How far a run is; what a checkpoint keeps of the loop itself."""

    step: int = 0
    evaluated_step: int = -1
    checkpointed_step: int = -1
    stopped: str | None = None


@dataclass(frozen=True)
class TakenStep:
    """A step whose losses (the batch's, and those of this process's items) are still on the device.

    `metrics` are means over the batch's units of what the objective measures beside the loss, as
    far as this process has seen.
    """

    number: int
    rate: float
    tokens: int
    units: int
    loss: torch.Tensor
    norm: torch.Tensor
    metrics: dict[str, torch.Tensor]
    items: list[tuple[Sequence[int], torch.Tensor]]


class Judge(Protocol):
    """The watch over a run, as the loop sees it."""

    @property
    def best_step(self) -> int:
        """The step whose weights should be kept."""
        ...

    def conclude(self, budget_exhausted: bool) -> Verdict:
        """The verdict on the whole run."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Everything that later verdicts depend on, as JSON."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`."""
        ...


@dataclass(kw_only=True)
class BaseRun:
    """What the loop works with, whatever is learnt.

    Attributes:
        budget: most tokens in a pack.
        autocast: the context in which the forward pass runs.
        cost: arithmetic of one token, for the log.
        evaluate, step: measure the model, and take one optimiser step; both are given the run.
    """

    accelerator: Accelerator
    model: nn.Module
    optimiser: torch.optim.Optimizer
    times: Timetable
    budget: int
    autocast: Callable[[], AbstractContextManager[Any]]
    max_grad_norm: float
    watch: Judge
    store: CheckpointStore
    history: History
    reporter: Reporter
    cost: TokenCost
    evaluate: Callable[[Any, Interrupts], None]
    step: Callable[[Any, Interrupts], None]
    dynamics: Dynamics = field(default_factory=Dynamics.empty)
    progress: Progress = field(default_factory=Progress)
    speed: Speedometer = field(default_factory=Speedometer)
    gradients: Gradients = field(init=False)

    def __post_init__(self) -> None:
        self.gradients = Gradients(self.model.parameters())

    @property
    def language_model(self) -> nn.Module:
        """The model that is trained, with its adapter."""
        inner = self.model.model
        assert isinstance(inner, nn.Module)
        return inner

    def tell(self, event: Event) -> None:
        """Write an event to the history and show it; only the first process does."""
        if self.accelerator.is_main_process:
            self.history.write(event)
        self.reporter.show(event)

    def kept(self) -> dict[str, Any]:
        """What the method keeps in a checkpoint beside what the loop does, as JSON."""
        return {}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """The inverse of `kept`."""


@dataclass(kw_only=True)
class Run(BaseRun):
    """A run that learns from items.

    Attributes:
        train, val: items to learn from, and to validate on.
        val_items, probe_items: the items of `val` and of `train` that evaluations measure.
        order: which items each step learns from.
        ask: has questions answered at each evaluation, and scored.
        warn: names a known failure of the method from the metrics of the validation items.
        unread: steps whose losses are still on the device.
    """

    train: Objective
    val: Objective
    val_items: Sequence[int]
    probe_items: Sequence[int]
    order: BatchOrder
    watch: Watch
    ask: Asker | None = None
    warn: Callable[[Mapping[str, Floats]], str | None] = lambda metrics: None
    unread: list[TakenStep] = field(default_factory=list)
