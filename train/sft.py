"""Supervised fine-tuning: the negative log-likelihood of each learnt token."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
from torch import nn

from curate.train.objective import Measured, exact_dtype
from curate.train.packing import Pack, pack
from curate.train.samples import Sample


class SupervisedObjective:
    """Samples to imitate; units are learnt tokens. The model is a `curate.train.forward.TokenLosses`."""

    unit = "token"
    metric: tuple[str, str] | None = None

    def __init__(self, samples: Sequence[Sample], *, share_prefixes: bool = True) -> None:
        self.samples = samples
        self.share_prefixes = share_prefixes
        self.lengths: Sequence[int] = [len(s) for s in samples]
        self.units: Sequence[int] = [s.learnt_count for s in samples]
        self.learnt: Sequence[int] = self.units
        self.examples: Sequence[int] = [s.example for s in samples]
        self.names: Sequence[str] = [
            hashlib.sha256(s.ids.tobytes()).hexdigest()[:16] for s in samples
        ]

    def batch(self, items: Sequence[int], *, learn: bool = True) -> Pack:
        """The samples in one row."""
        return pack(self.samples, items, learn=learn, share=self.share_prefixes)

    def measure(self, model: nn.Module, batch: Pack) -> Measured:
        """Losses and top-1 hits, summed over each sample's learnt tokens."""
        nll, hits = model(batch)
        exact = exact_dtype(nll)
        losses = torch.zeros(len(batch.samples), dtype=exact, device=nll.device)
        counts = torch.zeros(len(batch.samples), dtype=torch.int64, device=nll.device)
        return Measured(
            losses=losses.index_add(0, batch.owner, nll.to(exact)),
            hits=counts.index_add(0, batch.owner, hits.to(torch.int64)),
        )
