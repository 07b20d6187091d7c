"""`dynamics.parquet`: the loss of every training example each time it was learnt from.

Swayamdipta et al. 2020 (arXiv 2009.10795): examples whose answer stays improbable over the epochs
are often mislabelled, those that vary most teach most. The losses cost nothing here, since each
step computes its examples' losses apart. They are taken just before the step's update, in training
mode; evaluations add the losses of the validation rows and of the train probe, in eval mode.

Columns: `split` ("train", "probe" or "val"), `path` and `line` of the example, `step` (optimiser
steps behind it), `epoch` (passes over the training set behind it), `loss` (nats per learnt
token), `confidence` (the geometric mean of the learnt tokens' probabilities, exp(-loss)), `tokens`
(learnt ones), `accuracy` (share of them ranked first; null for "train").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from curate.schemas.turns import Example
from curate.train.evaluations import ExampleLosses
from curate.writing import atomic_write

if TYPE_CHECKING:
    from accelerate import Accelerator

SPLITS = ("train", "probe", "val")
FILE_NAME = "dynamics.parquet"


@dataclass
class Dynamics:
    """What has been recorded so far: a row for each example and time.

    Rows are (split, example, step, units, hits) and a loss sum; hits are -1 where not measured.
    """

    counts: list[NDArray[np.int64]]
    losses: list[NDArray[np.float64]]

    @classmethod
    def empty(cls) -> Dynamics:
        """Nothing yet."""
        return cls([], [])

    def learnt(
        self, step: int, examples: Sequence[int], units: Sequence[int], losses: torch.Tensor
    ) -> None:
        """One pack's losses, [items], as they were before the update of 0-based step `step`."""
        rows = len(examples)
        block = np.stack(
            [
                np.zeros(rows, np.int64),
                np.asarray(examples, np.int64),
                np.full(rows, step, np.int64),
                np.asarray(units, np.int64),
                np.full(rows, -1, np.int64),
            ],
            axis=1,
        )
        self.counts.append(block)
        self.losses.append(losses.double().cpu().numpy())

    def measured(
        self, split: str, step: int, examples: Sequence[int], losses: ExampleLosses
    ) -> None:
        """One evaluation of the validation rows ("val") or of the train probe ("probe")."""
        rows = len(examples)
        block = np.stack(
            [
                np.full(rows, SPLITS.index(split), np.int64),
                np.asarray(examples, np.int64),
                np.full(rows, step, np.int64),
                losses.tokens,
                losses.hits,
            ],
            axis=1,
        )
        self.counts.append(block)
        self.losses.append(losses.nll)

    def tensors(self) -> dict[str, torch.Tensor]:
        """For a checkpoint."""
        counts = np.concatenate(self.counts) if self.counts else np.zeros((0, 5), np.int64)
        losses = np.concatenate(self.losses) if self.losses else np.zeros(0)
        return {"counts": torch.from_numpy(counts), "losses": torch.from_numpy(losses)}

    def gathered(self, accelerator: Accelerator) -> Dynamics:
        """What all processes have recorded, together."""
        if accelerator.num_processes == 1:
            return self
        from accelerate.utils import gather_object

        together = Dynamics.empty()
        for tensors in gather_object([self.tensors()]):
            together.extend(Dynamics.of(tensors))
        return together

    def extend(self, other: Dynamics) -> None:
        """Take in what another process, or an earlier life of this one, has recorded."""
        self.counts += other.counts
        self.losses += other.losses

    @classmethod
    def of(cls, tensors: dict[str, torch.Tensor]) -> Dynamics:
        """The inverse of `tensors`."""
        return cls([tensors["counts"].numpy()], [tensors["losses"].numpy()])

    def write(
        self,
        folder: Path,
        train: Sequence[Example],
        val: Sequence[Example],
        steps_per_epoch: int,
    ) -> Path:
        """Write `dynamics.parquet` into `folder`, in order of split, example and step."""
        import polars as pl

        tensors = self.tensors()
        counts, losses = tensors["counts"].numpy(), tensors["losses"].numpy()
        order = np.lexsort((counts[:, 2], counts[:, 1], counts[:, 0]))
        counts, losses = counts[order], losses[order]
        split, example, step, units, hits = counts.T
        sources = [
            (val if SPLITS[s] == "val" else train)[e]
            for s, e in zip(split.tolist(), example.tolist(), strict=True)
        ]
        mean = losses / np.maximum(units, 1)
        frame = pl.DataFrame(
            {
                "split": [SPLITS[s] for s in split.tolist()],
                "path": [e.path for e in sources],
                "line": pl.Series([e.line for e in sources], dtype=pl.Int64),
                "step": step,
                "epoch": step / steps_per_epoch,
                "loss": mean,
                "confidence": np.exp(-mean),
                "tokens": units,
                "accuracy": pl.Series(
                    [
                        h / u if h >= 0 else None
                        for h, u in zip(hits.tolist(), units.tolist(), strict=True)
                    ],
                    dtype=pl.Float64,
                ),
            }
        )
        path = folder / FILE_NAME
        with atomic_write(path) as stream:
            frame.write_parquet(stream)
        return path
