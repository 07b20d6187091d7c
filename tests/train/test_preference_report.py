"""What is said of held-out pairs, on margins whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from curate.train.preference_report import (
    report_on_dpo,
    report_on_rewards,
    sentences,
    spearman,
)


def test_a_model_that_has_not_moved_is_a_coin() -> None:
    zeros = np.zeros(40)
    logps = {"chosen_logp": -np.arange(40.0), "rejected_logp": np.full(40, -9.5)}
    lengths = np.tile([7, 9], (40, 1))
    report = report_on_dpo(
        {"chosen_reward": zeros, "rejected_reward": zeros, **logps}, lengths, 0, beta=0.1
    )
    assert report.accuracy.value == 0.5
    assert report.accuracy.interval[0] < 0.5 < report.accuracy.interval[1]
    assert report.calibration.error == pytest.approx(0.0)
    assert report.calibration.log_loss == pytest.approx(np.log(2))
    assert report.length.longer_preferred.value == 0.5
    # The base finds ten of the forty chosen answers likelier, and so does the tuned model.
    assert report.likelihood_before == report.likelihood_after
    assert report.likelihood_before is not None
    assert report.likelihood_before.value == 0.25


def test_a_reward_that_is_the_length_says_so() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(5, 200, size=(400, 2))
    chosen, rejected = lengths[:, 0] / 50.0, lengths[:, 1] / 50.0
    report = report_on_rewards({"chosen_reward": chosen, "rejected_reward": rejected}, lengths, 3)
    bias = report.length
    assert bias.correlation == pytest.approx(1.0)
    assert bias.longer_preferred.value == 1.0
    assert bias.longer_chosen.value == pytest.approx(report.accuracy.value, abs=0.01)
    assert 0 < bias.matched.pairs < 60
    assert any("Length: rank correlation with the reward +1.00" in s for s in sentences(report))


def test_calibration_is_measured_against_what_a_margin_claims() -> None:
    """Margins of log(3) claim three of four; two of four are right."""
    margins = np.tile([1.0, -1.0], 200) * np.log(3)
    report = report_on_rewards(
        {"chosen_reward": margins, "rejected_reward": np.zeros(400)}, np.full((400, 2), 5), 1
    )
    assert report.accuracy.value == 0.5
    assert report.calibration.error == pytest.approx(0.25)
    assert sum(b.pairs for b in report.calibration.bins) == 400


def test_rank_correlation_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 9, 80).astype(float), rng.normal(size=80)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
    assert spearman(np.ones(5), np.arange(5.0)) is None
