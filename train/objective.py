"""What the loop asks of an objective (answers to imitate, preferences, rewards).

An objective holds items: whatever one optimiser step counts as an example. It lays some of them
out as a batch, and measures the model on it. Training divides the sum of the losses by the units
of the whole global batch; evaluation keeps them apart, item by item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import torch
from torch import nn


@dataclass(frozen=True)
class Measured:
    """The model's losses on one batch of I items.

    Attributes:
        losses: [I] summed over each item's units; differentiable where gradients are on.
        hits: [I] units that came out right (top-1 tokens; pairs with the chosen side ahead).
            Meaningful only under `torch.no_grad()`.
        metrics: further values, [I] each, by name; detached. A step tells their means over the
            units of the global batch, an evaluation their means over its items.
    """

    losses: torch.Tensor
    hits: torch.Tensor
    metrics: dict[str, torch.Tensor] = field(default_factory=dict)


class Batch(Protocol):
    """Items laid out for a forward pass."""

    def to(self, device: torch.device) -> Self:
        """The same batch on `device`."""
        ...


class Objective(Protocol):
    """Items, and how a model is measured on them.

    Attributes:
        unit: what losses are averaged over ("token", "pair").
        metric: which of the metrics, between 0 and 1 for each item and better when higher, is the
            task metric of the watch, and what it is called; None where there is none.
        lengths: tokens of each item; what packs are filled by.
        units: units of each item.
        learnt: tokens of each item that go through the model's head.
        examples: which example of the data each item was made from.
        names: a name for each item that is the same wherever its content is.
    """

    unit: str
    metric: tuple[str, str] | None
    lengths: Sequence[int]
    units: Sequence[int]
    learnt: Sequence[int]
    examples: Sequence[int]
    names: Sequence[str]

    def batch(self, items: Sequence[int], *, learn: bool = True) -> Batch:
        """These items laid out for one forward pass; with `learn=False`, of no weight."""
        ...

    def measure(self, model: nn.Module, batch: Any) -> Measured:
        """The model's losses on a batch that `batch` made."""
        ...


def exact_dtype(values: torch.Tensor) -> torch.dtype:
    """The dtype to sum `values` in: gradients need float32 only; evaluations are compared."""
    differentiable = torch.is_grad_enabled() or values.device.type == "mps"
    return values.dtype if differentiable else torch.float64
