"""Attention over packed rows: several samples stand in one row, and none sees another.

`curate_packed` is registered with transformers as an attention function. It takes the samples'
bounds from the keyword arguments that the loop passes through the model (`cu_seq_lens_q` and its
companions) and raises when they are missing, so isolation cannot be lost to a default: neither a
KV cache nor an attention mask of ones switches it off. On CUDA it runs one variable-length
FlashAttention call; elsewhere one causal `scaled_dot_product_attention` call for each sample,
which does no work on pairs of tokens of different samples.

Shapes: T tokens of the packed row (of all samples together), H query heads, G key/value heads,
D head size.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch
from torch.nn import functional as F
from torch.nn.attention.varlen import varlen_attn

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PACKED = "curate_packed"
_VARLEN_ARGUMENTS = frozenset(inspect.signature(varlen_attn).parameters)


def _varlen_arguments(window: int | None) -> dict[str, Any]:
    """How this version of torch wants to hear: causal, so wide a window, grouped heads.

    FlashAttention takes fewer key/value heads than query heads as they are; only newer versions
    of torch ask to be told so.
    """
    if "window_size" in _VARLEN_ARGUMENTS:
        arguments: dict[str, Any] = {"window_size": (-1 if window is None else window - 1, 0)}
    elif window is None:
        arguments = {"is_causal": True}
    else:
        raise ValueError("this version of torch has no packed attention with a sliding window")
    if "enable_gqa" in _VARLEN_ARGUMENTS:
        arguments["enable_gqa"] = True
    return arguments


def register() -> None:
    """Make `curate_packed` known to transformers; calling it again changes nothing."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface

    AttentionInterface.register(PACKED, packed_attention)
    AttentionMaskInterface.register(PACKED, _no_mask)


def _no_mask(*args: Any, **kwargs: Any) -> None:
    """The bounds say everything: no mask is built."""
    return


def packed_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    sliding_window: int | None = None,
    cu_seq_lens_q: torch.Tensor | None = None,
    cu_seq_lens_k: torch.Tensor | None = None,
    max_length_q: int | None = None,
    max_length_k: int | None = None,
    kv_index: torch.Tensor | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention within each sample of a packed row.

    Args:
        module: the attention layer (unused).
        query: [1, H, T, D].
        key: [1, G, T, D].
        value: [1, G, T, D].
        attention_mask: must be None.
        dropout: of the attention weights; only 0 is supported.
        scaling: of the scores; 1/sqrt(D) without it.
        sliding_window: how many tokens back a token sees, itself included.
        cu_seq_lens_q: [samples + 1] int32, where each sample's queries begin.
        cu_seq_lens_k: the same for keys; other than for queries only with `kv_index`.
        max_length_q: queries of the longest sample.
        max_length_k: keys of the longest sample.
        kv_index: [keys of all samples] int64, which token of the row each key is, where samples
            share the tokens of a common prefix; None when keys and queries are the same tokens.
        kwargs: anything else that the model passes.

    Returns:
        The attention's output, [1, T, H, D], and None for the weights.

    Raises:
        ValueError: the bounds are missing, or the model asks for what packing does not support.
    """
    if (
        cu_seq_lens_q is None
        or cu_seq_lens_k is None
        or max_length_q is None
        or max_length_k is None
    ):
        raise ValueError("packed attention was called without the samples' bounds (cu_seq_lens_q)")
    if attention_mask is not None or dropout or query.shape[0] != 1:
        raise ValueError("packed attention takes one packed row, no attention mask and no dropout")
    for name in ("softcap", "s_aux", "position_bias"):
        if kwargs.get(name) is not None:
            raise ValueError(f"packed attention does not support {name}")
    queries, keys, values = (t[0].transpose(0, 1) for t in (query, key, value))  # [T, heads, D]
    if kv_index is not None:
        keys, values = keys[kv_index], values[kv_index]
    if query.is_cuda:
        out = _varlen(
            queries,
            keys,
            values,
            cu_seq_lens_q,
            cu_seq_lens_k,
            max_length_q,
            max_length_k,
            scaling,
            sliding_window,
        )
    else:
        out = _one_by_one(
            queries, keys, values, cu_seq_lens_q, cu_seq_lens_k, scaling, sliding_window
        )
    return out.unsqueeze(0), None


def _varlen(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    bounds_q: torch.Tensor,
    bounds_k: torch.Tensor,
    longest_q: int,
    longest_k: int,
    scaling: float | None,
    window: int | None,
) -> torch.Tensor:
    if torch.is_autocast_enabled("cuda"):
        # As autocast does for torch's other attention; float32 cosines may have widened these.
        dtype = torch.get_autocast_dtype("cuda")
        queries, keys, values = queries.to(dtype), keys.to(dtype), values.to(dtype)
    out = varlen_attn(
        queries,
        keys,
        values,
        bounds_q,
        bounds_k,
        longest_q,
        longest_k,
        scale=scaling,
        **_varlen_arguments(window),
    )
    return cast(torch.Tensor, out)


def _one_by_one(
    queries: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    bounds_q: torch.Tensor,
    bounds_k: torch.Tensor,
    scaling: float | None,
    window: int | None,
) -> torch.Tensor:
    """[T, H, D] from a loop over samples; queries are aligned with the last keys of their sample."""
    starts_q, starts_k = bounds_q.tolist(), bounds_k.tolist()
    groups = queries.shape[1] // keys.shape[1]
    if groups > 1:
        keys, values = (t.repeat_interleave(groups, dim=1) for t in (keys, values))
    outputs = []
    for i in range(len(starts_q) - 1):
        if starts_q[i] == starts_q[i + 1]:
            continue
        q = queries[starts_q[i] : starts_q[i + 1]].transpose(0, 1)[None]  # [1, H, t, D]
        k = keys[starts_k[i] : starts_k[i + 1]].transpose(0, 1)[None]
        v = values[starts_k[i] : starts_k[i + 1]].transpose(0, 1)[None]
        t, s = q.shape[2], k.shape[2]
        if t == s and (window is None or window >= s):
            out = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling)
        else:
            at_q = torch.arange(s - t, s, device=q.device)[:, None]
            at_k = torch.arange(s, device=q.device)[None, :]
            seen = at_k <= at_q
            if window is not None:
                seen &= at_k > at_q - window
            out = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=scaling)
        outputs.append(out[0].transpose(0, 1))
    return torch.cat(outputs)


@contextmanager
def usual_attention(model: PreTrainedModel) -> Iterator[None]:
    """Within, `model` (also one under an adapter) attends as usual: for generating with a cache."""
    before = model.config._attn_implementation
    if before != PACKED:
        yield
        return
    model.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        model.set_attn_implementation(before)
