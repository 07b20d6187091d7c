"""Packs: nothing leaks between samples, nothing is lost or doubled, order follows from the step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.train.attention import PACKED, packed_attention, register, usual_attention
from curate.train.forward import ForwardPlan, TokenLosses, suited
from curate.train.packing import BatchOrder, deal, fill, pack, plan_step
from curate.train.samples import Sample, Way
from tests.train.conftest import make_model


def make_samples(
    seed: int = 0, count: int = 6, shared: int = 0, vocabulary: int = 250
) -> list[Sample]:
    """Samples of uneven lengths, the first `shared` tokens of all of them the same."""
    rng = np.random.default_rng(seed)
    head = rng.integers(0, vocabulary, size=shared)
    samples = []
    for i in range(count):
        own = rng.integers(0, vocabulary, size=int(rng.integers(5, 30)))
        ids = np.r_[head, own].astype(np.int32)
        learnt = np.arange(len(ids)) >= shared + int(rng.integers(1, 4))
        samples.append(Sample(ids, learnt, i, Way.TEXT))
    return samples


def separate_losses(model: Any, samples: list[Sample]) -> list[torch.Tensor]:
    """Each sample alone through transformers' own forward: the reference."""
    losses = []
    with usual_attention(model):
        for s in samples:
            ids = torch.from_numpy(s.ids.astype(np.int64))[None]
            logits = model(ids).logits[0, :-1].float()
            nll = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")
            losses.append(nll[torch.from_numpy(s.learnt[1:])])
    return losses


@pytest.mark.parametrize("shared", [0, 20])
def test_packed_losses_and_gradients_equal_separate_ones(shared: int) -> None:
    model = make_model()
    model.train()
    samples = make_samples(shared=shared)
    reference = torch.cat(separate_losses(model, samples))
    reference.sum().backward()
    expected = {n: p.grad.clone() for n, p in model.named_parameters()}
    model.zero_grad()
    plan = suited(model)
    assert plan == ForwardPlan(packed=True, sliced_head=True)
    row = pack(samples, range(len(samples)))
    assert (row.kv_index is not None) == bool(shared)
    found, _ = TokenLosses(model, plan)(row)
    torch.testing.assert_close(found, reference, rtol=1e-5, atol=1e-5)
    found.sum().backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], rtol=1e-4, atol=1e-5)


def test_a_shared_beginning_is_laid_out_once() -> None:
    samples = make_samples(shared=20)
    shared, apart = pack(samples, range(6)), pack(samples, range(6), share=False)
    assert apart.ids.shape[1] - shared.ids.shape[1] == 5 * 20
    assert shared.sample_tokens == apart.sample_tokens == sum(len(s) for s in samples)
    assert torch.equal(shared.targets, apart.targets)


def test_learnt_tokens_are_never_shared() -> None:
    ids = np.arange(40, dtype=np.int32)
    samples = [Sample(ids, np.arange(40) >= 18, i, Way.TEXT) for i in range(3)]
    row = pack(samples, range(3))
    assert len(row.targets) == 3 * 22
    assert row.ids.shape[1] == 18 + 3 * 22


def test_isolation_cannot_be_switched_off_by_accident() -> None:
    """No bounds, a mask of ones, a cache: each raises, none silently attends across samples."""
    model = make_model()
    assert suited(model).packed
    row = pack(make_samples(), range(3))
    with torch.no_grad():
        for extra in ({}, {"use_cache": True}, {"attention_mask": torch.ones_like(row.ids)}):
            with pytest.raises(ValueError, match="packed attention"):
                model(row.ids, position_ids=row.positions, **extra)
    states = torch.randn(1, 4, 6, 8)
    with pytest.raises(ValueError, match="no attention mask"):
        packed_attention(model, states, states, states, torch.ones(1, 1, 6, 6), **row_bounds([6]))


def row_bounds(lengths: list[int]) -> dict[str, Any]:
    bounds = torch.tensor([0, *np.cumsum(lengths)], dtype=torch.int32)
    return {
        "cu_seq_lens_q": bounds,
        "cu_seq_lens_k": bounds,
        "max_length_q": max(lengths),
        "max_length_k": max(lengths),
    }


def test_a_model_whose_attention_cannot_be_packed_is_found_out() -> None:
    """A forward that drops the bounds (as some architectures do) is not trusted with packs."""
    model = make_model()
    for layer in model.model.layers:
        attention = layer.self_attn
        original = attention.forward

        def forgetful(*args: Any, _original: Any = original, **kwargs: Any) -> Any:
            kwargs = {k: v for k, v in kwargs.items() if "length" not in k and "cu_seq" not in k}
            return _original(*args, **kwargs)

        attention.forward = forgetful
    plan = suited(model)
    assert not plan.packed
    assert "bounds" in plan.reasons[0]
    assert model.config._attn_implementation == "sdpa"


def test_a_leaking_attention_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AttentionInterface

    def leaking(module: Any, query: Any, key: Any, value: Any, mask: Any, **kwargs: Any) -> Any:
        one = row_bounds([query.shape[2]])
        kwargs |= {**one, "kv_index": None}
        return packed_attention(module, query, key, value, mask, **kwargs)

    model = make_model()
    register()
    monkeypatch.setattr("curate.train.attention.register", lambda: None)
    AttentionInterface.register(PACKED, leaking)
    try:
        plan = suited(model)
    finally:
        AttentionInterface.register(PACKED, packed_attention)
    assert not plan.packed
    assert "moves a token's loss" in plan.reasons[0]


@pytest.mark.parametrize("window", [None, 4])
def test_attention_equals_a_dense_block_diagonal_mask(window: int | None) -> None:
    torch.manual_seed(0)
    lengths = [7, 3, 12]
    total = sum(lengths)
    query, key, value = (torch.randn(1, h, total, 8) for h in (4, 2, 2))
    found, _ = packed_attention(
        torch.nn.Identity(), query, key, value, None, sliding_window=window, **row_bounds(lengths)
    )
    owner = torch.repeat_interleave(torch.arange(3), torch.tensor(lengths))
    at = torch.arange(total)
    seen = (owner[:, None] == owner[None]) & (at[None] <= at[:, None])
    if window is not None:
        seen &= at[None] > at[:, None] - window
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key.repeat_interleave(2, 1), value.repeat_interleave(2, 1), attn_mask=seen
    )
    torch.testing.assert_close(found, expected.transpose(1, 2), rtol=1e-5, atol=1e-6)


def test_every_sample_is_seen_once_an_epoch_in_another_order_each_time() -> None:
    order = BatchOrder(samples=23, batch_size=5, seed=3)
    epochs = [
        [
            i
            for s in range(order.steps_per_epoch)
            for i in order.batch(e * order.steps_per_epoch + s)
        ]
        for e in range(3)
    ]
    assert all(sorted(epoch) == list(range(23)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert BatchOrder(23, 5, 3).batch(7) == order.batch(7) != BatchOrder(23, 5, 4).batch(7)


lengths_of = st.lists(st.integers(1, 50), min_size=1, max_size=40)


@given(lengths_of, st.integers(1, 6))
def test_dealing_loses_nothing_and_is_balanced(lengths: list[int], processes: int) -> None:
    hands = deal(lengths, processes)
    assert sorted(i for hand in hands for i in hand) == list(range(len(lengths)))
    totals = [sum(lengths[i] for i in hand) for hand in hands]
    assert max(totals) - min(totals) <= max(lengths)


@given(lengths_of, st.integers(50, 120))
def test_packs_stay_within_the_budget(lengths: list[int], budget: int) -> None:
    packs = fill(lengths, budget)
    assert sorted(i for p in packs for i in p) == list(range(len(lengths)))
    assert all(sum(lengths[i] for i in p) <= budget for p in packs)


@settings(max_examples=50)
@given(lengths_of, st.integers(1, 5), st.integers(1, 80))
def test_all_processes_get_equally_many_packs(
    lengths: list[int], processes: int, budget: int
) -> None:
    plan = plan_step(lengths, range(len(lengths)), budget, processes)
    assert len(plan) == processes
    assert len({len(packs) for packs in plan}) == 1
    assert sorted(i for packs in plan for p in packs for i in p) == list(range(len(lengths)))
