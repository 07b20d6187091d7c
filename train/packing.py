"""Samples → batches without padding, and in which order: every batch is a function of its step.

One optimiser step learns from one *global batch* of `batch_size` samples. It is cut into *packs*:
rows in which samples stand one after another, no longer than a token budget, dealt out to the
processes so that each gets the same number. What is learnt does not depend on the cutting: the
loss is summed over the learnt tokens of the global batch and divided by their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from curate.train.samples import Sample

# A shared beginning shorter than this is not worth a segment of its own.
_SHORTEST_PREFIX = 16


@dataclass(frozen=True)
class Pack:
    """Some samples in one row.

    T: tokens in the row. A: attention segments. L: learnt tokens. S: samples. Usually a segment
    is a sample; where samples begin with the same tokens (a system prompt, the prompt of two
    answers), these stand in the row once, as a segment of their own, and the segments that
    continue it attend to it and to themselves. That is what a sample would have computed alone:
    nothing in a prefix depends on what follows it.

    Attributes:
        ids: [1, T] int64, token ids.
        positions: [1, T] int64, each token's position within its sample.
        query_bounds: [A + 1] int32, where each segment begins in the row.
        key_bounds: [A + 1] int32, the same for the tokens it attends to.
        kv_index: [last key bound] int64, which tokens of the row those are; None when no prefix
            is shared, as they are then the row itself.
        longest_query, longest_key: tokens of the longest segment.
        predicting: [L] int64, tokens of the row whose next token is learnt.
        targets: [L] int64, the learnt tokens' ids.
        owner: [L] int64, which sample of the pack each learnt token belongs to.
        ends: [S] int64, where in the row each sample's last token stands (see `pack`).
        samples: the samples' numbers in the data set.
        sample_tokens: tokens of all samples, shared ones counted for each.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    query_bounds: torch.Tensor
    key_bounds: torch.Tensor
    kv_index: torch.Tensor | None
    longest_query: int
    longest_key: int
    predicting: torch.Tensor
    targets: torch.Tensor
    owner: torch.Tensor
    ends: torch.Tensor
    samples: tuple[int, ...]
    sample_tokens: int

    @property
    def attention(self) -> dict[str, Any]:
        """The keyword arguments that `curate.train.attention` takes."""
        return {
            "cu_seq_lens_q": self.query_bounds,
            "cu_seq_lens_k": self.key_bounds,
            "max_length_q": self.longest_query,
            "max_length_k": self.longest_key,
            "kv_index": self.kv_index,
        }

    def to(self, device: torch.device) -> Pack:
        """The same pack on `device`; to a GPU without waiting for the work that it has in hand."""

        def there(tensor: torch.Tensor) -> torch.Tensor:
            if device.type == "cuda" and tensor.device.type == "cpu":
                return tensor.pin_memory().to(device, non_blocking=True)
            return tensor.to(device)

        bounds = there(self.query_bounds)
        return replace(
            self,
            ids=there(self.ids),
            positions=there(self.positions),
            query_bounds=bounds,
            key_bounds=bounds if self.kv_index is None else there(self.key_bounds),
            kv_index=there(self.kv_index) if self.kv_index is not None else None,
            predicting=there(self.predicting),
            targets=there(self.targets),
            owner=there(self.owner),
            ends=there(self.ends),
        )


def pack(
    samples: Sequence[Sample],
    numbers: Sequence[int],
    *,
    learn: bool = True,
    share: bool = True,
    padding: int | None = None,
) -> Pack:
    """The samples numbered `numbers`, in one row.

    Args:
        samples: the whole data set.
        numbers: which of them; at least one.
        learn: False for a row of which no token is learnt.
        share: lay out a prefix that samples have in common once.
        padding: the padding token's id; a sample's last token is the last one that is not it.
    """
    chosen = [samples[n] for n in numbers]
    segments = _segments(chosen, share=share)
    rows: list[NDArray[np.int64]] = [np.empty(0, np.int64)] * len(chosen)  # of each sample's tokens
    keys: list[NDArray[np.int64]] = []
    end = 0
    for s in segments:
        own = np.arange(end, end + s.end - s.begin)
        keys.append(own if s.after is None else np.concatenate([keys[s.after], own]))
        end += len(own)
        if s.last:
            rows[s.sample] = keys[-1]
    # The first token of a sample is never learnt, so the one before a learnt one is of its sample.
    at = [np.flatnonzero(s.learnt) if learn else np.empty(0, np.int64) for s in chosen]
    shared = len(segments) > len(chosen)
    ids = np.concatenate([chosen[s.sample].ids[s.begin : s.end] for s in segments])
    key_lengths = [len(k) for k in keys]
    query_lengths = [s.end - s.begin for s in segments]
    query_bounds = _bounds(query_lengths)
    return Pack(
        ids=torch.from_numpy(ids.astype(np.int64))[None],
        positions=torch.from_numpy(np.concatenate([np.arange(s.begin, s.end) for s in segments]))[
            None
        ],
        query_bounds=query_bounds,
        key_bounds=_bounds(key_lengths) if shared else query_bounds,
        kv_index=torch.from_numpy(np.concatenate(keys)) if shared else None,
        longest_query=max(query_lengths),
        longest_key=max(key_lengths),
        predicting=torch.from_numpy(np.concatenate([rows[i][a - 1] for i, a in enumerate(at)])),
        targets=torch.from_numpy(
            np.concatenate([s.ids[a] for s, a in zip(chosen, at, strict=True)]).astype(np.int64)
        ),
        owner=torch.from_numpy(np.repeat(np.arange(len(chosen)), [len(a) for a in at])),
        ends=torch.tensor(
            [r[_last(s.ids, padding)] for s, r in zip(chosen, rows, strict=True)],
            dtype=torch.int64,
        ),
        samples=tuple(int(n) for n in numbers),
        sample_tokens=sum(len(s) for s in chosen),
    )


def _last(ids: NDArray[np.int32], padding: int | None) -> int:
    """The last token that is not padding; the very last where all of them are."""
    real = np.flatnonzero(ids != padding) if padding is not None else np.arange(len(ids))
    return int(real[-1]) if len(real) else len(ids) - 1


def _bounds(lengths: Sequence[int]) -> torch.Tensor:
    return torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))


@dataclass(frozen=True)
class _Segment:
    """Tokens `begin` to `end` of a sample, standing in the row once for all that share them.

    `after` is the segment that comes before it in the sample; `last` whether none comes after it.
    """

    sample: int
    begin: int
    end: int
    after: int | None
    last: bool


def _segments(samples: Sequence[Sample], *, share: bool) -> list[_Segment]:
    """The row's segments, in order; each stands behind the one that it continues.

    Shared tokens are never learnt ones (their loss would be counted once instead of for each
    sample), and each sample keeps at least one token of its own. Within what all share (a system
    prompt), some may share more (the prompt of two answers).
    """
    if not share:
        return [_Segment(i, 0, len(s), None, True) for i, s in enumerate(samples)]
    found: list[_Segment] = []

    def lay_out(members: Sequence[int], begin: int, after: int | None) -> None:
        by_start: dict[bytes, list[int]] = {}
        for i in members:
            start = samples[i].ids[begin : begin + _SHORTEST_PREFIX].tobytes()
            by_start.setdefault(start, []).append(i)
        for group in by_start.values():
            end = shared_length([samples[i] for i in group]) if len(group) > 1 else 0
            if end - begin >= _SHORTEST_PREFIX:
                found.append(_Segment(group[0], begin, end, after, False))
                lay_out(group, end, len(found) - 1)
            else:
                found.extend(_Segment(i, begin, len(samples[i]), after, True) for i in group)

    lay_out(range(len(samples)), 0, None)
    return found


def row_length(samples: Sequence[Sample]) -> int:
    """Tokens of a row with these samples alone, what they share laid out once."""
    return sum(s.end - s.begin for s in _segments(samples, share=True))


def shared_length(samples: Sequence[Sample]) -> int:
    """How many tokens, none of them learnt, stand at the beginning of all samples."""
    limit = min(
        min(len(s) - 1, int(np.argmax(s.learnt)) if s.learnt.any() else len(s) - 1) for s in samples
    )
    first = samples[0].ids[:limit]
    for other in samples[1:]:
        differing = np.flatnonzero(first != other.ids[: len(first)])
        if len(differing):
            first = first[: int(differing[0])]
    return len(first)


@dataclass(frozen=True)
class BatchOrder:
    """Which samples each optimiser step learns from: a shuffle of all of them in every epoch.

    It has no state, so a resumed run continues in the same order by knowing its step alone.
    """

    samples: int
    batch_size: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in which every sample is seen once; the last one may be smaller."""
        return -(-self.samples // self.batch_size)

    def batch(self, step: int) -> list[int]:
        """The numbers of the samples of the 0-based optimiser step `step`."""
        epoch, position = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(self.samples)
        return [
            int(n) for n in order[position * self.batch_size : (position + 1) * self.batch_size]
        ]


def deal(lengths: Sequence[int], processes: int) -> list[list[int]]:
    """Items dealt to `processes` hands of about equal total length (longest first, to the lightest)."""
    hands: list[list[int]] = [[] for _ in range(processes)]
    totals = [0] * processes
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        lightest = totals.index(min(totals))
        hands[lightest].append(i)
        totals[lightest] += lengths[i]
    return [sorted(hand) for hand in hands]


def fill(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Items in as few packs of at most `budget` as first-fit-decreasing finds, evenly filled.

    An item longer than the budget gets a pack of its own.
    """
    packs: list[list[int]] = []
    totals: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        room = next((p for p, total in enumerate(totals) if total + lengths[i] <= budget), None)
        if room is None:
            packs.append([i])
            totals.append(lengths[i])
        else:
            packs[room].append(i)
            totals[room] += lengths[i]
    if len(packs) > 1 and max(totals) <= budget:
        even = deal(lengths, len(packs))
        if max(sum(lengths[i] for i in hand) for hand in even) <= budget:
            return even
    return [sorted(p) for p in packs]


def plan_step(
    lengths: Sequence[int], numbers: Sequence[int], budget: int, processes: int = 1
) -> list[list[list[int]]]:
    """The packs of one global batch, for every process: `plan[process][pack]` holds item numbers.

    All processes compute the same plan, without talking to each other, and each gets equally many
    packs; an empty pack stands where a process has nothing left to do (gradients are exchanged in
    every one of them, so it has to take part).

    Args:
        lengths: tokens of every item of the data set.
        numbers: the items of this batch.
        budget: most tokens in a pack; an item that is longer stands alone.
        processes: how many take part.
    """
    mine = [lengths[n] for n in numbers]
    plan = []
    for hand in deal(mine, processes):
        packs = fill([mine[i] for i in hand], budget)
        plan.append([[numbers[hand[i]] for i in p] for p in packs])
    most = max(1, *(len(packs) for packs in plan))
    return [packs + [[]] * (most - len(packs)) for packs in plan]
