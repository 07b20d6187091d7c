"""`preferences.json`: how well a run over preferences does on all held-out pairs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Artifact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(_Artifact):
    """A share of pairs with its 95% interval (Wilson 1927)."""

    value: float
    interval: tuple[float, float]
    pairs: int


class ReliabilityBin(_Artifact):
    """Pairs whose preferred side was given about the same probability.

    `predicted` is the mean probability that the model gives to the side it prefers, `right` the
    share in which that side is the chosen one.
    """

    pairs: int
    predicted: float
    right: float


class Calibration(_Artifact):
    """Whether a margin means what it says: the probability σ(margin) that the better side wins.

    `error` is the expected calibration error over bins of equally many pairs, `log_loss` is in
    nats a pair (0.693 for a coin).
    """

    error: float
    log_loss: float
    bins: tuple[ReliabilityBin, ...]


class LengthBias(_Artifact):
    """How far length alone explains the preference.

    `correlation` is Spearman's, of reward and answer length over all answers; `margin_correlation`
    that of a pair's margin and its difference of lengths, which prompts do not blur. `matched` is
    the accuracy on pairs whose answers differ in length by at most a tenth; `longer_chosen` the
    share of pairs whose longer answer is the chosen one, `longer_preferred` of those whose longer
    answer the model prefers. Lengths are in tokens.
    """

    correlation: float | None
    margin_correlation: float | None
    matched: Share
    longer_chosen: Share
    longer_preferred: Share


class PreferenceReport(_Artifact):
    """What the weights of the best step do on all held-out pairs.

    For DPO, `accuracy` is that of the implicit reward β log(π/π_ref), a coin at the start;
    `likelihood_before` and `likelihood_after` are the shares of pairs whose chosen answer is the
    more likely one under the reference and under the tuned model. `chosen_change` is the mean
    change of the chosen answers' log-probability, in nats.
    """

    method: Literal["dpo", "reward"]
    step: int
    pairs: int
    accuracy: Share
    margin: float
    calibration: Calibration
    length: LengthBias
    likelihood_before: Share | None = None
    likelihood_after: Share | None = None
    chosen_change: float | None = None
    rejected_change: float | None = None
