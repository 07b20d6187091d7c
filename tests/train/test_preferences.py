"""Preference runs as their users see them: what is learnt, told, refused, and left behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import curate
from curate.errors import UserError
from curate.train.history import read_history

FAST: dict[str, Any] = {
    "max_steps": 6,
    "batch_size": 4,
    "eval_every": 3,
    "learning_rate": 1e-2,
    "lora_rank": 2,
    "max_length": 256,
    "samples": 0,
}


def pair_rows(count: int = 40) -> list[dict[str, Any]]:
    """Pairs of which the chosen answer says the word twice, the rejected one once."""
    words = ["sun", "moon", "rain", "wind", "snow"]
    return [
        {
            "prompt": f"Say the word twice: {words[i % 5]} {'!' * (i % 7)}{i}",
            "chosen": f"{words[i % 5]} {words[i % 5]} {i}",
            "rejected": f"{words[i % 5]} {i}",
        }
        for i in range(count)
    ]


@pytest.fixture
def pair_file(write_jsonl: Callable[..., Path]) -> Path:
    return write_jsonl(pair_rows(), "pairs.jsonl")


@pytest.mark.parametrize("method", ["dpo", "reward"])
@pytest.mark.parametrize("adapter", ["lora", "full"])
def test_a_run_learns_to_prefer(
    method: str, adapter: str, pair_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    result = curate.train(
        pair_file,
        model=tiny_base,
        output=tmp_path / "run",
        method=method,
        adapter=adapter,
        **{**FAST, "learning_rate": 1e-2 if adapter == "lora" else 1e-3, "max_steps": 12},
    )
    history = read_history(result.run / "history.jsonl")
    evaluations = [e for e in history if e.event == "evaluation"]
    losses = [e.val_loss for e in evaluations if e.val_loss is not None]
    assert losses[-1] < losses[0]
    assert evaluations[-1].metrics["accuracy"] > 0.6
    assert evaluations[-1].verdict.metric == evaluations[-1].metrics["accuracy"]
    steps = [e for e in history if e.event == "step"]
    assert {"accuracy", "margin", "chosen_reward", "rejected_reward"} <= steps[-1].metrics.keys()
    if method == "dpo":
        assert evaluations[0].metrics["margin"] == pytest.approx(0.0, abs=1e-4)
        assert {"chosen_logp", "rejected_logp"} <= steps[-1].metrics.keys()


def test_rows_of_another_kind_are_refused_with_what_would_do(
    chat_file: Path, pair_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    settings = {**FAST, "model": tiny_base, "output": tmp_path / "run"}
    with pytest.raises(UserError, match="--method sft"):
        curate.train(chat_file, method="dpo", **settings)
    with pytest.raises(UserError, match="--method dpo"):
        curate.train(pair_file, method="sft", **settings)
