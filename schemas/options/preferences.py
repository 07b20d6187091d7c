"""Options of the methods that learn from preferences; `curate train` has them all."""

from __future__ import annotations

from enum import StrEnum

from curate.schemas.options.base import Options, option


class DpoLoss(StrEnum):
    """How a pair's margin becomes a loss."""

    SIGMOID = "sigmoid"
    IPO = "ipo"
    HINGE = "hinge"


class Reference(StrEnum):
    """Where the reference's log-probabilities come from."""

    AUTO = "auto"
    LIVE = "live"
    PRECOMPUTED = "precomputed"


class PreferenceOptions(Options):
    """How pairs of a chosen and a rejected answer are learnt from (`--method dpo` and `reward`)."""

    max_prompt_length: int | None = option(
        None, "Preferences: longest prompt, in tokens; --max-length alone without it.", ge=2
    )
    max_completion_length: int | None = option(
        None, "Preferences: longest answer, in tokens; --max-length alone without it.", ge=1
    )
    beta: float = option(
        0.1,
        "DPO: how strongly the model is held to where it began; smaller lets it go further away.",
        gt=0,
    )
    dpo_loss: DpoLoss = option(
        DpoLoss.SIGMOID,
        "DPO: sigmoid (the original), ipo (a fixed margin, for labels without doubt), or hinge.",
    )
    label_smoothing: float = option(
        0.0, "DPO with sigmoid: the share of pairs whose sides may be swapped.", ge=0, lt=0.5
    )
    reference: Reference = option(
        Reference.AUTO,
        "DPO: the reference's log-probabilities, with the adapter turned off at each step (live), or "
        "once before the first step (precomputed); auto: live for one epoch or less of an adapter.",
    )
    reward_centring: float = option(
        0.0,
        "Reward model: pulls rewards towards a mean of zero; 0.01 is usual, 0 turns it off.",
        ge=0,
    )
