"""Pairs as items of the loop: both sides of each stand in a row, their prompt once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from curate.train.packing import Pack, pack
from curate.train.pairs import Pair


@dataclass(frozen=True)
class PairBatch:
    """I pairs laid out for a forward pass.

    Attributes:
        packs: rows with the pairs' sides, chosen before rejected, in the pairs' order; one row,
            or one for each side where the model allows no packing.
        items: the pairs' numbers.
        weight: 1, or 0 for a batch that only takes part.
        margins: [I] float32, by how much the chosen side is better where the data says so, else 0.
    """

    packs: tuple[Pack, ...]
    items: tuple[int, ...]
    weight: float
    margins: torch.Tensor

    def to(self, device: torch.device) -> PairBatch:
        """The same batch on `device`."""
        packs = tuple(p.to(device) for p in self.packs)
        return PairBatch(packs, self.items, self.weight, self.margins.to(device))


class PairItems:
    """What every objective over pairs has in common; an item is a pair, and so is a unit."""

    unit = "pair"
    metric: tuple[str, str] | None = ("accuracy", "preference accuracy")

    def __init__(
        self, pairs: Sequence[Pair], *, packed: bool = True, padding: int | None = None
    ) -> None:
        self.pairs = pairs
        self.packed = packed
        self.padding = padding
        self._sides = [s for p in pairs for s in (p.chosen, p.rejected)]
        self.lengths: Sequence[int] = [
            len(p) if packed else len(p.chosen) + len(p.rejected) for p in pairs
        ]
        self.units: Sequence[int] = [1] * len(pairs)
        self.learnt: Sequence[int] = [p.learnt_count for p in pairs]
        self.examples: Sequence[int] = [p.example for p in pairs]
        self.names: Sequence[str] = [
            hashlib.sha256(p.chosen.ids.tobytes() + b"|" + p.rejected.ids.tobytes()).hexdigest()[
                :16
            ]
            for p in pairs
        ]

    def batch(self, items: Sequence[int], *, learn: bool = True) -> PairBatch:
        """These pairs, each prompt laid out once for both sides where packing is on."""
        sides = [side for i in items for side in (2 * i, 2 * i + 1)]
        rows = [sides] if self.packed else [[side] for side in sides]
        return PairBatch(
            packs=tuple(
                pack(self._sides, row, learn=learn, share=self.packed, padding=self.padding)
                for row in rows
            ),
            items=tuple(int(i) for i in items),
            weight=1.0 if learn else 0.0,
            margins=torch.tensor([self.pairs[i].margin or 0.0 for i in items]),
        )


def apart(sides: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """[2I] values of the sides of I pairs as those of the chosen and of the rejected ones."""
    return sides[0::2], sides[1::2]


def preferred(margins: torch.Tensor) -> torch.Tensor:
    """1 where the chosen side is ahead, 0 where it is behind, 1/2 where neither is."""
    return 0.5 * (1.0 + torch.sign(margins))
