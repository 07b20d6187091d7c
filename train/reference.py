"""The reference of DPO: log-probabilities of both sides under the model as it was at the start.

With an adapter the reference is the model with the adapter turned off, so no second model is held;
or (always for a full update) the log-probabilities are computed once, before the first step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import nn

from curate.train.objective import exact_dtype
from curate.train.packing import plan_step
from curate.train.pair_batches import PairBatch, PairItems

if TYPE_CHECKING:
    from accelerate import Accelerator


class SideReference(Protocol):
    """Gives the reference's log-probability of each side of a batch, [2I]."""

    def __call__(self, model: nn.Module, batch: PairBatch) -> torch.Tensor:
        """Summed over the answer's tokens; no gradient."""
        ...


def side_logps(model: nn.Module, batch: PairBatch) -> torch.Tensor:
    """Log-probabilities of both sides of I pairs, [2I], summed over the answer's tokens.

    Args:
        model: a `curate.train.forward.TokenLosses`.
        batch: of I pairs.
    """
    sums = []
    for row in batch.packs:
        nll, _ = model(row)
        exact = exact_dtype(nll)
        start = torch.zeros(len(row.samples), dtype=exact, device=nll.device)
        sums.append(start.index_add(0, row.owner, -nll.to(exact)))
    return torch.cat(sums)


class LiveReference:
    """The adapted model with its adapter turned off, at every step."""

    def __call__(self, model: nn.Module, batch: PairBatch) -> torch.Tensor:
        """One more forward pass, without gradients and dropout."""
        from peft import PeftModel

        adapted = model.model
        if not isinstance(adapted, PeftModel):
            raise TypeError("a live reference needs an adapter that can be turned off")
        training = model.training
        model.eval()
        try:
            with torch.no_grad(), adapted.disable_adapter():
                return side_logps(model, batch)
        finally:
            model.train(training)


class KnownReference:
    """Log-probabilities that were computed before, [pairs, 2] on the CPU."""

    def __init__(self, logps: torch.Tensor) -> None:
        self.logps = logps

    def __call__(self, model: nn.Module, batch: PairBatch) -> torch.Tensor:
        """Looked up by the pairs' numbers."""
        return self.logps[list(batch.items)].view(-1)


def precompute(
    model: nn.Module,
    objective: PairItems,
    items: Sequence[int],
    *,
    budget: int,
    accelerator: Accelerator,
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> KnownReference:
    """The log-probabilities of `items` under the model as it is now, the same on every process.

    Pairs that are not among `items` get NaN, so that using one by mistake cannot go unnoticed.
    """
    plan = plan_step(objective.lengths, items, budget, accelerator.num_processes)
    found: list[tuple[int, list[float]]] = []
    training = model.training
    model.eval()
    try:
        with torch.no_grad(), autocast():
            for numbers in plan[accelerator.process_index]:
                batch = objective.batch(numbers or items[:1], learn=bool(numbers))
                sums = side_logps(model, batch.to(accelerator.device)).view(-1, 2).tolist()
                found += zip(numbers, sums, strict=False)
    finally:
        model.train(training)
    if accelerator.num_processes > 1:
        from accelerate.utils import gather_object

        found = gather_object(found)
    # float32 holds what a step computes in; evaluations subtract in float64.
    logps = torch.full((len(objective.pairs), 2), float("nan"), dtype=torch.float64)
    for item, sums in found:
        logps[item] = torch.tensor(sums, dtype=torch.float64)
    return KnownReference(logps)
