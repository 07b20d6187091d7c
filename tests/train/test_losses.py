"""The loss: equal to TRL's, whatever a batch is cut into; the head's slices equal the whole head."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from curate.schemas.options.train import TrainOptions
from curate.train import head
from curate.train.evaluating import measure_examples
from curate.train.forward import ForwardPlan, TokenLosses, suited
from curate.train.lora import fuse
from curate.train.models import Base, add_adapter
from curate.train.packing import pack, plan_step
from curate.train.sft import SupervisedObjective
from tests.train.conftest import make_model, make_tokenizer
from tests.train.test_packing import make_samples


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_the_sliced_head_equals_cross_entropy(
    frozen: bool, bias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "_SLICE_ON_CPU", 50 * 7)  # slices of seven rows, the last one short
    torch.manual_seed(0)
    layer = nn.Linear(16, 50, bias=bias).requires_grad_(not frozen)
    targets = torch.randint(0, 50, (24,))
    weights = torch.rand(24)  # losses of single tokens may be weighted, as preferences do
    results = []
    for sliced in (True, False):
        hidden = torch.linspace(-2, 2, 24 * 16).view(24, 16).requires_grad_()
        layer.zero_grad(set_to_none=True)
        if sliced:
            nll, _ = head.token_nll(hidden, layer, targets)
        else:
            nll = F.cross_entropy(layer(hidden), targets, reduction="none")
        (nll * weights).sum().backward()
        grads = [hidden.grad] + ([] if frozen else [p.grad for p in layer.parameters()])
        results.append([nll.detach(), *grads])
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


def test_a_pack_without_learnt_tokens_has_no_loss_and_no_gradient() -> None:
    model = make_model()
    losses = TokenLosses(model, suited(model))
    nll, _ = losses(pack(make_samples(), [0], learn=False))
    assert nll.shape == (0,)
    nll.sum().backward()
    assert all(p.grad is None or not p.grad.any() for p in model.parameters())


def gradients(model: nn.Module, objective: Any, items: list[int], budget: int) -> dict[str, Any]:
    """The gradient of one optimiser step, cut into packs of at most `budget` tokens."""
    model.zero_grad(set_to_none=True)
    units = sum(objective.units[i] for i in items)
    packs = plan_step(objective.lengths, items, budget)[0]
    for numbers in packs:
        (objective.measure(model, objective.batch(numbers)).losses.sum() / units).backward()
    return {
        "packs": len(packs),
        "grads": [p.grad for p in model.parameters() if p.requires_grad],
    }


def test_one_pack_of_eight_equals_eight_packs_of_one() -> None:
    model = make_model()
    losses = TokenLosses(model, suited(model))
    objective = SupervisedObjective(make_samples(count=8))
    whole = gradients(losses, objective, list(range(8)), 10_000)
    cut = gradients(losses, objective, list(range(8)), 1)
    assert (whole["packs"], cut["packs"]) == (1, 8)
    for a, b in zip(whole["grads"], cut["grads"], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("budget", [1, 60, 10_000])
def test_evaluation_does_not_depend_on_how_it_is_batched(budget: int) -> None:
    model = make_model()
    losses = TokenLosses(model, suited(model))
    objective = SupervisedObjective(make_samples(count=12))
    alone: Any = SimpleNamespace(num_processes=1, process_index=0, device=torch.device("cpu"))
    found = measure_examples(losses, objective, range(12), budget=budget, accelerator=alone)
    expected = [float(losses(objective.batch([i]))[0].detach().double().sum()) for i in range(12)]
    assert found.nll == pytest.approx(expected, rel=1e-6)
    assert found.tokens.tolist() == objective.units
    assert found.loss == pytest.approx(sum(expected) / sum(objective.units), rel=1e-6)


def lora(model: Any, **changes: Any) -> Any:
    torch.manual_seed(1)
    options = TrainOptions(model="tiny", lora_rank=4, **changes)
    adapted = add_adapter(model, Base("tiny", "tiny", local=True), options)
    for name, parameter in adapted.named_parameters():
        if ".lora_B." in name:
            nn.init.normal_(parameter, std=0.1)
    return adapted


def test_fused_lora_equals_pefts_and_falls_back_where_it_must() -> None:
    x = torch.randn(2, 5, 32)
    model = lora(make_model())
    layer = model.base_model.model.model.layers[0].mlp.up_proj
    results = []
    for fused in (False, True):
        if fused:
            assert fuse(model, torch.float32)[0] == 14
        model.zero_grad()
        inputs = x.clone().requires_grad_()
        out = layer(inputs)
        out.square().sum().backward()
        results.append(
            [out.detach(), inputs.grad, *(p.grad for p in layer.parameters() if p.requires_grad)]
        )
    for found, expected in zip(results[1], results[0], strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    with model.disable_adapter():
        torch.testing.assert_close(layer(x), layer.base_layer(x))
    model.merge_adapter()
    torch.testing.assert_close(layer(x), results[0][0], rtol=1e-5, atol=1e-5)
    model.unmerge_adapter()
    assert fuse(lora(make_model(), lora_dropout=0.1), torch.float32)[0] == 0
    assert fuse(lora(make_model(), use_dora=True), torch.float32)[0] == 0
    assert fuse(lora(make_model()), torch.bfloat16)[0] == 0


@pytest.mark.parametrize("padding_free", [False, True])
def test_loss_and_gradients_equal_trl(padding_free: bool, tmp_path: Any) -> None:
    """The same samples, labels and adapter through TRL's SFTTrainer, in float32."""
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    samples = make_samples(count=6)
    theirs = lora(make_model())
    trainer = trl.SFTTrainer(
        model=theirs,
        args=trl.SFTConfig(
            output_dir=str(tmp_path),
            use_cpu=True,
            bf16=False,
            report_to=[],
            gradient_checkpointing=False,
            per_device_train_batch_size=6,
            max_length=None,
            padding_free=padding_free,
            disable_tqdm=True,
        ),
        train_dataset=datasets.Dataset.from_list(
            [
                {
                    "input_ids": s.ids.tolist(),
                    "labels": [
                        int(i) if on else -100 for i, on in zip(s.ids, s.learnt, strict=True)
                    ],
                }
                for s in samples
            ]
        ),
        processing_class=make_tokenizer(),
    )
    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(6)])
    theirs.train()
    theirs.zero_grad()
    expected = trainer.compute_loss(theirs, batch)
    expected.backward()
    ours = lora(make_model())
    fuse(ours, torch.float32)
    losses = TokenLosses(ours, suited(ours))
    assert losses.plan == ForwardPlan(packed=True, sliced_head=True)
    objective = SupervisedObjective(samples)
    found = objective.measure(losses, objective.batch(range(6))).losses.sum()
    found = found / sum(objective.units)
    found.backward()
    assert float(found) == pytest.approx(float(expected), abs=1e-5)
    theirs_grads = {n: p.grad for n, p in theirs.named_parameters() if p.requires_grad}
    for name, parameter in ours.named_parameters():
        if parameter.requires_grad:
            torch.testing.assert_close(parameter.grad, theirs_grads[name], rtol=1e-5, atol=1e-5)
