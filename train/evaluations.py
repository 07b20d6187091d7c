"""What one evaluation measures: a loss per example on validation set and train probe, and scores.

Both sets are fixed for a run, and measured in eval mode at the same steps, including step 0, so
that every later statistic can compare an example with itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from curate.train.intervals import Floats, ratio


@dataclass(frozen=True, eq=False)
class ExampleLosses:
    """Teacher-forced losses of n examples.

    ids: one name per example, the same at every evaluation (a hash of its content).
    nll: float64 (n,), negative log likelihood in nats, summed over the example's labelled tokens.
    tokens: int64 (n,), how many tokens are labelled; at least one.
    hits: int64 (n,), how many of them the model ranks first.
    """

    ids: tuple[str, ...]
    nll: Floats
    tokens: NDArray[np.int64]
    hits: NDArray[np.int64]

    def __post_init__(self) -> None:
        shape = (len(self.ids),)
        if not self.ids or {self.nll.shape, self.tokens.shape, self.hits.shape} != {shape}:
            raise ValueError("ids, nll, tokens and hits must have one entry per example")
        if (self.tokens < 1).any():
            raise ValueError("an example without labelled tokens has no loss")

    @classmethod
    def of(
        cls, ids: Sequence[str], nll: ArrayLike, tokens: ArrayLike, hits: ArrayLike
    ) -> ExampleLosses:
        """From anything that numpy can read."""
        return cls(
            tuple(ids),
            np.asarray(nll, dtype=np.float64),
            np.asarray(tokens, dtype=np.int64),
            np.asarray(hits, dtype=np.int64),
        )

    @property
    def weights(self) -> Floats:
        """The token counts, as weights."""
        return self.tokens.astype(np.float64)

    @property
    def loss(self) -> float:
        """Nats per labelled token, over all tokens of all examples (never a mean of means)."""
        return ratio(self.nll, self.weights).value

    @property
    def accuracy(self) -> float:
        """Share of the labelled tokens that the model ranks first."""
        return float(self.hits.sum() / self.tokens.sum())

    @property
    def finite(self) -> bool:
        """Whether every loss is a number."""
        return bool(np.isfinite(self.nll).all())

    def to_json(self) -> dict[str, Any]:
        """As JSON; floats survive exactly (Python writes the shortest digits that round-trip)."""
        return {
            "ids": list(self.ids),
            "nll": self.nll.tolist(),
            "tokens": self.tokens.tolist(),
            "hits": self.hits.tolist(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ExampleLosses:
        """The inverse of `to_json`."""
        return cls.of(data["ids"], data["nll"], data["tokens"], data["hits"])


@dataclass(frozen=True, eq=False)
class TaskScores:
    """A task metric on generated answers, higher is better: `scores` is float64, one per id."""

    name: str
    ids: tuple[str, ...]
    scores: Floats

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(self.scores.mean())

    def to_json(self) -> dict[str, Any]:
        """As JSON, exactly."""
        return {"name": self.name, "ids": list(self.ids), "scores": self.scores.tolist()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TaskScores:
        """The inverse of `to_json`."""
        scores = np.asarray(data["scores"], dtype=np.float64)
        return cls(data["name"], tuple(data["ids"]), scores)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything measured at one step; `epoch` counts passes over the training set."""

    step: int
    val: ExampleLosses
    probe: ExampleLosses
    epoch: float
    metric: TaskScores | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON, exactly."""
        return {
            "step": self.step,
            "epoch": self.epoch,
            "val": self.val.to_json(),
            "probe": self.probe.to_json(),
            "metric": self.metric.to_json() if self.metric else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evaluation:
        """The inverse of `to_json`."""
        return cls(
            step=data["step"],
            val=ExampleLosses.from_json(data["val"]),
            probe=ExampleLosses.from_json(data["probe"]),
            epoch=data["epoch"],
            metric=TaskScores.from_json(data["metric"]) if data["metric"] else None,
        )

    def require_same_examples(self, other: Evaluation) -> None:
        """Raise ValueError unless both evaluations measured the same examples in the same order."""
        mine = (self.val.ids, self.probe.ids, self.metric and self.metric.ids)
        theirs = (other.val.ids, other.probe.ids, other.metric and other.metric.ids)
        if mine != theirs:
            raise ValueError("an evaluation measured other examples than the first one did")
