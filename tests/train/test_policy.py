"""The policy's log-probabilities, entropies and values against the model's own logits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from curate.train.attention import usual_attention
from curate.train.forward import ForwardPlan, suited
from curate.train.gradients import Gradients
from curate.train.packing import pack
from curate.train.policy import PolicyModel, ReferencePolicy, without_dropout
from curate.train.samples import Sample, Way
from tests.train.conftest import make_model
from tests.train.test_graphs import Again


def samples() -> list[Sample]:
    """Three answers, two of them to one prompt."""
    rng = np.random.default_rng(0)
    prompt = rng.integers(0, 250, 20)
    rows = [np.r_[prompt, rng.integers(0, 250, n)] for n in (7, 3)]
    rows.append(rng.integers(0, 250, 30))
    return [
        Sample(row.astype(np.int32), np.arange(len(row)) >= 20, i, Way.PREFIX)
        for i, row in enumerate(rows)
    ]


def by_hand(model: Any, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probability and entropy of each answer's tokens, one sample at a time, in float64."""
    logps, entropies = [], []
    for s in samples():
        with torch.no_grad():
            logits = model(torch.from_numpy(s.ids.astype(np.int64))[None]).logits[0].double()
        table = (logits / temperature).log_softmax(-1)[:-1][s.learnt[1:]]
        targets = torch.from_numpy(s.ids[s.learnt].astype(np.int64))
        logps.append(table.gather(1, targets[:, None])[:, 0])
        entropies.append(-(table.exp() * table).sum(-1))
    return torch.cat(logps), torch.cat(entropies)


@pytest.mark.parametrize("temperature", [1.0, 0.6])
@pytest.mark.parametrize("sliced", [True, False])
def test_what_a_policy_says_is_what_its_logits_say(temperature: float, sliced: bool) -> None:
    model = make_model()
    expected = by_hand(model, temperature)
    plan = ForwardPlan(suited(model).packed, sliced)
    policy = PolicyModel(model, plan).eval()
    policy.temperature = temperature
    with torch.no_grad():
        said = policy(pack(samples(), [0, 1, 2]), entropies=True)
    torch.testing.assert_close(said.logps.double(), expected[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(said.entropies.double(), expected[1], rtol=1e-4, atol=1e-5)
    assert not said.values.any()


def test_values_are_read_where_a_token_is_predicted_and_teach_the_policy() -> None:
    model = make_model()
    policy = PolicyModel(model, suited(model)).eval()
    assert policy.value is not None
    with torch.no_grad():
        policy.value.weight.normal_()
    row = pack(samples(), [0, 1, 2])
    values = policy(row).values
    with torch.no_grad(), usual_attention(model):
        hidden = [
            model.base_model(torch.from_numpy(s.ids.astype(np.int64))[None]).last_hidden_state[0]
            for s in samples()
        ]
        expected = torch.cat(
            [policy.value(h)[:-1, 0][s.learnt[1:]] for h, s in zip(hidden, samples(), strict=True)]
        )
    torch.testing.assert_close(values, expected, rtol=1e-4, atol=1e-5)
    model.requires_grad_(True)
    policy(row).values.sum().backward()
    assert model.base_model.layers[0].mlp.up_proj.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("adapter", [True, False])
def test_the_reference_stays_what_the_policy_was(adapter: bool) -> None:
    model = make_model()
    expected = by_hand(model, 1.0)[0]
    if adapter:
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(task_type="CAUSAL_LM", r=2, target_modules="all-linear")
        model = get_peft_model(model, config)
    policy = PolicyModel(model, suited(model), has_value=not adapter).eval()
    reference = ReferencePolicy(policy)
    assert reference.is_copy != adapter
    with torch.no_grad():
        for parameter in policy.model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05)
        row = pack(samples(), [0, 1, 2])
        moved = policy(row).logps
        with reference.use() as before:
            kept = before(row).logps
    torch.testing.assert_close(kept.double(), expected, rtol=1e-4, atol=1e-5)
    assert (moved - kept).abs().max() > 1e-2
    assert all(p.requires_grad for n, p in policy.named_parameters() if "lora" in n)


def test_dropout_is_off_for_good() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(0.9)).train()
    without_dropout(model)
    x = torch.ones(2, 4)
    assert torch.equal(model(x), model[0](x))


def test_replayed_updates_have_the_gradients_of_computed_ones() -> None:
    """The value head stands outside of what is replayed, and has its gradient, too."""
    found = []
    for record in (None, Again):
        model = make_model()
        policy = PolicyModel(model, suited(model)).train()
        assert policy.value is not None
        with torch.no_grad():
            policy.value.weight.fill_(0.1)
        Gradients(policy.parameters())
        if record is not None:
            policy.replay(1024, lambda text: pytest.fail(text), record)
        for _ in range(2):
            said = policy(pack(samples(), [0, 1, 2]))
            (said.logps.sum() + said.values.square().sum()).backward()
        if record is not None:
            assert policy.graphs is not None
            assert policy.graphs.recorded
        found.append([p.grad.clone() for p in policy.parameters() if p.grad is not None])
    for plain, replayed in zip(*found, strict=True):
        torch.testing.assert_close(replayed, plain, rtol=1e-4, atol=1e-4)
