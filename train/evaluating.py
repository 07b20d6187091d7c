"""Measuring the model on fixed examples: one loss for each, in eval mode, nothing averaged early."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from curate.train.evaluations import ExampleLosses
from curate.train.intervals import Floats
from curate.train.objective import Objective
from curate.train.packing import plan_step

if TYPE_CHECKING:
    from accelerate import Accelerator


def measure_examples(
    model: nn.Module,
    objective: Objective,
    items: Sequence[int],
    *,
    budget: int,
    accelerator: Accelerator,
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
    check: Callable[[], None] = lambda: None,
    metrics: dict[str, Floats] | None = None,
) -> ExampleLosses:
    """The losses of the examples that `items` were made from, the same on every process.

    What is measured does not depend on how items are packed or on how many processes share the
    work: a sample sees itself alone, and sums are taken in float64 for each example.

    Args:
        model: what the objective measures; its training mode is restored afterwards.
        objective: holds the items.
        items: which of them; those of one example are summed.
        budget: most tokens in a pack.
        accelerator: the processes that share the work.
        autocast: the context in which the forward pass runs.
        check: called before every pack; what it raises ends the measuring.
        metrics: is given what the objective measures beside the loss, one value for each item.
    """
    plan = plan_step(objective.lengths, items, budget, accelerator.num_processes)
    mine = plan[accelerator.process_index]
    found: list[tuple[int, float, int]] = []
    beside: list[tuple[int, dict[str, float]]] = []
    training = model.training
    model.eval()
    try:
        with torch.no_grad(), autocast():
            for pack_items in mine:
                check()
                batch = objective.batch(pack_items or items[:1], learn=bool(pack_items))
                measured = objective.measure(model, batch.to(accelerator.device))
                losses, hits = measured.losses.double().tolist(), measured.hits.tolist()
                found += zip(pack_items, losses, hits, strict=False)
                beside += zip(pack_items, _rows(measured.metrics), strict=False)
    finally:
        model.train(training)
    if accelerator.num_processes > 1:
        from accelerate.utils import gather_object

        found, beside = gather_object(found), gather_object(beside)
    if metrics is not None and beside:
        by_item = dict(beside)
        for name in beside[0][1]:
            metrics[name] = np.array([by_item[i][name] for i in items], dtype=np.float64)
    return _by_example(objective, items, {item: (loss, hits) for item, loss, hits in found})


def _rows(metrics: Mapping[str, torch.Tensor]) -> list[dict[str, float]]:
    """Columns of values as a row for each item."""
    columns = [values.double().tolist() for values in metrics.values()]
    return [dict(zip(metrics, row, strict=True)) for row in zip(*columns, strict=True)]


def _by_example(
    objective: Objective, items: Sequence[int], found: dict[int, tuple[float, int]]
) -> ExampleLosses:
    """Items summed into their examples, in order of first appearance."""
    rows: dict[int, list[int]] = {}
    for item in items:
        rows.setdefault(objective.examples[item], []).append(item)
    return ExampleLosses.of(
        ids=[_name([objective.names[i] for i in members]) for members in rows.values()],
        nll=[sum(found[i][0] for i in members) for members in rows.values()],
        tokens=[sum(objective.units[i] for i in members) for members in rows.values()],
        hits=[sum(found[i][1] for i in members) for members in rows.values()],
    )


def _name(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else hashlib.sha256("".join(names).encode()).hexdigest()[:16]


def fixed_items(objective: Objective, rows: int, seed: int) -> list[int]:
    """The items of `rows` examples (all, if there are fewer), drawn once for a run."""
    examples = np.array(sorted(set(objective.examples)), dtype=np.int64)
    if len(examples) > rows:
        examples = np.random.default_rng([seed, 1]).choice(examples, size=rows, replace=False)
    wanted = set(examples.tolist())
    return [i for i, example in enumerate(objective.examples) if example in wanted]
