"""What a run over preferences can do, on all held-out pairs: accuracy, calibration, length bias."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from curate.proportions import wilson
from curate.schemas.preference_report import (
    Calibration,
    LengthBias,
    PreferenceReport,
    ReliabilityBin,
    Share,
)
from curate.train.intervals import Floats

# So many pairs make a bin worth drawing; at most ten bins.
_PAIRS_A_BIN, _MOST_BINS = 20, 10
# Answers count as equally long when they differ by at most this share of the longer one.
_MATCHED = 0.1


def report_on_rewards(
    metrics: Mapping[str, Floats], lengths: NDArray[np.int64], step: int
) -> PreferenceReport:
    """The report on a reward model.

    Args:
        metrics: chosen_reward and rejected_reward of n pairs.
        lengths: [n, 2] tokens of the chosen and of the rejected answer.
        step: whose weights were measured.
    """
    chosen, rejected = metrics["chosen_reward"], metrics["rejected_reward"]
    margins = chosen - rejected
    return PreferenceReport(
        method="reward",
        step=step,
        pairs=len(margins),
        accuracy=share_ahead(margins),
        margin=float(margins.mean()),
        calibration=calibration(margins),
        length=length_bias(chosen, rejected, lengths),
    )


def report_on_dpo(
    metrics: Mapping[str, Floats], lengths: NDArray[np.int64], step: int, beta: float
) -> PreferenceReport:
    """The report on a model tuned by DPO with this beta; see `report_on_rewards`."""
    chosen, rejected = metrics["chosen_reward"], metrics["rejected_reward"]
    after = metrics["chosen_logp"] - metrics["rejected_logp"]
    before = after - (chosen - rejected) / beta
    more = {
        "method": "dpo",
        "likelihood_before": share_ahead(before),
        "likelihood_after": share_ahead(after),
        "chosen_change": float(chosen.mean() / beta),
        "rejected_change": float(rejected.mean() / beta),
    }
    return report_on_rewards(metrics, lengths, step).model_copy(update=more)


def share_ahead(differences: Floats | NDArray[np.int64]) -> Share:
    """The share above zero, with its 95% interval; a tie (a model that has not moved) counts half."""
    count, hits = len(differences), float(_ahead(differences).sum())
    return Share(
        value=hits / count if count else float("nan"), interval=wilson(hits, count), pairs=count
    )


def _ahead(differences: Floats | NDArray[np.int64]) -> Floats:
    """1 above zero, 0 below, 1/2 at zero."""
    return 0.5 + 0.5 * np.sign(differences)


def calibration(margins: Floats) -> Calibration:
    """How often the preferred side is right, against the probability that its margin claims."""
    predicted = 1.0 / (1.0 + np.exp(-np.abs(margins)))
    right = _ahead(margins)
    bins = max(1, min(_MOST_BINS, len(margins) // _PAIRS_A_BIN))
    groups = [g for g in np.array_split(np.argsort(predicted, kind="stable"), bins) if len(g)]
    told = tuple(
        ReliabilityBin(
            pairs=len(g), predicted=float(predicted[g].mean()), right=float(right[g].mean())
        )
        for g in groups
    )
    error = sum(b.pairs * abs(b.predicted - b.right) for b in told) / len(margins)
    return Calibration(error=error, log_loss=float(np.logaddexp(0.0, -margins).mean()), bins=told)


def length_bias(chosen: Floats, rejected: Floats, lengths: NDArray[np.int64]) -> LengthBias:
    """How far length alone explains what is preferred; arguments as in `report_on_rewards`."""
    longer = lengths[:, 0] - lengths[:, 1]
    margins = chosen - rejected
    matched = np.abs(longer) <= _MATCHED * lengths.max(1)
    differ = longer != 0
    return LengthBias(
        correlation=spearman(np.r_[chosen, rejected], np.r_[lengths[:, 0], lengths[:, 1]]),
        margin_correlation=spearman(margins, longer),
        matched=share_ahead(margins[matched]) if matched.any() else _NONE,
        longer_chosen=share_ahead(longer[differ]) if differ.any() else _NONE,
        longer_preferred=share_ahead((margins * longer)[differ]) if differ.any() else _NONE,
    )


# No pair to take a share of: anything may be true.
_NONE = Share(value=0.5, interval=(0.0, 1.0), pairs=0)


def spearman(x: Floats, y: NDArray[np.int64] | Floats) -> float | None:
    """The rank correlation, ties at their mean rank; None where one of the two does not vary."""
    a, b = _ranks(x), _ranks(np.asarray(y, np.float64))
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Floats) -> Floats:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((last - counts + 1 + last) / 2.0)[place]


def sentences(report: PreferenceReport) -> tuple[str, ...]:
    """The report in a few lines."""
    bias = report.length
    lines = [f"Held-out preference accuracy: {_share(report.accuracy)}, {report.pairs:,} pairs."]
    if report.likelihood_before is not None and report.likelihood_after is not None:
        lines.append(
            f"The chosen answer is the more likely one in {report.likelihood_after.value:.1%} of "
            f"them, {report.likelihood_before.value:.1%} before; its log-probability changed by "
            f"{report.chosen_change:+.2f} nats, the rejected one's by {report.rejected_change:+.2f}."
        )
    lines.append(
        f"Calibration error {report.calibration.error:.3f}; log loss "
        f"{report.calibration.log_loss:.3f} nats a pair (a coin: 0.693)."
    )
    if bias.correlation is not None:
        lines.append(
            f"Length: rank correlation with the reward {bias.correlation:+.2f}; the longer answer "
            f"is preferred in {bias.longer_preferred.value:.0%} and chosen in "
            f"{bias.longer_chosen.value:.0%} of pairs; "
            + (
                f"accuracy on answers of about equal length {_share(bias.matched)}, "
                f"{bias.matched.pairs:,} pairs."
                if bias.matched.pairs
                else "no answers of a pair are about equally long."
            )
        )
    return tuple(lines)


def _share(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.1%} (95% interval {low:.1%} to {high:.1%})"
