"""What the loop asks of an objective (supervised fine-tuning now; preferences the same way).

An objective holds items: whatever one optimiser step counts as an example. It lays some of them
out as a batch, and measures the model on it. Training divides the sum of the losses by the units
of the whole global batch; evaluation keeps them apart, item by item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import nn

from curate.train.packing import Pack


@dataclass(frozen=True)
class Measured:
    """The model's losses on one batch of I items.

    Attributes:
        losses: [I] summed over each item's units; differentiable where gradients are on.
        hits: [I] units that came out right (top-1 tokens; pairs with the chosen side ahead).
            Meaningful only under `torch.no_grad()`.
        metrics: further sums over the batch, by name.
    """

    losses: torch.Tensor
    hits: torch.Tensor
    metrics: dict[str, torch.Tensor] = field(default_factory=dict)


class Objective(Protocol):
    """Items, and how a model is measured on them.

    Attributes:
        unit: what losses are averaged over ("token", "pair").
        lengths: tokens of each item; what packs are filled by.
        units: units of each item.
        examples: which example of the data each item was made from.
        names: a name for each item that is the same wherever its content is.
    """

    unit: str
    lengths: Sequence[int]
    units: Sequence[int]
    examples: Sequence[int]
    names: Sequence[str]

    def batch(self, items: Sequence[int], *, learn: bool = True) -> Pack:
        """These items laid out for one forward pass; with `learn=False`, of no weight."""
        ...

    def measure(self, model: nn.Module, batch: Pack) -> Measured:
        """The model's losses on a batch."""
        ...
