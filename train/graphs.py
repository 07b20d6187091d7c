"""The decoder as CUDA graphs: one launch for its forward pass over a pack, one for its backward pass.

A pass over a pack is some thousands of kernels, most of them short: on a fast GPU, the CPU takes
longer to launch them than the GPU to run them. A CUDA graph is launched at once. It replays the
same kernels on the same addresses, so a pack is laid into fixed buffers, padded to one of a few
sizes: padding tokens are a segment of their own, which nothing attends to and whose gradient is
zero. The head stays outside: how many tokens are learnt differs from pack to pack.

Graphs share one memory pool: at any time one pack's activations are in it. Gradients are
accumulated where `curate.train.gradients` keeps them; while they are elsewhere, or outside
`own_stream`, graphs are not used.

Shapes: T tokens of the row, A attention segments, K keys of all segments, E width of the model;
each as padded.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn

from curate.train.packing import Pack

# Sizes are rounded up to this share of the power of two below: padding adds some 2% of work.
_FINE_STEPS = 32
_COARSE_STEPS = 8
_SMALLEST_STEP = 64
_FEWEST_SEGMENTS = 64
# A recording of some thousand kernels takes some MB, and about as long as a few passes.
_MOST_RECORDINGS = 48
_WORTH_RECORDING = 4

Decoder = Callable[[dict[str, Any]], torch.Tensor]


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
        tokens = _stepped(self.tokens + 1, steps)
        if most > self.tokens:
            tokens = min(tokens, most)
        queries = tokens - self.tokens
        keys = _stepped(self.keys + queries, steps) if self.keys else 0
        longest_padding = keys - self.keys if keys else queries
        return Sizes(
            tokens,
            max(_FEWEST_SEGMENTS, _power_of_two(self.segments + 1)),
            keys,
            _power_of_two(max(self.longest_query, queries, longest)),
            _power_of_two(max(self.longest_key, longest_padding, longest)),
        )


def _stepped(size: int, steps: int) -> int:
    step = max(_SMALLEST_STEP, _power_of_two(size + 1) // 2 // steps)
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
        self.padding_positions = torch.arange(tokens, device=device)
        # A segment has at least one token, and one more holds the padding.
        most = max(_FEWEST_SEGMENTS, _power_of_two(tokens + 2))
        self.query_bounds = torch.zeros(most + 1, dtype=torch.int32, device=device)
        self.key_bounds = torch.zeros_like(self.query_bounds)
        self.kv_index = torch.zeros(0, dtype=torch.int64, device=device)
        self.hidden = torch.zeros(tokens, like.shape[-1], dtype=like.dtype, device=device)
        self.grad = torch.zeros_like(self.hidden)

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
        self.positions[0, tokens : sizes.tokens] = self.padding_positions[: sizes.tokens - tokens]
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


@contextmanager
def own_stream(device: torch.device) -> Iterator[None]:
    """Within, work on `device` is queued on a stream of its own, as recording it requires.

    Autograd remembers on which stream a weight was first used; a graph cannot be recorded where
    that was the default stream.
    """
    if device.type != "cuda":
        yield
        return
    outside = torch.cuda.current_stream(device)
    stream = torch.cuda.Stream(device)
    stream.wait_stream(outside)
    try:
        with torch.cuda.stream(stream):
            yield
    finally:
        outside.wait_stream(stream)


class Passes(Protocol):
    """A forward pass over what lies in the buffers, and its backward pass, recorded."""

    def forward(self) -> None:
        """Fill `buffers.hidden`."""
        ...

    def backward(self) -> None:
        """From `buffers.grad` to the weights' gradients, which are added to what is there."""
        ...


class CudaPasses:
    """The passes as two CUDA graphs in one memory pool."""

    def __init__(self, decoder: Decoder, buffers: Buffers, sizes: Sizes, pool: Any) -> None:
        self._forward, self._backward = torch.cuda.CUDAGraph(), torch.cuda.CUDAGraph()
        with _uncached_autocast():
            with _recording(self._forward, pool):
                hidden = decoder(buffers.inputs(sizes))
                buffers.hidden[: sizes.tokens].copy_(hidden.detach())
            with _recording(self._backward, pool):
                torch.autograd.backward([hidden], [buffers.grad[: sizes.tokens]])

    def forward(self) -> None:
        self._forward.replay()

    def backward(self) -> None:
        self._backward.replay()


@contextmanager
def _recording(graph: torch.cuda.CUDAGraph, pool: Any) -> Iterator[None]:
    """What is queued within goes into `graph` instead of to the GPU.

    `torch.cuda.graph` does the same after collecting garbage and emptying the allocator's cache,
    which takes longer than the recording.
    """
    torch.cuda.synchronize()
    collecting = gc.isenabled()
    gc.disable()  # nothing may be freed meanwhile
    # "thread_local": other threads (NCCL's watchdog) may ask for the state of events.
    graph.capture_begin(pool=pool, capture_error_mode="thread_local")
    try:
        yield
    finally:
        graph.capture_end()
        if collecting:
            gc.enable()


Record = Callable[[Decoder, Buffers, Sizes, Any], Passes]


class DecoderGraphs:
    """Replays a decoder's passes over packs, recording them for sizes that pay.

    A pack is padded to the smallest sizes that there is a recording for. Where there is none, one
    of somewhat larger sizes is made; once padding has cost as much as a recording does, a closer
    one.

    Args:
        decoder: from the model's keyword arguments to its last hidden states, [T, E].
        parameters: those that are learnt; their `.grad` must stay at one address.
        tokens: most tokens in a pack that is replayed; larger ones are computed as usual.
        say: told, once, why graphs are given up.
        record: how passes are recorded.
    """

    def __init__(
        self,
        decoder: Decoder,
        parameters: Iterable[nn.Parameter],
        *,
        tokens: int,
        say: Callable[[str], None] = lambda text: None,
        record: Record = CudaPasses,
    ) -> None:
        self._decoder, self._tokens, self._say, self._record = decoder, tokens, say, record
        self._parameters = [p for p in parameters if p.requires_grad]
        # Makes autograd ask for the backward pass of something whose inputs are integers.
        device = self._parameters[0].device
        self._anchor = torch.zeros((), device=device, requires_grad=True)
        self._room = _stepped(tokens + 1, _FINE_STEPS)
        self._buffers: Buffers | None = None
        self._pool: Any = None
        self._passes: dict[Sizes, Passes] = {}
        self._padded: Counter[Sizes] = Counter()
        self._longest = 1
        self._addresses: list[int] = []
        self.given_up: str | None = None

    def __call__(self, pack: Pack) -> torch.Tensor | None:
        """Last hidden states [T, E] of the pack, differentiable; None where it must be computed."""
        tokens = pack.ids.shape[1]
        if self.given_up or tokens > self._tokens or not self._gradients_stand_still():
            return None
        if pack.ids.is_cuda and torch.cuda.current_stream() == torch.cuda.default_stream():
            return None
        sizes = self._sizes_for(pack)
        if sizes is None:
            return None
        assert self._buffers is not None
        self._buffers.fill(pack, sizes)
        hidden: torch.Tensor = _Replay.apply(
            self._anchor, self._buffers, self._passes[sizes], sizes, tokens
        )
        return hidden

    @property
    def recorded(self) -> tuple[Sizes, ...]:
        """What there are recordings for."""
        return tuple(self._passes)

    def _gradients_stand_still(self) -> bool:
        addresses = [p.grad.data_ptr() if p.grad is not None else 0 for p in self._parameters]
        if addresses != self._addresses:
            self._passes.clear()
            self._addresses = addresses
        return all(addresses)

    def _sizes_for(self, pack: Pack) -> Sizes | None:
        """The recorded sizes that `pack` is padded to, after recording them if need be."""
        own = Sizes.of(pack)
        self._longest = max(self._longest, own.longest_query, own.longest_key)
        fitting = [s for s in self._passes if s.hold(own)]
        best = min(fitting, key=lambda s: (s.tokens, s.segments, s.longest_key), default=None)
        if len(self._passes) >= _MOST_RECORDINGS:
            return best
        if best is None:
            wanted = own.padded(_COARSE_STEPS, self._longest, self._room)
            return wanted if self._add(wanted, pack) else None
        close = own.padded(_FINE_STEPS)
        self._padded[close] += best.tokens - close.tokens
        if self._padded[close] < _WORTH_RECORDING * close.tokens:
            return best
        self._padded[close] = 0
        return close if self._add(close, pack) else None

    def _add(self, sizes: Sizes, pack: Pack) -> bool:
        """Record the passes for `sizes`; False where the model does not allow it."""
        try:
            if self._buffers is None:
                self._buffers = Buffers(self._room, self._warm_up())
                if pack.ids.is_cuda:
                    gc.collect()
                    torch.cuda.empty_cache()
                    self._pool = torch.cuda.graph_pool_handle()
            if sizes.keys > self._buffers.kv_index.shape[0]:
                # Passes over shared prefixes read the buffer that was there.
                self._passes = {s: p for s, p in self._passes.items() if not s.keys}
                self._buffers.hold_keys(2 * max(sizes.keys, self._buffers.tokens))
            self._buffers.fill(pack, sizes)
            self._passes[sizes] = self._record(self._decoder, self._buffers, sizes, self._pool)
        except torch.OutOfMemoryError:
            self._passes.clear()
            self._buffers = self._pool = None
            raise
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            self._passes.clear()
            self.given_up = (str(error).splitlines() or [type(error).__name__])[0]
            self._say(f"CUDA graphs: off, the model does not allow it ({self.given_up})")
            return False
        return True

    def _warm_up(self) -> torch.Tensor:
        """Let kernels be chosen and compiled, which cannot happen while a graph is recorded.

        The gradient that is passed back is zero, so nothing is learnt from it. Returns the last
        hidden states of a few tokens.
        """
        device, tokens = self._anchor.device, _SMALLEST_STEP
        bounds = torch.tensor([0, tokens], dtype=torch.int32, device=device)
        inputs = {
            "input_ids": torch.zeros(1, tokens, dtype=torch.int64, device=device),
            "position_ids": torch.arange(tokens, device=device)[None],
            "use_cache": False,
            "cu_seq_lens_q": bounds,
            "cu_seq_lens_k": bounds,
            "max_length_q": tokens,
            "max_length_k": tokens,
            "kv_index": None,
        }
        with _uncached_autocast():
            for _ in range(2):
                hidden = self._decoder(inputs)
                hidden.backward(torch.zeros_like(hidden))
        return hidden.detach()


def _uncached_autocast() -> AbstractContextManager[Any]:
    """The present autocast without its cache of cast weights, which would outlive the recording."""
    if not torch.is_autocast_enabled("cuda"):
        return nullcontext()
    return torch.autocast("cuda", torch.get_autocast_dtype("cuda"), cache_enabled=False)


class _Replay(torch.autograd.Function):
    """Both passes as one differentiable operation; weights get their gradients on the side."""

    @staticmethod
    def forward(
        ctx: Any, anchor: torch.Tensor, buffers: Buffers, passes: Passes, sizes: Sizes, tokens: int
    ) -> torch.Tensor:
        ctx.buffers, ctx.passes, ctx.sizes = buffers, passes, sizes
        passes.forward()
        return buffers.hidden[:tokens].detach()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[None, ...]:
        tokens = grads[0].shape[0]
        ctx.buffers.grad[:tokens].copy_(grads[0])
        ctx.buffers.grad[tokens : ctx.sizes.tokens].zero_()
        ctx.passes.backward()
        return None, None, None, None, None
