"""How much a nat of distance to the reference costs: a fixed price, or one that holds a target.

The adaptive controller is that of Ziegler et al. 2019 (arXiv 1909.08593, section 2.2): a
proportional one in the logarithm of the price, its error clipped. Theirs moves by at most 2% a
step, for runs of tens of thousands of steps; runs here have a hundred, so it moves by up to 10%.
"""

from __future__ import annotations

from dataclasses import dataclass

from curate.schemas.options.rollouts import KlControl, RolloutOptions

_CLIPPED_ERROR = 0.2
_GAIN = 0.5
# The price stays within these multiples of where it began: a target that cannot be held is for
# the watch to report, not for the controller to fight over.
_LOWEST, _HIGHEST = 0.1, 100.0


@dataclass
class KlController:
    """The price of a nat, `coef`, in reward.

    Attributes:
        coef: as it is now.
        start: as it was at first.
        target: nats an answer that it is to hold; None for a fixed price.
    """

    coef: float
    start: float
    target: float | None

    @classmethod
    def of(cls, options: RolloutOptions) -> KlController:
        """The controller that the options ask for."""
        adaptive = options.kl_control is KlControl.ADAPTIVE
        return cls(options.kl_coef, options.kl_coef, options.kl_target if adaptive else None)

    def update(self, divergence: float) -> None:
        """Dearer where the step's answers (`divergence` nats each, on average) went too far."""
        if self.target is None:
            return
        error = (divergence - self.target) / self.target
        factor = 1.0 + _GAIN * min(max(error, -_CLIPPED_ERROR), _CLIPPED_ERROR)
        self.coef = min(max(self.coef * factor, _LOWEST * self.start), _HIGHEST * self.start)
