"""The decoder as CUDA graphs: one launch for its forward pass over a pack, one for its backward pass.

A pass over a pack is some thousands of kernels, most of them short: on a fast GPU, the CPU takes
longer to launch them than the GPU to run them. A CUDA graph is launched at once. It replays the
same kernels on the same addresses, so a pack is laid into fixed buffers (`curate.train.padding`).
The head stays outside: how many tokens are learnt differs from pack to pack.

Graphs share one memory pool: at any time one pack's activations are in it. Gradients are
accumulated where `curate.train.gradients` keeps them; while they are elsewhere, or outside
`own_stream`, graphs are not used.

Shapes: T tokens of the row, E width of the model.
"""

from __future__ import annotations

import gc
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Protocol

import torch
from torch import nn

from curate.train.packing import Pack
from curate.train.padding import COARSE_STEPS, FINE_STEPS, SMALLEST_STEP, Buffers, Sizes, stepped

# A recording of some thousand kernels takes some MB, and about as long as a few passes.
_MOST_RECORDINGS = 48
_WORTH_RECORDING = 4

Decoder = Callable[[dict[str, Any]], torch.Tensor]


@contextmanager
def own_stream(device: torch.device) -> Iterator[None]:
    """Within, work on `device` is queued on a stream of its own, as recording it requires.

    Autograd remembers on which stream a weight was first used; a graph cannot be recorded where
    that was the default stream. Where work is queued on another stream already, it stays there:
    memory that was used on one is not used again on the next.
    """
    if device.type != "cuda":
        yield
        return
    outside = torch.cuda.current_stream(device)
    if outside != torch.cuda.default_stream(device):
        yield
        return
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
        with uncached_autocast():
            with recording(self._forward, pool):
                hidden = decoder(buffers.inputs(sizes))
                buffers.hidden[: sizes.tokens].copy_(hidden.detach())
            with recording(self._backward, pool):
                torch.autograd.backward([hidden], [buffers.grad[: sizes.tokens]])

    def forward(self) -> None:
        self._forward.replay()

    def backward(self) -> None:
        self._backward.replay()


@contextmanager
def recording(graph: torch.cuda.CUDAGraph, pool: Any) -> Iterator[None]:
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
    except BaseException:
        with suppress(RuntimeError):  # what went wrong says more than that the recording is broken
            graph.capture_end()
        _end_allocating(pool)
        raise
    else:
        try:
            graph.capture_end()
        except BaseException:
            _end_allocating(pool)
            raise
    finally:
        if collecting:
            gc.enable()


def _end_allocating(pool: Any) -> None:
    """Tell the allocator that a recording has failed: it would free no cached memory until then.

    `capture_end` does so only after the driver has accepted the graph.
    """
    with suppress(RuntimeError):  # it was told
        torch._C._cuda_endAllocateToPool(torch.cuda.current_device(), pool)


@contextmanager
def never_waiting(device: torch.device) -> Iterator[None]:
    """Within, an operation for which the CPU has to wait for the GPU is an error.

    Such operations cannot be recorded, and a recording that fails leaves traces: torch's random
    generator takes itself to be in it for good. Code that asks whether it is being recorded hears
    yes, as it will then: transformers looks into the positions only where it is not.
    """
    if device.type != "cuda":
        yield
        return
    before, asked = torch.cuda.get_sync_debug_mode(), torch.cuda.is_current_stream_capturing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the mode is new and does not find everything
        torch.cuda.set_sync_debug_mode("error")
    setattr(torch.cuda, asked.__name__, lambda: True)
    try:
        yield
    finally:
        setattr(torch.cuda, asked.__name__, asked)
        torch.cuda.set_sync_debug_mode(before)


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
        self._room = stepped(tokens + 1, FINE_STEPS)
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
            self._forget(list(self._passes))
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
            wanted = own.padded(COARSE_STEPS, self._longest, self._room)
            return wanted if self._add(wanted, pack) else None
        close = own.padded(FINE_STEPS)
        self._padded[close] += best.tokens - close.tokens
        if self._padded[close] < _WORTH_RECORDING * close.tokens:
            return best
        self._padded[close] = 0
        return close if self._add(close, pack) else None

    def _add(self, sizes: Sizes, pack: Pack) -> bool:
        """Record the passes for `sizes`; False where the model does not allow it."""
        try:
            try:
                self._lay_out_and_record(sizes, pack)
            except torch.OutOfMemoryError:
                # While recording, the allocator does not give up what it has cached.
                gc.collect()
                _empty_cache(pack.ids.device)
                self._lay_out_and_record(sizes, pack)
        except torch.OutOfMemoryError:
            self._forget(list(self._passes))
            self._buffers = None
            raise
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            self._forget(list(self._passes))
            self.given_up = (str(error).splitlines() or [type(error).__name__])[0]
            self._say(f"CUDA graphs: off, the model does not allow it ({self.given_up})")
            return False
        return True

    def _lay_out_and_record(self, sizes: Sizes, pack: Pack) -> None:
        if self._buffers is None:
            self._buffers = Buffers(self._room, self._warm_up())
            gc.collect()
            _empty_cache(pack.ids.device)
        if sizes.keys > self._buffers.kv_index.shape[0]:
            # Passes over shared prefixes read the buffer that was there.
            self._forget([s for s in self._passes if s.keys])
            self._buffers.hold_keys(2 * max(sizes.keys, self._buffers.tokens))
        self._buffers.fill(pack, sizes)
        if self._pool is None and pack.ids.is_cuda:
            self._pool = torch.cuda.graph_pool_handle()
        self._passes[sizes] = self._record(self._decoder, self._buffers, sizes, self._pool)

    def _forget(self, sizes: Iterable[Sizes]) -> None:
        """Drop recordings; a memory pool whose last recording is gone cannot be used again."""
        for one in sizes:
            del self._passes[one]
        if not self._passes:
            self._pool = None

    def _warm_up(self) -> torch.Tensor:
        """Let kernels be chosen and compiled, which cannot happen while a graph is recorded.

        The gradient that is passed back is zero, so nothing is learnt from it. Returns the last
        hidden states of a few tokens.
        """
        device, tokens = self._anchor.device, SMALLEST_STEP
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
        with uncached_autocast():
            for tried in (False, True):
                with never_waiting(device) if tried else nullcontext():
                    hidden = self._decoder(inputs)
                    hidden.backward(torch.zeros_like(hidden))
        return hidden.detach()


def _empty_cache(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.empty_cache()


def uncached_autocast() -> AbstractContextManager[Any]:
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
        buffers.turn += 1
        ctx.turn = buffers.turn
        passes.forward()
        return buffers.hidden[:tokens].detach()

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[None, ...]:
        if ctx.turn != ctx.buffers.turn:
            raise RuntimeError("CUDA graphs: another pack came before this one's backward pass")
        tokens = grads[0].shape[0]
        ctx.buffers.grad[:tokens].copy_(grads[0])
        ctx.buffers.grad[tokens : ctx.sizes.tokens].zero_()
        ctx.passes.backward()
        return None, None, None, None, None
