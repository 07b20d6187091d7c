"""One pass over a row of logits for its loss, one more that turns the row into its gradient.

What `curate.train.head` does with a dozen operations on float32 copies, for GPUs that Triton
compiles for: logits stay in the head's dtype, sums are float32. Imports Triton, so only `head`
imports this, and only when there is a GPU.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

_BLOCK = 8192
_WARPS = 16


def _row(
    logits: tl.tensor,
    targets: tl.tensor,
    nll: tl.tensor,
    hits: tl.tensor,
    scales: tl.tensor,
    stride: tl.tensor,
    vocabulary: tl.tensor,
    WRITE: tl.constexpr,
    SCALED: tl.constexpr,
    BLOCK: tl.constexpr,
) -> None:
    """One program a row: log-sum-exp as it goes (Milakov and Gimelshein 2018, arXiv 1805.02867)."""
    row = tl.program_id(0).to(tl.int64)
    start_of_row = logits + row * stride
    target = tl.load(targets + row)
    largest = -float("inf")
    first = -1
    total = 0.0
    for start in range(0, vocabulary, BLOCK):
        columns = start + tl.arange(0, BLOCK)
        x = tl.load(start_of_row + columns, mask=columns < vocabulary, other=-float("inf"))
        x = x.to(tl.float32)
        top, at = tl.max(x, 0, return_indices=True)
        first = tl.where(top > largest, start + at, first)
        raised = tl.maximum(largest, top)
        total = total * tl.exp(largest - raised) + tl.sum(tl.exp(x - raised), 0)
        largest = raised
    log_total = largest + tl.log(total)
    picked = tl.load(start_of_row + target).to(tl.float32)
    tl.store(nll + row, log_total - picked)
    tl.store(hits + row, first == target)
    if WRITE:
        tl.debug_barrier()  # all have read the target's logit before it is written over
        scale = 1.0
        if SCALED:
            scale = tl.load(scales + row)
        for start in range(0, vocabulary, BLOCK):
            columns = start + tl.arange(0, BLOCK)
            inside = columns < vocabulary
            x = tl.load(start_of_row + columns, mask=inside, other=-float("inf")).to(tl.float32)
            grad = (tl.exp(x - log_total) - tl.where(columns == target, 1.0, 0.0)) * scale
            tl.store(start_of_row + columns, grad.to(logits.dtype.element_ty), mask=inside)


_kernel: Any = triton.jit(_row)


def nll_then_gradient(
    logits: torch.Tensor,
    targets: torch.Tensor,
    *,
    gradient: bool,
    scales: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of each row and whether its target is the (first) largest.

    Args:
        logits: [R, V]; with `gradient` they become softmax minus one-hot, in their own dtype.
        targets: [R] int64.
        gradient: whether they do.
        scales: [R] float32, what each row's gradient is multiplied with.

    Returns:
        Losses [R] float32 and hits [R] bool.
    """
    rows, vocabulary = logits.shape
    nll = torch.empty(rows, dtype=torch.float32, device=logits.device)
    hits = torch.empty(rows, dtype=torch.bool, device=logits.device)
    if rows:
        _kernel[(rows,)](
            logits,
            targets,
            nll,
            hits,
            nll if scales is None else scales,
            logits.stride(0),
            vocabulary,
            WRITE=gradient,
            SCALED=scales is not None,
            BLOCK=_BLOCK,
            num_warps=_WARPS,
        )
    return nll, hits
