"""Advantages, returns and losses against a float64 implementation of their own, and against TRL's.

`fixtures/trl_ppo.json` holds what TRL 1.12.0's PPOTrainer computed (`fixtures/make_trl_ppo.py`).
TRL gives the score one token after the answer where there is room, and keeps a value there; it
also leaves in what stands after an answer until it is masked. Ours is given the same rewards,
values and masks.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from curate.schemas.options.rollouts import KlControl, RolloutOptions
from curate.train.advantages import (
    generalised_advantages,
    group_advantages,
    token_rewards,
    whitened,
)
from curate.train.kl_control import KlController
from curate.train.policy_losses import policy_loss, reference_divergence, value_loss

FIXTURE = Path(__file__).parent / "fixtures" / "trl_ppo.json"


def drawn(seed: int = 0) -> dict[str, Any]:
    """Answers of uneven lengths, with everything that the losses need."""
    rng = np.random.default_rng(seed)
    lengths = [5, 1, 9, 3]
    return {
        "lengths": lengths,
        "mask": np.arange(9)[None] < np.array(lengths)[:, None],
        **{name: rng.normal(size=(4, 9)) for name in ("log_ratio", "values", "new", "old")},
        "scores": rng.normal(size=4),
    }


def by_hand(data: dict[str, Any], kl_coef: float, gamma: float, lam: float) -> tuple[Any, ...]:
    """Advantages as discounted sums of surprises (not the recursion), answer by answer."""
    advantages, returns, rewards = (np.zeros((4, 9)) for _ in range(3))
    for i, length in enumerate(data["lengths"]):
        reward = [-kl_coef * data["log_ratio"][i, t] for t in range(length)]
        reward[-1] += data["scores"][i]
        value = [*data["values"][i, :length], 0.0]
        surprise = [reward[t] + gamma * value[t + 1] - value[t] for t in range(length)]
        for t in range(length):
            advantages[i, t] = math.fsum(
                (gamma * lam) ** (k - t) * surprise[k] for k in range(t, length)
            )
            returns[i, t] = advantages[i, t] + value[t]
            rewards[i, t] = reward[t]
    return rewards, advantages, returns


@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 0.95), (0.9, 0.5), (1.0, 1.0), (0.99, 0.0)])
def test_advantages_and_returns_are_those_of_a_float64_implementation(
    gamma: float, lam: float
) -> None:
    data = drawn()
    expected = by_hand(data, 0.3, gamma, lam)
    tensors = {k: torch.tensor(v) for k, v in data.items() if k != "lengths"}
    rewards = token_rewards(tensors["scores"], tensors["log_ratio"], tensors["mask"], 0.3)
    found = generalised_advantages(
        rewards, tensors["values"], tensors["mask"], gamma=gamma, lam=lam
    )
    for ours, theirs in zip((rewards, *found), expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-12, atol=1e-14)


def test_what_stands_after_an_answer_changes_nothing() -> None:
    data = drawn()
    mask = torch.tensor(data["mask"])
    log_ratio, values = torch.tensor(data["log_ratio"]), torch.tensor(data["values"])
    scores = torch.tensor(data["scores"])
    results = []
    for noise in (0.0, 1e6):
        junk = torch.full_like(values, noise) * ~mask
        rewards = token_rewards(scores, log_ratio + junk, mask, 0.1)
        advantages, returns = generalised_advantages(
            rewards + junk, values + junk, mask, gamma=0.9, lam=0.8
        )
        results.append((advantages, returns, whitened(advantages + junk, mask)))
    for a, b in zip(*results, strict=True):
        assert torch.equal(a, b)
        assert not a[~mask].any()


def test_whitening_counts_each_token_once() -> None:
    data = drawn()
    mask = torch.tensor(data["mask"])
    white = whitened(torch.tensor(data["values"]), mask)[mask]
    assert float(white.mean()) == pytest.approx(0.0, abs=1e-12)
    assert float(white.std()) == pytest.approx(1.0, abs=1e-6)
    assert not whitened(torch.ones(1, 1), torch.ones(1, 1, dtype=torch.bool)).any()


def test_groups_are_compared_with_themselves_only() -> None:
    scores = np.array([1.0, 0.0, 0.5, 100.0, 100.0, 100.0])
    found = group_advantages(torch.tensor(scores), 3).numpy()
    for g in range(2):
        own = scores[3 * g : 3 * g + 3]
        expected = (own - own.mean()) / (own.std(ddof=1) + 1e-4)
        np.testing.assert_allclose(found[3 * g : 3 * g + 3], expected, rtol=1e-12)
    with pytest.raises(ValueError, match="groups"):
        group_advantages(torch.tensor(scores), 4)
    with pytest.raises(ValueError, match="groups"):
        group_advantages(torch.tensor(scores), 1)


def test_losses_are_those_of_a_float64_implementation_with_their_gradients() -> None:
    data = drawn(1)
    flat = {name: data[name][data["mask"]] for name in ("new", "old", "values", "log_ratio")}
    new, old = flat["new"], flat["old"]
    advantages, returns = flat["values"], flat["log_ratio"]
    x = torch.tensor(new, requires_grad=True)
    loss, held = policy_loss(x, torch.tensor(old), torch.tensor(advantages), 0.2)
    loss.sum().backward()
    loss = loss.detach()
    for i in range(len(new)):
        ratio = math.exp(new[i] - old[i])
        near = min(max(ratio, 0.8), 1.2)
        plain, clipped = -advantages[i] * ratio, -advantages[i] * near
        assert float(loss[i]) == pytest.approx(max(plain, clipped), rel=1e-12)
        assert bool(held[i]) == (clipped > plain)
        assert x.grad is not None
        # A token whose ratio has left the range in the rewarded direction learns nothing more.
        expected = 0.0 if clipped > plain else -advantages[i] * ratio
        assert float(x.grad[i]) == pytest.approx(expected, rel=1e-12)
    value, value_held = value_loss(torch.tensor(new), torch.tensor(old), torch.tensor(returns), 0.2)
    for i in range(len(new)):
        near = min(max(new[i], old[i] - 0.2), old[i] + 0.2)
        errors = (new[i] - returns[i]) ** 2, (near - returns[i]) ** 2
        assert float(value[i]) == pytest.approx(0.5 * max(errors), rel=1e-12)
        assert bool(value_held[i]) == (errors[1] > errors[0])


def test_the_divergence_is_never_negative_and_its_mean_is_the_kl_divergence() -> None:
    p, q = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.3, 0.3, 0.4])
    each = reference_divergence(p.log(), q.log())
    assert (each >= 0).all()
    assert float((p * each).sum()) == pytest.approx(float((p * (p / q).log()).sum()), rel=1e-5)


def test_advantages_returns_and_losses_are_those_of_trl() -> None:
    fixture = json.loads(FIXTURE.read_text())
    options, rollout = fixture["options"], fixture["rollout"]
    kept = {
        name: torch.tensor(rollout[name], dtype=torch.float64)
        for name in ("logprobs", "values", "rewards", "returns", "advantages", "whitened")
    }
    tokens = ~torch.tensor(rollout["padding_mask"])
    # TRL's own values and rewards run one token past an answer, which `values_mask` keeps.
    values_mask = ~torch.tensor(rollout["padding_mask_p1"])
    advantages, returns = generalised_advantages(
        kept["rewards"],
        kept["values"],
        torch.ones_like(values_mask),
        gamma=options["gamma"],
        lam=options["lam"],
    )
    torch.testing.assert_close(advantages, kept["advantages"], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(returns, kept["returns"], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(whitened(advantages, tokens), kept["whitened"], rtol=1e-5, atol=1e-5)
    assert len(fixture["losses"]) == 4
    for one in fixture["losses"]:
        rows = one["rows"]
        mask, value_mask = tokens[rows], values_mask[rows]
        new = torch.tensor(one["new_logprobs"], dtype=torch.float64)
        loss, _ = policy_loss(
            new[mask], kept["logprobs"][rows][mask], kept["whitened"][rows][mask],
            options["cliprange"],
        )  # fmt: skip
        assert float(loss.mean()) == pytest.approx(one["pg_loss"], rel=1e-4, abs=1e-6)
        value, _ = value_loss(
            torch.tensor(one["vpred"], dtype=torch.float64)[value_mask],
            kept["values"][rows][value_mask],
            kept["returns"][rows][value_mask],
            options["cliprange_value"],
        )
        assert float(value.mean()) == pytest.approx(one["vf_loss"], rel=1e-5)


def test_token_rewards_are_trls_but_for_where_the_score_stands() -> None:
    fixture = json.loads(FIXTURE.read_text())
    rollout = {k: torch.tensor(v, dtype=torch.float64) for k, v in fixture["rollout"].items()}
    mask = ~torch.tensor(fixture["rollout"]["padding_mask"])
    ours = token_rewards(
        rollout["scores"],
        rollout["logprobs"] - rollout["ref_logprobs"],
        mask,
        fixture["options"]["kl_coef"],
    )
    torch.testing.assert_close(ours.sum(1), rollout["rewards"].sum(1), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(ours[:, 0], rollout["rewards"][:, 0], rtol=1e-5, atol=1e-6)


def test_the_adaptive_price_rises_and_falls_towards_its_target() -> None:
    options = RolloutOptions(kl_coef=0.1, kl_target=4.0)
    controller = KlController.of(options)
    for divergence, factor in ((40.0, 1.1), (4.0, 1.0), (0.0, 0.9), (4.4, 1.05)):
        before = controller.coef
        controller.update(divergence)
        assert controller.coef == pytest.approx(before * factor)
    for _ in range(200):
        controller.update(1e9)
    assert controller.coef == pytest.approx(10.0)
    for _ in range(200):
        controller.update(0.0)
    assert controller.coef == pytest.approx(0.01)


def test_a_fixed_price_stays_and_none_stays_none() -> None:
    fixed = KlController.of(RolloutOptions(kl_coef=0.1, kl_control=KlControl.FIXED))
    free = KlController.of(RolloutOptions(kl_coef=0.0))
    for controller in (fixed, free):
        before = controller.coef
        controller.update(100.0)
        assert controller.coef == before
