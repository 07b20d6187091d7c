"""What is decided before the first step: model, memory, learning rate, timetable, kernels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import curate
from curate.errors import UserError
from curate.schemas.options.train import Adapter, Schedule, TrainOptions
from curate.train.memory import Shape, plan_memory, recompute
from curate.train.models import load_model, load_tokenizer, resolve_base
from curate.train.packing import pack
from curate.train.schedule import timetable
from curate.train.setup import make_accelerator
from curate.train.timing import estimate
from tests.train.conftest import make_model, make_tokenizer
from tests.train.test_packing import make_samples

GIB = 2**30
# The shapes of an 8B and a 1.5B model in bfloat16 with LoRA; sizes as in the maker's tables.
LLAMA_8B = Shape(32, 4096, 14336, 4096, 1024, 2, int(16.1 * GIB))
QWEN_1B5 = Shape(28, 1536, 8960, 1536, 256, 2, int(3.2 * GIB))


def plan(shape: Shape, gib: float, **changes: Any) -> Any:
    options = TrainOptions(model="m", **changes)
    return plan_memory(
        shape,
        available=int(gib * GIB),
        on_gpu=True,
        longest=1000,
        step_tokens=16_000,
        options=options,
    )


def test_small_models_get_large_packs_and_recompute_nothing() -> None:
    found = plan(QWEN_1B5, 79)
    assert (found.budget, found.recomputing) == (16_000, 0)


def test_packs_shrink_before_layers_recompute() -> None:
    found = plan(LLAMA_8B, 79)
    assert found.recomputing == 0
    assert 4_096 <= found.budget < 16_000
    assert 0 < plan(LLAMA_8B, 36).recomputing < 32


def test_what_cannot_fit_is_refused_with_numbers_and_what_would_help() -> None:
    with pytest.raises(UserError, match=r"GiB are needed.*--adapter qlora.*--max-length"):
        plan(LLAMA_8B, 16)
    with pytest.raises(UserError, match="--gradient-checkpointing auto"):
        plan(LLAMA_8B, 22, gradient_checkpointing="off")
    with pytest.raises(UserError, match="--adapter lora"):
        plan(Shape(32, 4096, 14336, 4096, 1024, 2, 128 * GIB), 79, adapter=Adapter.FULL)


def test_recomputing_changes_no_gradient() -> None:
    samples = make_samples()
    grads = []
    for layers in (0, 1, 2):
        model = make_model().train()
        recompute(model, layers)
        row = pack(samples, range(3))
        out = model(row.ids, position_ids=row.positions, use_cache=False)
        out.logits.float().square().mean().backward()
        grads.append([p.grad for p in model.parameters()])
    for other in grads[1:]:
        for a, b in zip(grads[0], other, strict=True):
            torch.testing.assert_close(a, b)


def test_the_learning_rate_rises_then_falls_to_nothing() -> None:
    for schedule in Schedule:
        options = TrainOptions(
            model="m", epochs=2, batch_size=10, learning_rate=1.0, schedule=schedule
        )
        times = timetable(options, items=500, measured_items=100, width=64)
        rates = [times.rate(step) for step in range(times.total)]
        assert times.total == 100
        assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
        assert max(rates) == 1.0
        if schedule is Schedule.CONSTANT:
            assert min(rates[5:]) == 1.0
        else:
            assert rates[5:] == sorted(rates[5:], reverse=True)
            assert rates[-1] < 0.02


def test_there_are_enough_evaluations_and_the_first_and_last_weights_are_measured() -> None:
    for items, measured in ((20, 8), (400, 80), (100_000, 256)):
        times = timetable(TrainOptions(model="m"), items=items, measured_items=measured, width=64)
        evaluated = [s for s in range(times.total + 1) if times.evaluates_at(s)]
        assert evaluated[0] == 0
        assert evaluated[-1] == times.total
        assert len(evaluated) >= 4


def test_the_time_estimate_is_one_line() -> None:
    line = estimate(1e12, torch.device("cpu"), torch.float32, 1)
    assert line.startswith("time: about ")
    assert "TFLOP" in line


@pytest.mark.parametrize(
    ("spelling", "message"),
    [
        ("./nothing", "no such folder"),
        ("nothing.gguf", "no such file"),
        ("package:nothing_like_it", "pip install nothing-like-it"),
        ("package:json", "expected one .gguf file"),
    ],
)
def test_models_that_are_not_there_are_named(spelling: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        resolve_base(spelling)


def test_a_folder_without_a_model_and_weights_in_pickles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json"):
        resolve_base(str(tmp_path))
    make_model().config.save_pretrained(tmp_path)
    torch.save({}, tmp_path / "pytorch_model.bin")
    base = resolve_base(str(tmp_path))
    with pytest.raises(UserError, match="cannot load"):
        load_model(base)
    with pytest.raises(UserError, match="tokenizer"):
        load_tokenizer(base)


@pytest.mark.model
def test_a_packaged_gguf_model_becomes_a_folder_that_plain_transformers_loads(
    packaged_model: str,
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = resolve_base(packaged_model)
    assert base.local
    assert resolve_base(packaged_model.replace("_", "-")).name == base.name
    tokenizer = AutoTokenizer.from_pretrained(base.name)
    model: Any = AutoModelForCausalLM.from_pretrained(base.name)
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    rows = [{"role": "user", "content": "What is the capital of France?"}]
    inputs: Any = tokenizer.apply_chat_template(
        rows, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    with torch.no_grad():
        out = model.generate(**inputs, max_new_tokens=12, do_sample=False)
    assert "Paris" in tokenizer.decode(out[0])


def test_threads_that_race_add_up_to_the_same_bits() -> None:
    """Rows that are read many times (a shared prompt) get their gradients from several threads."""
    make_accelerator(TrainOptions(model="any"))
    torch.set_num_threads(4)
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(0, 50, (4000,), generator=generator)
    weight = torch.randn(4000, 64, generator=generator)
    gradients: list[torch.Tensor] = []
    for _ in range(8):
        table = torch.zeros(50, 64, requires_grad=True)
        (table[rows] * weight).sum().backward()
        assert table.grad is not None
        gradients.append(table.grad)
    assert all(torch.equal(g, gradients[0]) for g in gradients)


def test_tokens_that_the_model_does_not_know_are_refused(chat_file: Path, tmp_path: Path) -> None:
    """On a GPU, such a token ends the process without a reason."""
    base = tmp_path / "base"
    make_model(vocab_size=257, eos_token_id=None, pad_token_id=None).save_pretrained(base)
    make_tokenizer().save_pretrained(base)
    with pytest.raises(UserError, match="writes token 257, and the model knows 257 tokens only"):
        curate.train(chat_file, model=str(base), output=tmp_path / "run", max_steps=1)
