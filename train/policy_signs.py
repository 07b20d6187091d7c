"""The signs of over-optimisation at one evaluation: each a test on held-out prompts, with a sentence.

A reward is a stand-in for what is wanted, and a policy that is pushed hard enough finds where the
two part (Gao et al. 2022, arXiv 2210.10760). What then shows, whatever the reward: the policy is
far from where it began, sure of itself, says the same to everybody, or does not stop; and what was
not rewarded gets worse. Each test is against the first evaluation, the best one, or the data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from curate.schemas.options.watch import WatchOptions
from curate.train.intervals import Estimate, paired_change, ratio
from curate.train.judging import levels
from curate.train.policy_evaluations import PolicyEvaluation

# Entropy a token below this share of what it was at first: the policy has all but made up its mind.
_ENTROPY_SHARE = 0.1
# The commonest answer is given to more prompts than this, and this many times more often than at
# first and in the data.
_COMMONEST, _COMMONEST_FACTOR = 0.5, 2.0
# So many more of the answers have to be cut than at first; or answers are so many times as long.
_CUT_MORE, _LENGTH_FACTOR = 0.25, 2.0


@dataclass(frozen=True)
class Limits:
    """What the signs are measured against.

    Attributes:
        options: level and patience of the watch.
        max_kl: nats a token from the reference.
        about_length: the reward asks for a length by itself.
        commonest: the share of the data's own answers that are the commonest one.
    """

    options: WatchOptions
    max_kl: float
    about_length: bool = False
    commonest: float = 0.0


@dataclass(frozen=True)
class Compared:
    """An evaluation and those it is compared with; `seen` evaluations came after the first."""

    now: PolicyEvaluation
    start: PolicyEvaluation
    best: PolicyEvaluation
    finest: PolicyEvaluation
    seen: int
    limits: Limits

    @property
    def level(self) -> float:
        """Of each test, so that all evaluations together stay below the watch's level."""
        return levels(self.limits.options, max(self.seen, 1))[1]


def signs(compared: Compared) -> list[str]:
    """The sentences of all signs that show."""
    return [sentence for sign in _SIGNS if (sentence := sign(compared)) is not None]


def _reward_falls(c: Compared) -> str | None:
    fall = -c.best.reward_change(c.now)
    if not fall.exceeds_zero(c.level):
        return None
    return (
        f"the held-out reward fell to {c.now.reward:.3g} from {c.best.reward:.3g} at step "
        f"{c.best.step}"
    )


def _quality_falls(c: Compared) -> str | None:
    change = c.finest.quality_change(c.now)
    if change is None or c.finest.quality is None or c.now.quality is None:
        return None
    if not (-change).exceeds_zero(c.level):
        return None
    return (
        f"{c.now.quality_name}, which is not rewarded, fell to {c.now.quality.mean():.3g} from "
        f"{c.finest.quality.mean():.3g} at step {c.finest.step}"
    )


def _far_away(c: Compared) -> str | None:
    distance = c.now.kl_per_token
    over = Estimate(distance.value - c.limits.max_kl, distance.se, distance.rows)
    if not over.exceeds_zero(c.level):
        return None
    return (
        f"the policy is {distance.value:.2g} nats a token from the reference (--max-kl "
        f"{c.limits.max_kl:g})"
    )


def _sure_of_itself(c: Compared) -> str | None:
    tokens = c.now.tokens.astype(np.float64)
    floor = _ENTROPY_SHARE * c.start.entropy_per_token
    if floor <= 0.0 or not ratio(floor * tokens - c.now.entropy, tokens).exceeds_zero(c.level):
        return None
    return (
        f"its entropy collapsed to {c.now.entropy_per_token:.2g} nats a token from "
        f"{c.start.entropy_per_token:.2g}"
    )


def _same_to_everybody(c: Compared) -> str | None:
    usual = max(c.start.commonest, c.limits.commonest)
    if c.now.commonest < max(_COMMONEST, _COMMONEST_FACTOR * usual):
        return None
    return f"it gives one and the same answer to {c.now.commonest:.0%} of the held-out prompts"


def _does_not_stop(c: Compared) -> str | None:
    cut_then, cut_now = (1.0 - e.ended.astype(np.float64) for e in (c.start, c.now))
    more = paired_change(cut_then, cut_now - _CUT_MORE, c.now.ones)
    if more.exceeds_zero(c.level):
        return (
            f"{cut_now.mean():.0%} of the answers no longer end by themselves (at first "
            f"{cut_then.mean():.0%})"
        )
    if c.limits.about_length:
        return None
    then, now = (e.tokens.astype(np.float64) for e in (c.start, c.now))
    if not paired_change(_LENGTH_FACTOR * then, now, c.now.ones).exceeds_zero(c.level):
        return None
    return f"answers grew to {now.mean():.0f} tokens from {then.mean():.0f}"


_SIGNS: tuple[Callable[[Compared], str | None], ...] = (
    _reward_falls,
    _quality_falls,
    _far_away,
    _sure_of_itself,
    _same_to_everybody,
    _does_not_stop,
)
