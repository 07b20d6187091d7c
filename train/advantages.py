"""From rewards and values to what each token of an answer is worth: advantages and returns.

Shapes: N answers, T tokens of the longest; `mask` [N, T] is True on the tokens that an answer has,
which stand at the start of its row. What is not masked in is zero in every result. Everything
keeps the dtype it is given; the trainer gives float64, as these sums are cheap.

Sources: generalised advantage estimation is equation 16 of Schulman et al. 2016 (arXiv
1506.02438); the reward of an answer at its last token and a penalty on each token's
log-probability ratio are Ziegler et al. 2019 (arXiv 1909.08593, section 2); advantages relative to
the other answers to the same prompt are DeepSeekMath's GRPO (arXiv 2402.03300, section 4.1).
"""

from __future__ import annotations

import torch

# Keeps the division finite where all values, or all answers' rewards, are the same.
_TINY_VARIANCE = 1e-8
_TINY_DEVIATION = 1e-4


def token_rewards(
    scores: torch.Tensor, log_ratio: torch.Tensor, mask: torch.Tensor, kl_coef: float
) -> torch.Tensor:
    """The reward of each token, [N, T]: the penalty for leaving the reference, then the score.

    Args:
        scores: [N] reward of each answer as a whole; it is given at the answer's last token.
        log_ratio: [N, T] log-probability under the policy minus that under the reference.
        mask: [N, T].
        kl_coef: reward lost for each nat.
    """
    rewards = -kl_coef * log_ratio * mask
    last = mask.sum(dim=1) - 1
    rewards[torch.arange(len(scores), device=scores.device), last] += scores
    return rewards


def generalised_advantages(
    rewards: torch.Tensor, values: torch.Tensor, mask: torch.Tensor, *, gamma: float, lam: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Advantages and returns, both [N, T].

    Args:
        rewards: [N, T].
        values: [N, T], what was expected before each token was written.
        mask: [N, T].
        gamma: what a reward one token later counts.
        lam: 0 trusts the values (one step ahead), 1 trusts the rewards (to the end).
    """
    rewards, values = rewards * mask, values * mask
    advantages = torch.zeros_like(values)
    following = torch.zeros_like(values[:, 0])
    next_value = torch.zeros_like(values[:, 0])
    for t in reversed(range(values.shape[1])):
        surprise = rewards[:, t] + gamma * next_value - values[:, t]
        following = (surprise + gamma * lam * following) * mask[:, t]
        advantages[:, t] = following
        next_value = values[:, t]
    return advantages, (advantages + values) * mask


def whitened(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """`values` [N, T] with mean 0 and variance 1 (Bessel-corrected) over the tokens of `mask`."""
    kept = values[mask]
    if kept.numel() < 2:
        return torch.zeros_like(values)
    scale = torch.rsqrt(kept.var() + _TINY_VARIANCE)
    return (values - kept.mean()) * scale * mask


def group_advantages(scores: torch.Tensor, group: int) -> torch.Tensor:
    """How much better each answer is than the others to the same prompt, [N], in deviations.

    Args:
        scores: [N] rewards; the answers to one prompt stand together.
        group: answers to each prompt.

    Raises:
        ValueError: N is not a multiple of `group`.
    """
    if group < 2 or len(scores) % group:
        raise ValueError(f"{len(scores)} answers are not groups of {group} (two or more)")
    grouped = scores.view(-1, group)
    centred = grouped - grouped.mean(dim=1, keepdim=True)
    return (centred / (grouped.std(dim=1, keepdim=True) + _TINY_DEVIATION)).view(-1)
