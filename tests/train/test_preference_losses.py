"""DPO and reward losses: equal to TRL's, to the published formulas, and however pairs are laid out."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from curate.schemas.options.preferences import PreferenceOptions
from curate.schemas.options.train import TrainOptions
from curate.train.dpo import PreferenceObjective, displaced, dpo_losses
from curate.train.forward import ForwardPlan, TokenLosses, suited
from curate.train.lora import fuse
from curate.train.models import Base, Head, add_adapter
from curate.train.pairs import Pair
from curate.train.reference import KnownReference, LiveReference, precompute
from curate.train.reward import RewardObjective, RewardScores, suited_to_rewards
from curate.train.samples import Sample, Way
from tests.train.conftest import make_model, make_tokenizer

PADDING = 257
ALONE: Any = SimpleNamespace(num_processes=1, process_index=0, device=torch.device("cpu"))


def make_pairs(count: int = 6, prompt: int = 24) -> list[Pair]:
    """Pairs with prompts of about `prompt` tokens, the first 20 of them the same in all pairs."""
    rng = np.random.default_rng(0)
    head = rng.integers(0, 250, size=20)
    pairs = []
    for i in range(count):
        own = rng.integers(0, 250, size=prompt + i)
        sides = []
        for _ in range(2):
            answer = rng.integers(0, 250, size=int(rng.integers(3, 20)))
            ids = np.r_[head, own, answer].astype(np.int32)
            learnt = np.arange(len(ids)) >= len(head) + len(own)
            sides.append(Sample(ids, learnt, i, Way.TEXT))
        pairs.append(Pair(sides[0], sides[1], example=i, margin=0.5 * i))
    return pairs


def adapted(model: Any, head: Head = Head.TOKENS) -> Any:
    """With LoRA matrices that change something."""
    torch.manual_seed(1)
    options = TrainOptions(model="tiny", lora_rank=4)
    model = add_adapter(model, Base("tiny", "tiny", local=True), options, head)
    for name, parameter in model.named_parameters():
        if ".lora_B." in name:
            nn.init.normal_(parameter, std=0.1)
    return model


def reward_model(seed: int = 0) -> Any:
    """The tiny model with a reward head."""
    from transformers import LlamaForSequenceClassification

    config = make_model().config
    config.num_labels = 1
    torch.manual_seed(seed)
    return LlamaForSequenceClassification(config).eval()


def gradients(model: nn.Module) -> dict[str, torch.Tensor]:
    return {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


def settings(folder: Any, **changes: Any) -> dict[str, Any]:
    return {
        "output_dir": str(folder),
        "use_cpu": True,
        "bf16": False,
        "report_to": [],
        "gradient_checkpointing": False,
        "max_length": None,
        "disable_tqdm": True,
        **changes,
    }


@pytest.mark.parametrize("loss", ["sigmoid", "ipo", "hinge"])
def test_dpo_equals_trl(loss: str, tmp_path: Any) -> None:
    """The same pairs and adapter through TRL's DPOTrainer, in float32."""
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    pairs = make_pairs()
    theirs = adapted(make_model())
    trainer = trl.DPOTrainer(
        model=theirs,
        args=trl.DPOConfig(**settings(tmp_path, loss_type=loss, beta=0.3)),
        train_dataset=datasets.Dataset.from_list(
            [{"prompt": "a", "chosen": "b", "rejected": "c"}] * 2
        ),
        processing_class=make_tokenizer(),
    )
    theirs.delete_adapter("ref")  # a copy of the adapter as given; the reference is to be the base
    rows = []
    for p in pairs:
        at = int(np.argmax(p.chosen.learnt))
        rows.append(
            {
                "prompt_ids": p.chosen.ids[:at].tolist(),
                "chosen_ids": p.chosen.ids[at:].tolist(),
                "rejected_ids": p.rejected.ids[at:].tolist(),
            }
        )
    theirs.train()
    theirs.zero_grad()
    expected = trainer.compute_loss(theirs, DataCollatorForPreference(PADDING)(rows))
    expected.backward()

    ours = adapted(make_model())
    fuse(ours, torch.float32)
    losses = TokenLosses(ours, suited(ours)).train()
    objective = PreferenceObjective(pairs, PreferenceOptions(beta=0.3, dpo_loss=loss))
    measured = objective.measure(losses, objective.batch(range(6)))
    found = measured.losses.mean()
    found.backward()
    assert float(found.detach()) == pytest.approx(float(expected.detach()), abs=1e-5)
    for name, grad in gradients(theirs).items():
        torch.testing.assert_close(gradients(ours)[name], grad, rtol=1e-5, atol=1e-5)
    logged = {name: values[-1] for name, values in trainer._metrics["train"].items()}
    for mine, name in (
        ("chosen_reward", "rewards/chosen"),
        ("rejected_reward", "rewards/rejected"),
        ("margin", "rewards/margins"),
        ("accuracy", "rewards/accuracies"),
        ("chosen_logp", "logps/chosen"),
        ("rejected_logp", "logps/rejected"),
    ):
        # Rewards are small differences of float32 sums, each of which is right to seven digits.
        rounding = 3e-6 if name.startswith("rewards/") else 0.0
        expected_value = pytest.approx(logged[name], rel=1e-4, abs=rounding)
        assert float(measured.metrics[mine].mean()) == expected_value, name


@pytest.mark.parametrize("margins", [False, True])
@pytest.mark.parametrize("centring", [0.0, 0.01])
def test_reward_equals_trl(margins: bool, centring: float, tmp_path: Any) -> None:
    """The same pairs, head and adapter through TRL's RewardTrainer, in float32."""
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    pairs = make_pairs()
    if not margins:
        pairs = [Pair(p.chosen, p.rejected, p.example) for p in pairs]
    theirs = adapted(reward_model(), Head.REWARD)
    trainer = trl.RewardTrainer(
        model=theirs,
        args=trl.RewardConfig(
            **settings(tmp_path, center_rewards_coefficient=centring or None, seed=0)
        ),
        train_dataset=datasets.Dataset.from_list(
            [
                {
                    "chosen_ids": p.chosen.ids.tolist(),
                    "rejected_ids": p.rejected.ids.tolist(),
                    **({"margin": p.margin} if margins else {}),
                }
                for p in pairs
            ]
        ),
        processing_class=make_tokenizer(),
    )
    theirs.train()
    theirs.zero_grad()
    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(6)])
    expected = trainer.compute_loss(theirs, batch)
    expected.backward()

    ours = adapted(reward_model(), Head.REWARD)
    fuse(ours, torch.float32)
    scores = RewardScores(ours, suited_to_rewards(ours)).train()
    assert scores.plan.packed
    objective = RewardObjective(pairs, PreferenceOptions(reward_centring=centring), padding=PADDING)
    found = objective.measure(scores, objective.batch(range(6))).losses.mean()
    found.backward()
    assert float(found.detach()) == pytest.approx(float(expected.detach()), abs=1e-5)
    assert any("score" in name for name in gradients(theirs))
    for name, grad in gradients(theirs).items():
        torch.testing.assert_close(gradients(ours)[name], grad, rtol=1e-5, atol=1e-5)


def test_losses_are_the_published_ones() -> None:
    """In float64, from the papers' formulas."""
    rng = np.random.default_rng(1)
    chosen, rejected = rng.normal(size=(2, 20)) * 5
    tokens = rng.integers(1, 9, size=(20, 2))
    beta, smoothing = 0.2, 0.1
    difference = beta * (chosen - rejected)

    def found(**options: Any) -> Any:
        given = PreferenceOptions(beta=beta, **options)
        losses = dpo_losses(
            torch.tensor(chosen), torch.tensor(rejected), torch.tensor(tokens), given
        )
        return losses.numpy()

    def log_sigmoid(x: Any) -> Any:
        return -np.log1p(np.exp(-x))

    np.testing.assert_allclose(found(), -log_sigmoid(difference))
    np.testing.assert_allclose(
        found(label_smoothing=smoothing),
        -(1 - smoothing) * log_sigmoid(difference) - smoothing * log_sigmoid(-difference),
    )
    np.testing.assert_allclose(found(dpo_loss="hinge"), np.maximum(0, 1 - difference))
    means = chosen / tokens[:, 0] - rejected / tokens[:, 1]
    np.testing.assert_allclose(found(dpo_loss="ipo"), (means - 1 / (2 * beta)) ** 2)


def test_a_prompt_is_laid_out_once_for_both_answers() -> None:
    """And what all pairs begin with once for all of them; the losses are those of rows apart."""
    pairs = make_pairs()
    model = adapted(make_model())
    plan = suited(model)
    losses = TokenLosses(model, plan)
    together = PreferenceObjective(pairs, PreferenceOptions())
    apart = PreferenceObjective(pairs, PreferenceOptions(), packed=False)
    row = together.batch(range(6)).packs[0].ids.shape[1]
    answers = sum(p.learnt_count for p in pairs)
    prompts = sum(int(np.argmax(p.chosen.learnt)) for p in pairs)
    assert row == prompts - 5 * 20 + answers
    assert row < sum(together.lengths) < sum(apart.lengths)
    found = together.measure(losses, together.batch(range(6))).losses
    one_by_one = TokenLosses(model, ForwardPlan(packed=False, sliced_head=True))
    model.get_base_model().set_attn_implementation("sdpa")
    expected = apart.measure(one_by_one, apart.batch(range(6))).losses
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_a_known_reference_equals_a_live_one() -> None:
    pairs = make_pairs()
    model = adapted(make_model())
    losses = TokenLosses(model, suited(model))
    objective = PreferenceObjective(pairs, PreferenceOptions())
    batch = objective.batch(range(6))
    live = objective.measure(losses, batch)
    with model.disable_adapter():
        objective.reference = precompute(losses, objective, range(6), budget=90, accelerator=ALONE)
    known = objective.measure(losses, batch)
    torch.testing.assert_close(known.losses, live.losses, rtol=1e-5, atol=1e-5)
    with model.disable_adapter():
        start = objective.measure(losses, batch).losses
    torch.testing.assert_close(start, torch.full((6,), math.log(2)), rtol=1e-5, atol=1e-5)
    assert all(p.grad is None for p in model.parameters())


def test_a_batch_of_no_weight_teaches_nothing() -> None:
    pairs = make_pairs()
    model = adapted(make_model())
    losses = TokenLosses(model, suited(model)).train()
    for reference in (LiveReference(), KnownReference(torch.zeros(6, 2))):
        objective = PreferenceObjective(pairs, PreferenceOptions(), reference=reference)
        measured = objective.measure(losses, objective.batch([0], learn=False))
        measured.losses.sum().backward()
        assert float(measured.losses.detach().sum()) == 0.0
        assert all(not values.any() for values in measured.metrics.values())
        assert all(not g.any() for g in gradients(model).values())


def test_the_known_failure_is_named_when_it_happens_and_not_otherwise() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2, 64)) * 0.1
    fell = {"chosen_reward": -0.5 + noise[0], "margin": 0.8 + noise[1]}
    assert "less likely" in str(displaced(fell))
    assert displaced({**fell, "chosen_reward": 0.5 + noise[0]}) is None
    assert displaced({**fell, "margin": -0.8 + noise[1]}) is None
    assert displaced({"chosen_reward": noise[0], "margin": 0.8 + noise[1]}) is None
