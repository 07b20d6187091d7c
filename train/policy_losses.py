"""The losses of PPO and GRPO, for each token: clipped policy, clipped value, distance to a reference.

Nothing is averaged here: the trainer divides sums by the tokens of the whole minibatch, so that
what a minibatch is cut into does not change what is learnt. Shape: L tokens of answers.

Sources: the clipped policy objective is equation 7 of Schulman et al. 2017 (arXiv 1707.06347);
values are clipped as in its authors' own code; the estimate of the KL divergence is Schulman's
"k3" (http://joschu.net/blog/kl-approx.html), as in GRPO (arXiv 2402.03300, equation 4).
"""

from __future__ import annotations

import torch


def policy_loss(
    new: torch.Tensor, old: torch.Tensor, advantages: torch.Tensor, clip: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of each token [L], and where clipping held it [L] bool.

    Args:
        new: [L] log-probabilities under the policy as it is; differentiable.
        old: [L] under the policy that wrote the answers.
        advantages: [L].
        clip: how far the ratio of both may leave 1 and still be rewarded.
    """
    ratio = (new - old).exp()
    plain = -advantages * ratio
    clipped = -advantages * ratio.clamp(1.0 - clip, 1.0 + clip)
    return torch.maximum(plain, clipped), (clipped > plain).detach()


def value_loss(
    new: torch.Tensor, old: torch.Tensor, returns: torch.Tensor, clip: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Half the squared error of each value [L], and where clipping held it [L] bool.

    Args:
        new: [L] values as the head gives them now; differentiable.
        old: [L] as it gave them when the answers were written.
        returns: [L], what they should have been.
        clip: how far a value may move from `old` and still lower its loss.
    """
    near = torch.clamp(new, old - clip, old + clip)
    plain, clipped = (new - returns).square(), (near - returns).square()
    return 0.5 * torch.maximum(plain, clipped), (clipped > plain).detach()


def reference_divergence(new: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """Schulman's k3 of each token [L]: never negative; its mean is KL(policy, reference)."""
    ratio = reference - new
    return ratio.exp() - 1.0 - ratio
