"""`--find-learning-rate`: which rate is chosen, and that looking for it leaves no trace."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.train.history import read_history
from curate.train.rate_finding import search, trial_steps
from tests.train.test_command import FAST, adapter_of, events, same


def valley(centre: float) -> Any:
    """A loss with its minimum at `centre`, quadratic in the logarithm of the rate."""
    return lambda rate: 1.0 + 0.2 * math.log10(rate / centre) ** 2


@pytest.mark.parametrize("centre", [1e-5, 1e-4, 3e-4, 1e-3, 5e-3, 1e-2])
def test_the_lowest_loss_is_found_wherever_it_lies(centre: float) -> None:
    found = search(valley(centre), 1e-3, tolerance=0.005)
    assert 0.4 < found.rate / centre < 1.8
    assert len(found.losses) <= 9
    assert list(found.losses) == sorted(found.losses)


def test_rates_that_are_as_good_are_not_raised() -> None:
    """Of equals, the lowest: a short trial favours rates that are high for a long run."""
    found = search(lambda rate: 1.0 if rate < 1e-2 else math.inf, 1e-3, tolerance=0.005)
    assert found.rate == min(found.losses)


def test_diverging_rates_are_never_chosen() -> None:
    found = search(lambda rate: math.inf if rate > 2e-5 else 1.0 - 1e3 * rate, 1e-3, 0.001)
    assert found.rate <= 2e-5
    nothing = search(lambda rate: math.inf, 1e-3, 0.005)
    assert nothing.rate < 1e-5  # the lowest that was tried


def test_trials_are_short_but_never_longer_than_the_run() -> None:
    assert trial_steps(5) == 5
    assert trial_steps(100) == 16
    assert trial_steps(100_000) == 64


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_run_with_the_found_rate_is_the_run_that_names_it(
    chat_file: Path, tiny_base: str, tmp_path: Path, dropout: float
) -> None:
    settings = {**FAST, "model": tiny_base, "lora_dropout": dropout}
    found = curate.train(
        chat_file, output=tmp_path / "found", find_learning_rate=True, **settings
    ).run
    start = next(e for e in read_history(found / "history.jsonl") if e.event == "start")
    assert any("trials of 6 steps" in line for line in start.decisions)
    rate = start.learning_rate
    named = curate.train(
        chat_file, output=tmp_path / "named", **{**settings, "learning_rate": rate}
    ).run
    assert same(adapter_of(found), adapter_of(named))
    assert events(found) == events(named)


def test_a_resumed_run_keeps_the_rate_that_was_found(
    chat_file: Path, tiny_base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from curate.train import assembling, interrupts, rate_finding

    settings = {**FAST, "model": tiny_base, "find_learning_rate": True, "learning_rate": 1e-4}
    whole = curate.train(chat_file, output=tmp_path / "whole", **settings).run
    step = interrupts.Interrupts.check
    looking = True

    def stop_in_training(self: interrupts.Interrupts) -> None:
        self.requested = self.requested or (
            not looking and (tmp_path / "cut" / "checkpoints" / "step-00000004").exists()
        )
        step(self)

    find = rate_finding.find_rate

    def found(*arguments: Any) -> Any:
        nonlocal looking
        rate = find(*arguments)
        looking = False
        return rate

    monkeypatch.setattr(interrupts.Interrupts, "check", stop_in_training)
    monkeypatch.setattr(assembling, "find_rate", found)
    with pytest.raises(KeyboardInterrupt):
        curate.train(chat_file, output=tmp_path / "cut", **settings)
    monkeypatch.undo()

    def not_again(*arguments: Any) -> Any:
        raise AssertionError("a resumed run must not look again")

    monkeypatch.setattr(assembling, "find_rate", not_again)
    cut = curate.train(chat_file, output=tmp_path / "cut", resume=True, **settings).run
    assert same(adapter_of(whole), adapter_of(cut))
    assert events(whole) == events(cut)
