"""Direct preference optimisation: raise the chosen answer over the rejected one, near the reference.

With r = log π(answer) - log π_ref(answer) for each side, and d = r(chosen) - r(rejected):

- sigmoid (Rafailov et al. 2023, arXiv 2305.18290): -log σ(β d); with label smoothing ε,
  -(1-ε) log σ(β d) - ε log σ(-β d), as if a share ε of the labels were swapped (Mitchell 2023);
- ipo (Azar et al. 2023, arXiv 2310.12036): (d̄ - 1/(2β))², each side's r divided by its tokens;
- hinge (Zhao et al. 2023, arXiv 2305.10425): max(0, 1 - β d).

A side's reward is β r. Margins can grow while the chosen answer itself becomes *less* likely, as
long as the rejected one falls faster (Razin et al. 2024, arXiv 2410.08847); `displaced` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from curate.schemas.options.preferences import DpoLoss, PreferenceOptions
from curate.train.intervals import Estimate, Floats
from curate.train.objective import Measured
from curate.train.pair_batches import PairBatch, PairItems, apart, preferred
from curate.train.pairs import Pair
from curate.train.reference import LiveReference, SideReference, side_logps

# One-sided level at which the chosen side's fall, and the margin's growth, count as real.
_ALPHA = 0.01


class PreferenceObjective(PairItems):
    """Pairs to prefer one side of. The model is a `curate.train.forward.TokenLosses`."""

    def __init__(
        self,
        pairs: Sequence[Pair],
        options: PreferenceOptions,
        *,
        packed: bool = True,
        reference: SideReference | None = None,
    ) -> None:
        super().__init__(pairs, packed=packed)
        self.options = options
        self.reference: SideReference = reference or LiveReference()
        self._tokens = torch.tensor(
            [[p.chosen.learnt_count, p.rejected.learnt_count] for p in pairs]
        )

    def measure(self, model: nn.Module, batch: PairBatch) -> Measured:
        """A loss for each pair, and what is logged of it."""
        logps = side_logps(model, batch)
        ratios = logps - self.reference(model, batch).to(logps.dtype).to(logps.device)
        chosen, rejected = apart(ratios)
        tokens = self._tokens[list(batch.items)].to(logps.device)
        losses = dpo_losses(chosen, rejected, tokens, self.options) * batch.weight
        beta = self.options.beta
        with torch.no_grad():
            own_chosen, own_rejected = apart(logps.detach())
            metrics = {
                "accuracy": preferred(chosen - rejected),
                "margin": beta * (chosen - rejected),
                "chosen_reward": beta * chosen,
                "rejected_reward": beta * rejected,
                "chosen_logp": own_chosen,
                "rejected_logp": own_rejected,
                "likelihood_accuracy": preferred(own_chosen - own_rejected),
            }
            metrics = {name: value.detach() * batch.weight for name, value in metrics.items()}
        return Measured(losses, hits=(chosen > rejected).to(torch.int64), metrics=metrics)


def dpo_losses(
    chosen: torch.Tensor,
    rejected: torch.Tensor,
    tokens: torch.Tensor,
    options: PreferenceOptions,
) -> torch.Tensor:
    """The loss of each of I pairs, [I].

    Args:
        chosen, rejected: [I] log-probability ratios to the reference, summed over the answer.
        tokens: [I, 2] tokens of the chosen and of the rejected answer.
        options: which loss, beta, and label smoothing.
    """
    beta, smoothing = options.beta, options.label_smoothing
    if options.dpo_loss is DpoLoss.IPO:
        means = chosen / tokens[:, 0] - rejected / tokens[:, 1]
        return (means - 1.0 / (2.0 * beta)).square()
    margin = beta * (chosen - rejected)
    if options.dpo_loss is DpoLoss.HINGE:
        return torch.relu(1.0 - margin)
    if smoothing == 0.0:
        return -F.logsigmoid(margin)
    return -(1.0 - smoothing) * F.logsigmoid(margin) - smoothing * F.logsigmoid(-margin)


def displaced(metrics: Mapping[str, Floats]) -> str | None:
    """The warning that the chosen answers have become less likely while the margin grew.

    Args:
        metrics: of the validation pairs, one value for each.
    """
    chosen, margin = _mean(metrics["chosen_reward"]), _mean(metrics["margin"])
    if not ((-chosen).exceeds_zero(_ALPHA) and margin.exceeds_zero(_ALPHA)):
        return None
    share = float((metrics["chosen_reward"] < 0).mean())
    return (
        f"The margin grows (reward {margin.value:+.3g}), but the chosen answers have become less "
        f"likely than they were at the start (reward {chosen.value:+.3g}; {share:.0%} of them): "
        "the model moves away from both sides. A lower learning rate, a larger --beta, or "
        "supervised fine-tuning on the chosen answers first would help."
    )


def _mean(values: Floats) -> Estimate:
    count = len(values)
    error = float(values.std(ddof=1) / np.sqrt(count)) if count > 1 else float("inf")
    return Estimate(float(values.mean()), error, count)
