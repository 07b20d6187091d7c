"""Token after token: a batch's keys and values, and one forward pass for the next token of each row.

`GrowingBatch` is the plain way: caches grow by a token a pass, and rows that have ended leave. On a
GPU most of such a pass is the CPU launching some thousand short kernels, so `FixedBatch` lays the
caches into tensors of their final size and has the pass recorded as a CUDA graph, which is launched
at once. Rows that have ended stay until half of them have: then the others are recorded anew.

What a recording gives is compared with the plain pass before it is used, on another token than the
one it was recorded with; a model that does not allow it goes on the plain way.

Shapes: B rows of the batch, W tokens that a row has so far (padding on the left), S of them in the
end, G key/value heads, D head size, V vocabulary.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, cast

import torch
from transformers.cache_utils import DynamicLayer

from curate.train.graphs import never_waiting, recording, uncached_autocast

if TYPE_CHECKING:
    from transformers import DynamicCache

# Rows shorter than this are not worth a recording; sizes are multiples of this, as kernels like it.
FEWEST_STEPS, _MULTIPLE = 12, 16
# Logits may be off by this share of their spread. In bfloat16, rounding moves them by 0.014 of it
# (SmolLM2-135M); a place that is one off, or padding that is seen, by 0.26 and more.
_NEAR = 0.12

_LOG = logging.getLogger(__name__)

# From the model's keyword arguments to logits of the last token, [B, V].
Forward = Callable[..., torch.Tensor]
Pass = Callable[[], torch.Tensor]


class Recorder(Protocol):
    """Turns a pass over tensors at fixed addresses into one that is replayed.

    Attributes:
        given_up: why it is not to be asked any more, once something was wrong.
    """

    given_up: str | None

    def __call__(self, one_pass: Pass) -> Pass:
        """A pass that does the same, and gives its logits where this recording's are.

        Raises:
            RuntimeError: it cannot be recorded.
        """
        ...


class CudaRecorder:
    """Recordings as CUDA graphs in one memory pool: only the last one may be replayed."""

    def __init__(self) -> None:
        self.given_up: str | None = None
        self._pool: Any = None
        self._last: torch.cuda.CUDAGraph | None = None  # a pool is given back with its last graph

    def __call__(self, one_pass: Pass) -> Pass:
        graph = torch.cuda.CUDAGraph()
        if self._pool is None:
            self._pool = torch.cuda.graph_pool_handle()
        with recording(graph, self._pool):
            logits = one_pass()
        self._last = graph

        def replay() -> torch.Tensor:
            graph.replay()
            return logits

        return replay


class Batch(Protocol):
    """Rows that are written on."""

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Take in one token a row, [B]; logits of the next ones, [B, V], until the next step."""
        ...

    def keep(self, rows: torch.Tensor) -> bool:
        """Drop all rows but these, if that pays; whether it was done."""
        ...


class GrowingBatch:
    """Caches that grow by one token a pass.

    Args:
        forward: the model.
        cache: with W tokens of B rows.
        mask: [B, W], 0 where a row is padded.
        positions: [B] of each row's last token.
    """

    def __init__(
        self, forward: Forward, cache: DynamicCache, mask: torch.Tensor, positions: torch.Tensor
    ) -> None:
        self.forward, self.cache, self.mask, self.positions = forward, cache, mask, positions

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """One token further."""
        self.mask = torch.cat([self.mask, self.mask.new_ones((len(ids), 1))], dim=1)
        self.positions = self.positions + 1
        return self.forward(
            input_ids=ids[:, None],
            attention_mask=self.mask,
            position_ids=self.positions[:, None],
            past_key_values=self.cache,
        )

    def keep(self, rows: torch.Tensor) -> bool:
        """Every row that leaves saves work."""
        self.cache.batch_select_indices(rows)
        self.mask, self.positions = self.mask[rows], self.positions[rows]
        return True


class _FixedLayer(DynamicLayer):
    """Keys and values of one layer, [B, G, S, D], of which the token at `at` [1] is written."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, keys: torch.Tensor, values: torch.Tensor, at: torch.Tensor) -> None:
        super().__init__()
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True
        self.keys, self.values, self.at = keys, values, at

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the one new token; all S are attended to as the mask allows."""
        self.keys.index_copy_(2, self.at, key_states)
        self.values.index_copy_(2, self.at, value_states)
        return self.keys, self.values


class FixedBatch:
    """Caches of their final size, and a pass that is recorded.

    Args:
        forward: the model; `cache` and `mask` are those of a `GrowingBatch`.
        size: S, the most tokens that a row will have.
        positions: [B] of each row's last token, which is the W-th.
        record: makes the recording.
    """

    def __init__(
        self,
        forward: Forward,
        cache: DynamicCache,
        mask: torch.Tensor,
        positions: torch.Tensor,
        *,
        size: int,
        record: Recorder,
    ) -> None:
        from transformers import DynamicCache

        width = mask.shape[1]
        size = -(-size // _MULTIPLE) * _MULTIPLE
        self._at = torch.full((1,), width - 1, device=mask.device)
        grown = cast("list[DynamicLayer]", cache.layers)
        self._layers = [
            _FixedLayer(_longer(layer.keys, size), _longer(layer.values, size), self._at)
            for layer in grown
        ]
        self._cache = DynamicCache()
        self._cache.layers = [*self._layers]
        dtype = self._layers[0].keys.dtype
        closed = torch.finfo(dtype).min
        self._bias = torch.full((len(mask), 1, 1, size), closed, dtype=dtype, device=mask.device)
        self._bias[:, 0, 0, :width].masked_fill_(mask.bool(), 0.0)
        self._positions = positions[:, None].clone()
        self._forward, self._record = forward, record
        self._begin()

    def _begin(self) -> None:
        self._ids = torch.zeros_like(self._positions)
        self._replay: Pass | None = None
        self._trusted = False

    def agrees(self, ids: torch.Tensor, logits: torch.Tensor) -> bool:
        """Whether the last token `ids` [B], taken in once more, gives the same `logits` [B, V]."""
        self._ids.copy_(ids[:, None])
        return _near(self._pass(), logits)

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """One token further."""
        self._at += 1
        self._positions += 1
        self._ids.copy_(ids[:, None])
        if self._replay is not None and self._trusted:
            return self._replay()
        with uncached_autocast():
            if self._record.given_up:
                return self._pass()
            if self._replay is None:
                return self._recorded()
            logits = self._pass()
            self._trusted = _near(self._replay(), logits)
            if not self._trusted:
                _give_up(self._record, "a recording gives other logits")
        return logits

    def _recorded(self) -> torch.Tensor:
        """A plain pass, which is then recorded."""
        try:
            # A recording that fails leaves traces, so what cannot be recorded is found before.
            with never_waiting(self._ids.device):
                logits = self._pass()
            self._replay = self._record(self._pass)
        except RuntimeError as error:
            _give_up(self._record, str(error).splitlines()[0])
            return self._pass()
        return logits

    def keep(self, rows: torch.Tensor) -> bool:
        """Rows leave once half of them have ended."""
        if 2 * len(rows) > len(self._positions):
            return False
        for layer in self._layers:
            layer.keys, layer.values = layer.keys[rows], layer.values[rows]
        self._bias, self._positions = self._bias[rows], self._positions[rows]
        self._begin()
        return True

    def _pass(self) -> torch.Tensor:
        self._bias.index_fill_(3, self._at, 0.0)
        return self._forward(
            input_ids=self._ids,
            attention_mask=self._bias,
            position_ids=self._positions,
            past_key_values=self._cache,
        )


def _give_up(record: Recorder, reason: str) -> None:
    """Every further pass is a plain one."""
    _LOG.debug("decoding is not replayed: %s", reason)
    record.given_up = reason


def fixed(
    growing: GrowingBatch, ids: torch.Tensor, logits: torch.Tensor, steps: int, record: Recorder
) -> Batch:
    """`growing`, laid into caches of fixed size where the model allows it.

    Args:
        growing: after a step.
        ids: [B] that it took in.
        logits: [B, V] that it gave.
        steps: most steps to come.
        record: makes recordings.
    """
    try:
        batch = FixedBatch(
            growing.forward,
            growing.cache,
            growing.mask,
            growing.positions,
            size=growing.mask.shape[1] + steps,
            record=record,
        )
        if batch.agrees(ids, logits):
            return batch
        _give_up(record, "caches of a fixed size give other logits")
    except torch.OutOfMemoryError:
        _LOG.debug("no room for caches of their final size beside the growing ones")
    except (RuntimeError, ValueError, TypeError, AttributeError) as error:
        _give_up(record, str(error))
    return growing


def _longer(states: torch.Tensor | None, size: int) -> torch.Tensor:
    """[B, G, W, D] as [B, G, S, D], zeros at its end."""
    assert states is not None
    rows, heads, width, depth = states.shape
    longer = states.new_zeros((rows, heads, size, depth))
    longer[:, :, :width] = states
    return longer


def _near(found: torch.Tensor, expected: torch.Tensor) -> bool:
    off = (found.float() - expected.float()).abs().mean() / expected.float().std()
    if not (near := bool(off <= _NEAR)):
        _LOG.debug("logits are off by %.3g of their spread", float(off))
    return near
