"""The learning curve: laws are recovered, intervals cover, and noise is called noise."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.cli import main
from curate.train.evaluations import ExampleLosses
from curate.train.learning_curve import PowerLaw, fit, forecast, nested_sizes

SIZES = [100, 200, 400, 800]


def measured(
    law: PowerLaw, rng: np.random.Generator, noise: float, rows: int = 200
) -> list[ExampleLosses]:
    """Validation losses that follow `law`: rows differ, sizes share what makes a row hard."""
    tokens = rng.integers(20, 60, size=rows)
    hardness = rng.gamma(4.0, 0.25, size=rows)
    found = []
    for n in SIZES:
        run = rng.normal(0.0, noise)  # seed and data of this run
        own = rng.normal(0.0, 0.05, size=rows)
        loss = np.maximum(law.at(n) * hardness + run + own, 0.01)
        ids = [str(i) for i in range(rows)]
        found.append(ExampleLosses.of(ids, loss * tokens, tokens, np.zeros(rows)))
    return found


@pytest.mark.parametrize("law", [PowerLaw(0.5, 3.0, 0.3), PowerLaw(0.0, 2.0, 0.12)])
def test_an_exact_law_is_recovered(law: PowerLaw) -> None:
    found = fit(SIZES, [law.at(n) for n in SIZES])
    assert found.at(1600) == pytest.approx(law.at(1600), rel=5e-3)


def test_a_curve_that_rises_is_called_flat() -> None:
    assert fit(SIZES, [1.0, 1.1, 1.2, 1.3]).scale == 0.0


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    """At least 70% of 60 curves for an 80% interval (binomial: below 70% in 3% of cases)."""
    rng = np.random.default_rng(0)
    covered = 0
    for i in range(60):
        law = PowerLaw(rng.uniform(0.2, 1.0), rng.uniform(1.0, 4.0), rng.uniform(0.1, 0.4))
        found = forecast(SIZES, measured(law, rng, noise=0.005), seed=i)
        truth = law.at(800) - law.at(1600)
        covered += found.interval[0] <= truth <= found.interval[1]
    assert covered >= 42


def test_noise_is_called_noise_and_gains_are_gains() -> None:
    rng = np.random.default_rng(1)
    flat = forecast(SIZES, measured(PowerLaw(1.0, 0.0, 0.3), rng, noise=0.01))
    assert flat.below_noise
    assert "noise" in flat.sentence()
    steep = forecast(SIZES, measured(PowerLaw(0.3, 8.0, 0.4), rng, noise=0.001))
    assert not steep.below_noise
    assert "1,600" in steep.sentence()
    assert "3,200" not in steep.sentence()


def test_the_command_trains_on_nested_parts(
    write_jsonl: Callable[..., Path], tiny_base: str, tmp_path: Path, capsys: Any
) -> None:
    rows = [{"prompt": f"{i} {'ab'[i % 2]}", "completion": "ab"[i % 2] * 3} for i in range(80)]
    data = write_jsonl(rows)
    arguments = [
        "train",
        str(data),
        "--model",
        tiny_base,
        "--learning-curve",
        "-o",
        str(tmp_path / "c"),
    ]
    arguments += ["--max-steps", "2", "--eval-every", "2", "--samples", "0", "--lora-rank", "2"]
    assert main(arguments) == 0
    assert "Doubling the" in capsys.readouterr().out
    result = json.loads((tmp_path / "c" / "learning_curve.json").read_text())
    parts = [(tmp_path / "c" / f"n-{n:06d}" / "train.jsonl").read_text() for n in result["sizes"]]
    assert len(result["sizes"]) == 3
    for smaller, larger in pairwise(parts):
        assert set(smaller.splitlines()) < set(larger.splitlines())


def test_subsets_are_nested_halves_and_not_too_small() -> None:
    assert nested_sizes(800) == [100, 200, 400, 800]
    assert nested_sizes(60) == [30, 60]
    with pytest.raises(ValueError, match="three sizes"):
        forecast([30, 60], [])
