"""QLoRA: gradients are those of LoRA over the dequantised base, also after an evaluation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import curate
from curate.train.exporting import merge
from curate.train.forward import TokenLosses, suited
from curate.train.history import read_history
from curate.train.models import load_model, resolve_base
from curate.train.packing import pack
from tests.train.conftest import make_model, make_tokenizer
from tests.train.test_losses import lora
from tests.train.test_packing import make_samples

bitsandbytes = pytest.importorskip("bitsandbytes")


@pytest.fixture(scope="module")
def wide_base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny model whose rows fill whole quantisation blocks."""
    folder = tmp_path_factory.mktemp("wide-base")
    make_model(hidden_size=64, intermediate_size=128).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return str(folder)


def test_gradients_equal_those_over_the_dequantised_base(wide_base: str) -> None:
    quantised: Any = load_model(resolve_base(wide_base), quantize=True, device_map={"": "cpu"})
    plain = make_model(hidden_size=64, intermediate_size=128)
    with torch.no_grad():
        for name, module in quantised.named_modules():
            if isinstance(module, bitsandbytes.nn.Linear4bit):
                weight = bitsandbytes.functional.dequantize_4bit(
                    module.weight.data, module.weight.quant_state
                )
                plain.get_submodule(name).weight.copy_(weight)
    grads = []
    for base in (quantised, plain):
        model = lora(base)
        losses = TokenLosses(model, suited(model))  # runs the model in eval mode
        losses.train()
        losses(pack(make_samples(), range(4)))[0].sum().backward()
        grads.append({n: p.grad for n, p in model.named_parameters() if p.requires_grad})
    assert grads[0].keys() == grads[1].keys()
    for name, grad in grads[1].items():
        torch.testing.assert_close(grads[0][name], grad, rtol=1e-3, atol=1e-4)


def test_a_run_over_a_quantised_base_learns_and_says_what_merging_means(
    wide_base: str, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    data = write_jsonl([{"prompt": f"{i} a", "completion": "aaa"} for i in range(24)])
    result = curate.train(
        data,
        model=wide_base,
        output=tmp_path / "run",
        adapter="qlora",
        max_steps=8,
        eval_every=4,
        batch_size=4,
        learning_rate=1e-2,
        samples=0,
    )
    assert result.best_step > 0
    report = merge(result.run, tmp_path / "merged")
    assert report.trained_quantised
    assert "4-bit" in report.summary()


@pytest.mark.parametrize("method", ["dpo", "reward"])
def test_preferences_are_learnt_over_a_quantised_base(
    method: str, wide_base: str, pair_file: Path, tmp_path: Path
) -> None:
    result = curate.train(
        pair_file,
        model=wide_base,
        output=tmp_path / "run",
        method=method,
        adapter="qlora",
        max_steps=6,
        eval_every=3,
        batch_size=4,
        learning_rate=1e-2,
        samples=0,
    )
    history = read_history(result.run / "history.jsonl")
    losses = [e.val_loss for e in history if e.event == "evaluation" and e.val_loss is not None]
    assert losses[-1] < losses[0]
