"""Which forward passes are trusted: those that give a model's own losses, with samples kept apart."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest
import torch

from curate.errors import UserError
from curate.schemas.options.train import Switch, TrainOptions
from curate.train import attention, kernels
from curate.train.decisions import Decisions
from curate.train.forward import TokenLosses, suited
from tests.train.conftest import make_model
from tests.train.test_losses import lora


def test_packing_is_taken_in_float32_and_under_bfloat16_autocast() -> None:
    assert suited(make_model()).packed
    with torch.autocast("cpu", torch.bfloat16):
        assert suited(make_model()).packed


@pytest.mark.parametrize("autocast", [False, True])
def test_packing_that_lets_samples_see_each_other_is_refused(
    monkeypatch: pytest.MonkeyPatch, autocast: bool
) -> None:
    def leaking(module: Any, query: Any, key: Any, value: Any, mask: Any, **kwargs: Any) -> Any:
        groups = query.shape[1] // key.shape[1]
        key, value = (t.repeat_interleave(groups, dim=1) for t in (key, value))
        if kwargs.get("kv_index") is not None:
            query = query[:, :, : key.shape[2]]
        out = torch.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return out.transpose(1, 2), None

    monkeypatch.setattr(attention, "packed_attention", leaking)
    model = make_model()
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        plan = suited(model)
    assert not plan.packed
    assert any("packed attention is not used" in reason for reason in plan.reasons)
    assert model.config._attn_implementation == "sdpa"


def test_what_liger_patches_stays_off_other_models_and_off_the_cpu() -> None:
    class Norm: ...

    class FastNorm(Norm): ...

    class Model(torch.nn.Module): ...

    def rotate(x: torch.Tensor) -> str:
        return "plain"

    def rotate_on_gpu(x: torch.Tensor) -> str:
        return "fast"

    module: Any = types.ModuleType("a_model_of_ours")
    module.Norm, module.rotate = Norm, rotate
    Model.__module__ = module.__name__
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        with kernels._on_gpu_only(Model()):
            module.Norm, module.rotate = FastNorm, rotate_on_gpu
    assert module.Norm is Norm
    assert module.rotate(torch.zeros(1)) == "plain"


def test_compiled_layers_are_left_without_fused_products() -> None:
    options = TrainOptions(model="tiny", compile=Switch.ON)
    decided = Decisions()
    assert kernels.use_fused_lora(lora(make_model()), torch.float32, options, decided) is None
    assert decided.lines == []
    both = TrainOptions(model="tiny", compile=Switch.ON, fused_lora=Switch.ON)
    with pytest.raises(UserError, match="--compile on"):
        kernels.use_fused_lora(lora(make_model()), torch.float32, both, decided)


@pytest.mark.parametrize("kept", [1.0, 0.0])
def test_compiled_layers_that_lose_gradients_are_refused(
    monkeypatch: pytest.MonkeyPatch, kept: float
) -> None:
    """A compiler that gives the right values, and of the learnt matrices' gradients only a part."""
    from transformers.modeling_layers import GradientCheckpointingLayer

    def compile(layer: Any, **kwargs: Any) -> None:
        for parameter in layer.parameters():
            if parameter.requires_grad:
                parameter.register_hook(lambda grad: grad * kept)

    monkeypatch.setattr(GradientCheckpointingLayer, "compile", compile)
    model = lora(make_model())
    losses = TokenLosses(model, suited(model))
    decided = Decisions()
    options = TrainOptions(model="tiny", compile=Switch.ON)
    if kept:
        kernels.use_compile(losses, options, decided)
        assert decided.lines == ["torch.compile: on, for each of 2 layers"]
    else:
        with pytest.raises(UserError, match="off by 100%"):
            kernels.use_compile(losses, options, decided)
