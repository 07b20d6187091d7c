"""What a run hands on: merged models, samples and metrics, dynamics, dashboard, preview."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from rich.console import Console

import curate
from curate.cli import main
from curate.errors import UserError
from curate.train.exporting import merge
from curate.train.history import read_history
from curate.train.models import load_adapter

FAST: dict[str, Any] = {
    "max_steps": 18,
    "batch_size": 4,
    "eval_every": 9,
    "learning_rate": 1e-2,
    "lora_rank": 2,
    "max_new_tokens": 8,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_base: str) -> Path:
    """Two epochs and a bit, shown in a terminal and on plain lines."""
    folder = tmp_path_factory.mktemp("exported")
    data = folder / "chat.jsonl"
    rows = [{"prompt": f"{i} {'ab'[i % 2]}", "completion": "ab"[i % 2] * 3} for i in range(36)]
    data.write_text("".join(json.dumps(r) + "\n" for r in rows))
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    curate.train(data, model=tiny_base, output=folder / "run", console=terminal, **FAST)
    shown = terminal.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    assert "validation" in shown
    assert "gap" in shown
    return folder / "run"


def test_a_template_that_was_changed_after_training_is_refused(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    load_adapter(copy)
    template = copy / "adapter" / "chat_template.jinja"
    template.write_text(template.read_text().replace("<|im_start|>", "<s>"))
    for use in (lambda: load_adapter(copy), lambda: merge(copy, tmp_path / "merged")):
        with pytest.raises(UserError, match="chat template is not the one"):
            use()
    # An adapter that was taken out of its run has nothing to be compared with.
    shutil.copytree(copy / "adapter", tmp_path / "adapter")
    load_adapter(tmp_path / "adapter")


def test_a_merged_model_answers_as_base_and_adapter_do(run: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    report = merge(run, tmp_path / "merged")
    assert report.largest_logit_change < 1e-4
    assert not report.trained_quantised
    adapted, tokenizer = load_adapter(run)
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    ids = torch.arange(20)[None]
    with torch.no_grad():
        torch.testing.assert_close(merged(ids).logits, adapted(ids).logits, rtol=1e-4, atol=1e-4)
    again = AutoTokenizer.from_pretrained(tmp_path / "merged")
    assert again.chat_template == tokenizer.chat_template
    with pytest.raises(UserError, match="not empty"):
        merge(run, tmp_path / "merged")
    with pytest.raises(UserError, match="no adapter"):
        merge(tmp_path, tmp_path / "other")


def test_merging_measures_what_it_has_changed(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against what base and adapter say apart: here, the merged model says twice as much."""
    from peft.tuners.lora import LoraModel

    merged = LoraModel.merge_and_unload
    adapted, tokenizer = load_adapter(run)
    ids = tokenizer("The quick brown fox jumps over the lazy dog.", return_tensors="pt")
    with torch.no_grad():
        largest = float(adapted(ids["input_ids"]).logits.abs().max())

    def louder(model: Any, **options: Any) -> Any:
        whole: Any = merged(model, **options)
        whole.model.norm.weight.data *= 2.0
        return whole

    monkeypatch.setattr(LoraModel, "merge_and_unload", louder)
    report = merge(run, tmp_path / "louder")
    assert report.largest_logit_change == pytest.approx(largest, rel=1e-4)
    assert report.divergence > 0


def test_the_command_merges_as_well(run: Path, tmp_path: Path, capsys: Any) -> None:
    assert main(["merge", str(run), "-o", str(tmp_path / "out")]) == 0
    assert "KL divergence" in capsys.readouterr().out


def test_training_dynamics_hold_every_example_each_time_it_was_learnt(run: Path) -> None:
    frame = pl.read_parquet(run / "dynamics.parquet")
    manifest = json.loads((run / "manifest.json").read_text())["training"]
    train = frame.filter(split="train")
    times = train.group_by("line").len()["len"]
    assert len(times) == manifest["train"]["examples"]
    assert times.min() == 2
    assert train["loss"].is_finite().all()
    evaluated = frame.filter(pl.col("split") != "train")
    assert sorted(evaluated["step"].unique()) == [0, 9, 18]
    assert evaluated["accuracy"].is_between(0, 1).all()
    by_hand = (frame["loss"] * -1).exp()
    assert (frame["confidence"] - by_hand).abs().max() < 1e-9  # type: ignore[operator]
    # The same loss, summed by the loop for a step and recorded for its examples.
    step = next(e for e in read_history(run / "history.jsonl") if e.event == "step")
    first = train.filter(step=0)
    tokens = first["tokens"].to_numpy()
    mean = float((first["loss"].to_numpy() * tokens).sum() / tokens.sum())
    assert mean == pytest.approx(step.loss, rel=1e-5)


def test_samples_and_the_loss_curve_are_there(run: Path) -> None:
    samples = [e for e in read_history(run / "history.jsonl") if e.event == "sample"]
    assert [s.step for s in samples] == [0, 9, 18]
    assert all(s.expected in ("aaa", "bbb") for s in samples)
    assert "best step" in (run / "loss.svg").read_text()


def test_a_task_metric_can_decide(
    chat_file: Path, tiny_base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_metric.py").write_text(
        "def longer(answer, reference): return len(answer) / 100\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings = {**FAST, "max_steps": 2, "eval_every": 1, "metric": "own_metric:longer"}
    result = curate.train(
        chat_file, model=tiny_base, output=tmp_path / "run", decide_by="metric", **settings
    )
    verdicts = [
        e.verdict for e in read_history(result.run / "history.jsonl") if e.event == "evaluation"
    ]
    assert all(v.metric is not None for v in verdicts)
    best = max(verdicts, key=lambda v: v.metric or 0.0)
    assert result.best_step == best.step


def test_running_out_of_memory_halves_the_packs_and_goes_on(
    chat_file: Path, tiny_base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from curate.train.sft import SupervisedObjective

    whole = SupervisedObjective.measure
    tokens: list[int] = []

    def little_memory(self: Any, model: Any, batch: Any) -> Any:
        if torch.is_grad_enabled():
            tokens.append(batch.sample_tokens)
            if batch.sample_tokens > 160:
                raise torch.OutOfMemoryError("pretended")
        return whole(self, model, batch)

    reference = curate.train(chat_file, model=tiny_base, output=tmp_path / "a", **FAST)
    monkeypatch.setattr(SupervisedObjective, "measure", little_memory)
    console = Console(file=io.StringIO(), width=200)
    result = curate.train(
        chat_file, model=tiny_base, output=tmp_path / "b", console=console, **FAST
    )
    assert max(tokens) > 160
    assert max(tokens[-30:]) <= 160
    assert "out of memory" in console.file.getvalue()  # type: ignore[attr-defined]
    assert result.verdict.val_loss == pytest.approx(reference.verdict.val_loss, rel=1e-4)


def test_preview_shows_what_is_learnt_and_trains_nothing(
    chat_file: Path, tiny_base: str, tmp_path: Path, capsys: Any
) -> None:
    code = main(["train", str(chat_file), "--model", tiny_base, "--preview", "2"])
    shown = capsys.readouterr().out
    assert code == 0
    assert shown.count("⟦") == 2
    assert "Say the word twice." in shown
    assert "<|im_end|>⟧" in shown
    assert not (tmp_path / "runs").exists()
