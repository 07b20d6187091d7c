"""Packs laid into buffers of fixed sizes: what a CUDA graph reads, and where it leaves its result.

A pack is padded to one of a few sizes. The padding is a segment of its own, which nothing attends
to and whose gradient is zero.

Shapes: T tokens of the row, A attention segments, K keys of all segments, E width of the model;
each as padded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from curate.train.packing import Pack

# Sizes are rounded up to this share of the power of two below: fine steps add some 2% of work.
FINE_STEPS = 32
COARSE_STEPS = 8
SMALLEST_STEP = 64
_FEWEST_SEGMENTS = 64


@dataclass(frozen=True)
class Sizes:
    """What a graph is recorded for; a pack uses the graph of the sizes it is padded to.

    Attributes:
        tokens, segments, keys: T, A and K; K is 0 where keys are the row's own tokens.
        longest_query, longest_key: upper bounds of a segment's tokens.
    """

    tokens: int
    segments: int
    keys: int
    longest_query: int
    longest_key: int

    @classmethod
    def of(cls, pack: Pack) -> Sizes:
        """The sizes of `pack` itself."""
        return cls(
            pack.ids.shape[1],
            len(pack.query_bounds) - 1,
            0 if pack.kv_index is None else pack.kv_index.shape[0],
            pack.longest_query,
            pack.longest_key,
        )

    def padding(self, own: Sizes) -> tuple[int, int]:
        """Queries and keys of the segment that pads a pack of `own` sizes to these."""
        queries = self.tokens - own.tokens
        return queries, (self.keys - own.keys if self.keys else queries)

    def hold(self, own: Sizes) -> bool:
        """Whether a pack of `own` sizes can be padded to these.

        The padding's segment is a segment like any other: of at least one query, of no fewer keys
        than queries, and no longer than the bounds that the kernels are launched with. What they do
        not reach they leave as the memory was, and a gradient of zero times that may be no number.
        """
        queries, keys = self.padding(own)
        return (
            bool(self.keys) == bool(own.keys)
            and self.segments > own.segments
            and 1 <= queries <= keys
            and max(own.longest_query, queries) <= self.longest_query
            and max(own.longest_key, keys) <= self.longest_key
        )

    def padded(self, steps: int, longest: int = 1, most: int = 0) -> Sizes:
        """Sizes that hold a pack of these: tokens and keys stepped up, at most to `most` tokens."""
        tokens = stepped(self.tokens + 1, steps)
        if most > self.tokens:
            tokens = min(tokens, most)
        queries = tokens - self.tokens
        keys = stepped(self.keys + queries, steps) if self.keys else 0
        longest_padding = keys - self.keys if keys else queries
        return Sizes(
            tokens,
            max(_FEWEST_SEGMENTS, _power_of_two(self.segments + 1)),
            keys,
            _power_of_two(max(self.longest_query, queries, longest)),
            _power_of_two(max(self.longest_key, longest_padding, longest)),
        )


def stepped(size: int, steps: int) -> int:
    step = max(SMALLEST_STEP, _power_of_two(size + 1) // 2 // steps)
    return -(-size // step) * step


def _power_of_two(size: int) -> int:
    """The smallest power of two that is not below `size`."""
    return 1 << max(0, size - 1).bit_length()


class Buffers:
    """The fixed addresses: what a graph reads, and where it leaves its result, `like` [*, E]."""

    def __init__(self, tokens: int, like: torch.Tensor) -> None:
        self.tokens = tokens
        device = like.device
        self.ids = torch.zeros(1, tokens, dtype=torch.int64, device=device)
        self.positions = torch.zeros_like(self.ids)
        # A segment has at least one token, and one more holds the padding.
        most = max(_FEWEST_SEGMENTS, _power_of_two(tokens + 2))
        self.query_bounds = torch.zeros(most + 1, dtype=torch.int32, device=device)
        self.key_bounds = torch.zeros_like(self.query_bounds)
        self.kv_index = torch.zeros(0, dtype=torch.int64, device=device)
        self.hidden = torch.zeros(tokens, like.shape[-1], dtype=like.dtype, device=device)
        self.grad = torch.zeros_like(self.hidden)
        self.turn = 0  # how many packs have been through

    def hold_keys(self, keys: int) -> None:
        """Make room for so many keys of segments that share prefixes."""
        self.kv_index = torch.zeros(keys, dtype=torch.int64, device=self.ids.device)

    def fill(self, pack: Pack, sizes: Sizes) -> None:
        """Lay `pack` in, padded.

        Raises:
            RuntimeError: `sizes` do not hold it.
        """
        if not sizes.hold(Sizes.of(pack)):
            raise RuntimeError(f"{sizes} do not hold {Sizes.of(pack)}")
        tokens, segments = pack.ids.shape[1], len(pack.query_bounds) - 1
        self.ids[:, :tokens].copy_(pack.ids)
        self.ids[:, tokens : sizes.tokens].zero_()
        self.positions[:, :tokens].copy_(pack.positions)
        # All at the start: the padding may be longer than what a model has positions for.
        self.positions[:, tokens : sizes.tokens].zero_()
        _fill_bounds(self.query_bounds, pack.query_bounds, segments, sizes.segments, sizes.tokens)
        if sizes.keys and pack.kv_index is not None:
            _fill_bounds(self.key_bounds, pack.key_bounds, segments, sizes.segments, sizes.keys)
            found = pack.kv_index.shape[0]
            self.kv_index[:found].copy_(pack.kv_index)
            self.kv_index[found : sizes.keys] = sizes.tokens - 1

    def inputs(self, sizes: Sizes) -> dict[str, Any]:
        """The model's keyword arguments, as views of the buffers."""
        bounds = self.query_bounds[: sizes.segments + 1]
        return {
            "input_ids": self.ids[:, : sizes.tokens],
            "position_ids": self.positions[:, : sizes.tokens],
            "use_cache": False,
            "cu_seq_lens_q": bounds,
            "cu_seq_lens_k": self.key_bounds[: sizes.segments + 1] if sizes.keys else bounds,
            "max_length_q": sizes.longest_query,
            "max_length_k": sizes.longest_key,
            "kv_index": self.kv_index[: sizes.keys] if sizes.keys else None,
        }


def _fill_bounds(
    buffer: torch.Tensor, bounds: torch.Tensor, segments: int, padded: int, end: int
) -> None:
    """The pack's bounds, then the end of the padding's segment, then empty segments."""
    buffer[: segments + 1].copy_(bounds)
    buffer[segments + 1 : padded + 1].fill_(end)
