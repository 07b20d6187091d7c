"""The decoder as CUDA graphs: padding changes nothing, and replaying equals computing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from curate.train import attention
from curate.train.forward import ForwardPlan, TokenLosses
from curate.train.gradients import Gradients
from curate.train.graphs import CudaPasses, Decoder, Record, own_stream
from curate.train.lora import fuse
from curate.train.memory import recompute
from curate.train.models import keep_differentiable
from curate.train.packing import Pack, pack
from curate.train.padding import Buffers, Sizes
from curate.train.samples import Sample, Way
from tests.train.test_losses import lora


def _samples(lengths: list[int], *, shared: int = 0) -> list[Sample]:
    rng = np.random.default_rng(0)
    head = rng.integers(0, 250, size=shared)
    rows = [np.r_[head, rng.integers(0, 250, size=n)].astype(np.int32) for n in lengths]
    return [
        Sample(row, np.arange(len(row)) >= shared + 2, i, Way.TEXT) for i, row in enumerate(rows)
    ]


def _model(dtype: torch.dtype = torch.float32) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=260,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        use_cache=False,
    )
    model: Any = LlamaForCausalLM(config)
    model.to(dtype)
    attention.register()
    model.set_attn_implementation(attention.PACKED)
    return model


LENGTHS = st.lists(st.integers(3, 90), min_size=1, max_size=12)


def _well_formed(inputs: dict[str, Any], laid_out: Pack, sizes: Sizes) -> None:
    """Every row belongs to a segment that the kernels' bounds reach, and every query sees a key."""
    bounds = inputs["cu_seq_lens_q"].tolist()
    assert bounds[: len(laid_out.query_bounds)] == laid_out.query_bounds.tolist()
    assert bounds[-1] == sizes.tokens == inputs["input_ids"].shape[1]
    queries, keys = np.diff(bounds), np.diff(inputs["cu_seq_lens_k"].tolist())
    assert (queries >= 0).all()
    assert (keys >= queries).all()
    assert ((queries > 0) | (keys == 0)).all()
    assert max(queries) <= sizes.longest_query == inputs["max_length_q"]
    assert max(keys) <= sizes.longest_key == inputs["max_length_k"]


@given(LENGTHS, st.sampled_from([0, 20]))
@settings(max_examples=60, deadline=None)
def test_a_padded_pack_holds_the_same_samples(lengths: list[int], shared: int) -> None:
    laid_out = pack(_samples(lengths, shared=shared), range(len(lengths)))
    sizes = Sizes.of(laid_out).padded(32)
    tokens = laid_out.ids.shape[1]
    assert tokens < sizes.tokens <= max(1.07 * tokens, tokens + 64)
    _well_formed(_filled(laid_out, sizes).inputs(sizes), laid_out, sizes)


@given(st.lists(LENGTHS, min_size=2, max_size=6), st.sampled_from([0, 20]))
@settings(max_examples=40, deadline=None)
def test_a_pack_goes_into_no_recording_that_would_leave_rows_unwritten(
    batches: list[list[int]], shared: int
) -> None:
    """Whatever was recorded before, for shorter or longer segments, with more or less padding."""
    packs = [pack(_samples(lengths, shared=shared), range(len(lengths))) for lengths in batches]
    recorded = [Sizes.of(p).padded(8, longest) for p in packs for longest in (1, 64, 256)]
    for laid_out in packs:
        own = Sizes.of(laid_out)
        fitting = [s for s in recorded if s.hold(own)]
        assert fitting
        for sizes in fitting:
            _well_formed(_filled(laid_out, sizes).inputs(sizes), laid_out, sizes)
        for sizes in set(recorded) - set(fitting):
            with pytest.raises(RuntimeError, match="do not hold"):
                _filled(laid_out, sizes)


@pytest.mark.parametrize("shared", [0, 24])
def test_padding_does_not_change_what_a_sample_computes(shared: int) -> None:
    model = _model()
    laid_out = pack(_samples([17, 40, 5, 31], shared=shared), range(4))
    sizes = Sizes.of(laid_out).padded(32)
    inputs = _filled(laid_out, sizes).inputs(sizes)
    tokens = laid_out.ids.shape[1]
    with torch.no_grad():
        expected = model.base_model(
            input_ids=laid_out.ids,
            position_ids=laid_out.positions,
            use_cache=False,
            **laid_out.attention,
        ).last_hidden_state[0]
        found = model.base_model(**inputs).last_hidden_state[0, :tokens]
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def _filled(laid_out: Pack, sizes: Sizes) -> Buffers:
    buffers = Buffers(4096, torch.zeros(1, 64))
    buffers.hold_keys(8192)
    buffers.fill(laid_out, sizes)
    return buffers


class Again:
    """Stands in for a recording where there is no GPU: the passes are computed each time."""

    def __init__(self, decoder: Decoder, buffers: Buffers, sizes: Sizes, pool: object) -> None:
        self.decoder, self.buffers, self.sizes = decoder, buffers, sizes

    def forward(self) -> None:
        with torch.enable_grad():
            self.hidden = self.decoder(self.buffers.inputs(self.sizes))
        self.buffers.hidden[: self.sizes.tokens] = self.hidden.detach()

    def backward(self) -> None:
        self.hidden.backward(self.buffers.grad[: self.sizes.tokens])


Found = tuple[torch.Tensor, list[torch.Tensor], tuple[Sizes, ...]]
DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
    ),
]


def _reader(kind: str, device: str) -> TokenLosses:
    """A model that is trained whole, or with an adapter as `curate train` puts it on."""
    dtype = torch.bfloat16 if device == "cuda" and kind != "full in float32" else torch.float32
    model, copies = _model(dtype).to(device), None
    if kind == "qlora":
        bitsandbytes = pytest.importorskip("bitsandbytes")
        for name, linear in [(n, m) for n, m in model.named_modules() if type(m) is nn.Linear]:
            if name == "lm_head":
                continue
            quantised = bitsandbytes.nn.Linear4bit(
                *(linear.in_features, linear.out_features), bias=False, compute_dtype=dtype
            )
            quantised.weight = bitsandbytes.nn.Params4bit(
                linear.weight.data, requires_grad=False, quant_type="nf4"
            ).to(device)
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, quantised)
        model.is_loaded_in_4bit = True
        keep_differentiable(model)
    if "lora" in kind:
        model = lora(model)
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
        model.to(device)
        copies = fuse(model, dtype)[1] if kind != "qlora" else None
    recompute(model, 1 if "recomputing" in kind else 0)
    return TokenLosses(model, ForwardPlan(True, True), copies).train()


def _trained_on(
    packs: Sequence[Pack], *, record: Record | None, device: str, kind: str = "full"
) -> Found:
    """Losses of all packs, the gradients summed over them, and what was recorded."""
    losses = _reader(kind, device)
    gradients = Gradients(losses.parameters())
    said: list[str] = []
    if record is not None:
        losses.replay(1024, said.append, record)
    nlls = []
    with own_stream(torch.device(device)):
        for number, one in enumerate(packs):
            with torch.autocast("cuda", torch.bfloat16, enabled=device == "cuda"):
                nll, _ = losses(one.to(torch.device(device)))
            nll.sum().backward()
            nlls.append(nll.detach().float())
            if number % 5 == 0:  # an evaluation in between
                losses.eval()
                with (
                    torch.no_grad(),
                    torch.autocast("cuda", torch.bfloat16, enabled=device == "cuda"),
                ):
                    losses(one.to(torch.device(device)))
                losses.train()
    assert not said
    sums = [p.grad.float().clone() for p in losses.parameters() if p.grad is not None]
    gradients.clear()
    assert all(not p.grad.any() for p in losses.parameters() if p.grad is not None)
    return torch.cat(nlls), sums, losses.graphs.recorded if losses.graphs is not None else ()


def _same(found: Found, expected: Found, device: str) -> None:
    tolerance = 1e-4 if device == "cpu" else 5e-2
    torch.testing.assert_close(found[0], expected[0], rtol=tolerance, atol=tolerance)
    assert len(found[1]) == len(expected[1]) > 0
    for mine, theirs in zip(found[1], expected[1], strict=True):
        assert theirs.isfinite().all()
        scale = float(theirs.abs().max())
        torch.testing.assert_close(mine, theirs, rtol=tolerance, atol=tolerance * scale)


KINDS = ["full", "full in float32", "lora", "lora, recomputing", "qlora"]


@pytest.mark.parametrize(("kind", "shared"), [*((k, 0) for k in KINDS), ("full", 24), ("lora", 24)])
@pytest.mark.parametrize("device", DEVICES)
def test_replayed_losses_and_gradients_equal_computed_ones(
    kind: str, shared: int, device: str
) -> None:
    samples = _samples([17, 40, 5, 31, 60, 33, 44, 21, 300, 280], shared=shared)
    packs = [pack(samples, some) for some in ([0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [2])] * 12
    record: Record = Again if device == "cpu" else CudaPasses
    plain = _trained_on(packs, record=None, device=device, kind=kind)
    replayed = _trained_on(packs, record=record, device=device, kind=kind)
    # A pack is padded to what there is until that has cost more than a recording of its own.
    assert 2 <= len(replayed[2]) <= 6
    _same(replayed, plain, device)


@pytest.mark.parametrize("device", DEVICES)
def test_packs_that_share_more_and_more_keys(device: str) -> None:
    """The buffer of shared keys grows: all that was recorded with the old one is recorded again."""
    samples = _samples([20] * 40, shared=200)
    packs = [pack(samples, range(count)) for count in (3, 36, 4, 36)] * 2
    record: Record = Again if device == "cpu" else CudaPasses
    replayed = _trained_on(packs, record=record, device=device)
    assert all(sizes.keys for sizes in replayed[2])
    _same(replayed, _trained_on(packs, record=None, device=device), device)


@pytest.mark.parametrize("device", DEVICES)
def test_gradients_that_are_laid_out_elsewhere_are_recorded_again(device: str) -> None:
    losses = _reader("lora", device)
    losses.replay(1024, lambda text: pytest.fail(text), Again if device == "cpu" else CudaPasses)
    one = pack(_samples([10, 20]), range(2)).to(torch.device(device))
    found = []
    with own_stream(torch.device(device)):
        for _ in range(3):
            gradients = Gradients(losses.parameters())
            nll, _ = losses(one)
            nll.sum().backward()
            found.append(float(gradients.clip(0.0)))
    assert found[0] > 0
    assert found == pytest.approx([found[0]] * 3, rel=1e-2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_model_that_waits_for_the_gpu_is_computed_as_usual_and_leaves_the_generator_alone() -> (
    None
):
    losses = _reader("full", "cuda")
    inner: Any = losses.model
    inner.model.layers[1].register_forward_pre_hook(
        lambda module, inputs: float(inputs[0].sum()) and None
    )
    Gradients(losses.parameters())
    said: list[str] = []
    losses.replay(1024, said.append)
    one = pack(_samples([10, 20]), range(2)).to(torch.device("cuda"))
    with own_stream(torch.device("cuda")):
        for _ in range(2):
            losses(one)[0].sum().backward()
        assert torch.rand(3, device="cuda").isfinite().all()
    assert len(said) == 1
    torch.cuda.empty_cache()


class Full:
    """A GPU whose memory is taken for the first so many recordings."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __call__(self, decoder: Decoder, buffers: Buffers, sizes: Sizes, pool: object) -> Again:
        self.times -= 1
        if self.times >= 0:
            raise torch.OutOfMemoryError
        return Again(decoder, buffers, sizes, pool)


def test_a_recording_that_does_not_fit_is_tried_once_more_with_an_empty_cache() -> None:
    losses = TokenLosses(_model(), ForwardPlan(True, True)).train()
    Gradients(losses.parameters())
    losses.replay(1024, lambda text: pytest.fail(text), Full(1))
    losses(pack(_samples([10, 20]), range(2)))[0].sum().backward()
    assert losses.graphs is not None
    assert len(losses.graphs.recorded) == 1
    losses.replay(1024, lambda text: pytest.fail(text), Full(2))
    with pytest.raises(torch.OutOfMemoryError):
        losses(pack(_samples([10, 20]), range(2)))
    losses(pack(_samples([10, 20]), range(2)))[0].sum().backward()  # the loop tries again, smaller
    assert len(losses.graphs.recorded) == 1


def test_a_pack_between_a_pass_and_its_way_back_is_an_error() -> None:
    """Both would have their activations in the same memory."""
    losses = TokenLosses(_model(), ForwardPlan(True, True)).train()
    Gradients(losses.parameters())
    losses.replay(1024, lambda text: pytest.fail(text), Again)
    first, _ = losses(pack(_samples([10, 20]), range(2)))
    second, _ = losses(pack(_samples([10, 20]), range(2)))
    second.sum().backward()
    with pytest.raises(RuntimeError, match="another pack"):
        first.sum().backward()


def test_a_model_that_cannot_be_recorded_is_computed_as_usual() -> None:
    def refuse(decoder: Decoder, buffers: Buffers, sizes: Sizes, pool: object) -> Again:
        raise RuntimeError("operation not permitted when stream is capturing\nand more")

    losses = TokenLosses(_model(), ForwardPlan(True, True)).train()
    Gradients(losses.parameters())
    said: list[str] = []
    losses.replay(1024, said.append, refuse)
    for _ in range(3):
        nll, _ = losses(pack(_samples([10, 20]), range(2)))
        nll.sum().backward()
    assert len(said) == 1
    assert "not permitted" in said[0]


def test_gradients_that_have_moved_are_not_written_to() -> None:
    """A loop that drops gradients instead of clearing them gets them computed as usual."""
    losses = TokenLosses(_model(), ForwardPlan(True, True)).train()
    Gradients(losses.parameters())
    losses.replay(1024, lambda text: None, Again)
    one = pack(_samples([10, 20]), range(2))
    norms = []
    for _ in range(3):
        nll, _ = losses(one)
        nll.sum().backward()
        norms.append(sum(float(p.grad.norm()) for p in losses.parameters() if p.grad is not None))
        losses.zero_grad(set_to_none=True)
    assert norms[0] > 0
    assert norms == pytest.approx([norms[0]] * 3)
