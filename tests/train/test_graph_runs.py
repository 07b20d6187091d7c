"""Whole runs with the decoder replayed: the same losses as with it computed, whatever comes between.

On a CPU a stand-in computes what a GPU would replay; with a GPU, these are CUDA graphs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import curate
from curate.schemas.options.train import Switch, TrainOptions
from curate.train import assembling
from curate.train.forward import PackReader
from curate.train.graphs import CudaPasses, Record
from curate.train.history import read_history
from tests.train.conftest import interrupt_at
from tests.train.test_graphs import DEVICES, Again

SETTINGS: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 8,
    "micro_batch_tokens": 300,
    "eval_every": 4,
    "checkpoint_every": 4,
    "learning_rate": 1e-3,
    "lora_rank": 4,
    "stop_early": False,
    "samples": 0,
}


class Recorded:
    """Counts recordings, real ones or stand-ins."""

    def __init__(self, record: Record) -> None:
        self.record, self.count = record, 0

    def __call__(self, *arguments: Any) -> Any:
        self.count += 1
        return self.record(*arguments)


@pytest.fixture(params=DEVICES)
def recorded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Runs use the stand-in on a CPU, and graphs on a GPU."""
    on_cpu = request.param == "cpu"
    if on_cpu and torch.cuda.is_available():
        pytest.skip("on a GPU, the real thing is tested")
    recorded = Recorded(Again if on_cpu else CudaPasses)

    def use_graphs(losses: PackReader, options: TrainOptions, tokens: int, *more: Any) -> None:
        if options.cuda_graphs is not Switch.OFF:
            losses.replay(tokens, pytest.fail, recorded)

    monkeypatch.setattr(assembling, "use_graphs", use_graphs)
    return recorded


def _events(run: Path, kind: str) -> list[Any]:
    return [e for e in read_history(run / "history.jsonl") if e.event == kind]


def _assert_same_run(mine: Path, theirs: Path, tolerance: float) -> None:
    steps, others = _events(mine, "step"), _events(theirs, "step")
    assert len(steps) == len(others) >= 12
    for a, b in zip(steps, others, strict=True):
        assert a.loss == pytest.approx(b.loss, rel=tolerance), a.step
        assert a.gradient_norm == pytest.approx(b.gradient_norm, rel=20 * tolerance), a.step
    for a, b in zip(_events(mine, "evaluation"), _events(theirs, "evaluation"), strict=True):
        assert a.val_loss == pytest.approx(b.val_loss, rel=tolerance), a.step


@pytest.mark.parametrize("adapter", ["lora", "full"])
def test_a_run_over_several_epochs_is_the_same(
    adapter: str, recorded: Recorded, chat_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "model": tiny_base, "adapter": adapter}
    plain = curate.train(chat_file, output=tmp_path / "plain", cuda_graphs="off", **settings).run
    assert recorded.count == 0
    replayed = curate.train(chat_file, output=tmp_path / "replayed", **settings).run
    assert recorded.count >= 1
    _assert_same_run(replayed, plain, 1e-4 if not torch.cuda.is_available() else 2e-2)


def test_interrupted_and_resumed_it_is_the_same(
    recorded: Recorded,
    chat_file: Path,
    tiny_base: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = {**SETTINGS, "model": tiny_base}
    whole = curate.train(chat_file, output=tmp_path / "whole", **settings).run
    interrupt_at(20, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        curate.train(chat_file, output=tmp_path / "cut", **settings)
    assert 0 < len(_events(tmp_path / "cut", "step")) < len(_events(whole, "step"))
    cut = curate.train(chat_file, output=tmp_path / "cut", resume=True, **settings).run
    _assert_same_run(cut, whole, 1e-5 if not torch.cuda.is_available() else 2e-2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_with_dropout_passes_are_computed(chat_file: Path, tiny_base: str, tmp_path: Path) -> None:
    settings = {**SETTINGS, "model": tiny_base, "lora_dropout": 0.1}
    run = curate.train(chat_file, output=tmp_path / "run", **settings).run
    (start,) = _events(run, "start")
    assert any("CUDA graphs: off (not with dropout)" in line for line in start.decisions)
