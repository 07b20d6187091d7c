"""`curate train` as its users see it: what a run leaves behind, and how it is stopped and resumed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

import curate
from curate.errors import UserError
from curate.train.history import read_history
from tests.train.conftest import interrupt_at

FAST: dict[str, Any] = {
    "max_steps": 6,
    "batch_size": 4,
    "eval_every": 2,
    "learning_rate": 1e-2,
    "lora_rank": 2,
    "max_length": 128,
}


def adapter_of(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "adapter" / "adapter_model.safetensors")


def events(run: Path) -> list[Any]:
    """The history without wall-clock figures, and without what was decided from free memory."""
    return [
        e.model_copy(update={"decisions": ()}) if e.event == "start" else e
        for e in read_history(run / "history.jsonl")
        if e.event != "speed"
    ]


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_a_run_leaves_an_adapter_that_plain_peft_loads(
    chat_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    from peft import PeftConfig, PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    result = curate.train(chat_file, model=tiny_base, output=tmp_path / "run", **FAST)
    base = PeftConfig.from_pretrained(str(result.trained)).base_model_name_or_path
    model = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base), str(result.trained)
    )
    tokenizer = AutoTokenizer.from_pretrained(result.trained)
    assert "im_start" in tokenizer.chat_template
    names = {n.replace(".default", "") for n, _ in model.named_parameters() if "lora" in n}
    assert names == set(adapter_of(result.run))
    history = events(result.run)
    assert [e.step for e in history if e.event == "evaluation"] == [0, 2, 4, 6]
    assert [e.step for e in history if e.event == "step"] == [1, 2, 3, 4, 5, 6]
    assert history[-1].event == "end"
    losses = [e.val_loss for e in history if e.event == "evaluation"]
    assert losses[-1] < losses[0]
    manifest = json.loads((result.run / "manifest.json").read_text())
    assert manifest["training"]["train"]["examples"] == 36
    assert manifest["training"]["result"]["best_step"] == result.best_step
    assert "PeftModel.from_pretrained" in (result.run / "README.md").read_text()


def test_the_best_step_is_what_is_saved(chat_file: Path, tiny_base: str, tmp_path: Path) -> None:
    # A learning rate that ruins the model.
    result = curate.train(
        chat_file, model=tiny_base, output=tmp_path / "run", **{**FAST, "learning_rate": 30.0}
    )
    assert result.best_step < result.last_step
    assert result.verdict.name.value == "diverged"
    best = load_file(
        result.run / "checkpoints" / f"best-{result.best_step:08d}" / "weights.safetensors"
    )
    plain = {k.removeprefix("model.").replace(".default", ""): v for k, v in best.items()}
    assert same(plain, adapter_of(result.run))


def test_two_runs_are_the_same(chat_file: Path, tiny_base: str, tmp_path: Path) -> None:
    runs = [
        curate.train(chat_file, model=tiny_base, output=tmp_path / name, **FAST).run
        for name in ("a", "b")
    ]
    assert same(adapter_of(runs[0]), adapter_of(runs[1]))
    assert events(runs[0]) == events(runs[1])


@pytest.mark.parametrize(("at_pack", "dropout"), [(1, 0.5), (4, 0.0), (7, 0.5), (11, 0.0)])
def test_interrupted_and_resumed_equals_never_stopped(
    chat_file: Path,
    tiny_base: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_pack: int,
    dropout: float,
) -> None:
    """Ctrl-C between any two packs, of training or evaluation, then --resume: the same bits."""
    settings = {**FAST, "model": tiny_base, "micro_batch_tokens": 128, "lora_dropout": dropout}
    whole = curate.train(chat_file, output=tmp_path / "whole", **settings).run
    interrupt_at(at_pack * 3, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        curate.train(chat_file, output=tmp_path / "cut", **settings)
    cut = curate.train(chat_file, output=tmp_path / "cut", resume=True, **settings).run
    assert same(adapter_of(whole), adapter_of(cut))
    assert events(whole) == events(cut)


def test_a_resumed_run_counts_steps_against_the_total(
    chat_file: Path, tiny_base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**FAST, "model": tiny_base, "output": tmp_path / "run", "checkpoint_every": 2}
    interrupt_at(12, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        curate.train(chat_file, **settings)
    console = Console(file=io.StringIO(), width=100)
    curate.train(chat_file, **settings, resume=True, console=console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    assert "resumed at step" in shown
    assert "step 6/6" in shown
    assert "/0 " not in shown


def test_resume_refuses_other_options_and_other_data(
    chat_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    settings = {**FAST, "model": tiny_base, "output": tmp_path / "run"}
    curate.train(chat_file, **settings)
    with pytest.raises(UserError, match="batch_size"):
        curate.train(chat_file, **{**settings, "batch_size": 5}, resume=True)
    with pytest.raises(UserError, match="already holds a run"):
        curate.train(chat_file, **settings)
    chat_file.write_text(chat_file.read_text().replace("sun 0", "sun 9"))
    with pytest.raises(UserError, match="has changed"):
        curate.train(chat_file, **settings, resume=True)
    curate.train(chat_file, **settings, overwrite=True)


def test_full_updates_save_a_model_that_loads(
    chat_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    result = curate.train(
        chat_file, model=tiny_base, output=tmp_path / "run", adapter="full", **FAST
    )
    model = AutoModelForCausalLM.from_pretrained(result.trained)
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    saved = load_file(result.trained / "model.safetensors")
    kept = load_file(
        result.run / "checkpoints" / f"best-{result.best_step:08d}" / "weights.safetensors"
    )
    assert "lm_head.weight" not in saved  # tied to the embeddings, and saved once
    assert torch.equal(
        saved["model.layers.0.mlp.up_proj.weight"],
        kept["model.model.layers.0.mlp.up_proj.weight"],
    )


def test_errors_say_what_to_do(chat_file: Path, tiny_base: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--model"):
        curate.train(chat_file)
    with pytest.raises(UserError, match="no such folder"):
        curate.train(chat_file, model="./missing")
    with pytest.raises(UserError, match="--max-length"):
        curate.train(chat_file, model=tiny_base, output=tmp_path / "run", max_length=20)
    with pytest.raises(UserError, match="epochs"):
        curate.train(chat_file, model=tiny_base, epochs=-1)


def test_what_a_step_is_cut_into_does_not_change_it(
    chat_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    """One pack of many samples, or each sample alone: the same losses, gradients and clipping."""
    runs = [
        curate.train(
            chat_file, model=tiny_base, output=tmp_path / name, samples=0, **{**FAST, **changes}
        ).run
        for name, changes in (
            ("packed", {}),
            ("small", {"micro_batch_tokens": 80}),
            ("alone", {"packing": "off"}),
        )
    ]
    steps = [[e for e in events(run) if e.event == "step"] for run in runs]
    for other in steps[1:]:
        for a, b in zip(steps[0], other, strict=True):
            assert a.loss == pytest.approx(b.loss, rel=1e-5)
            assert a.gradient_norm == pytest.approx(b.gradient_norm, rel=1e-4)


def test_rows_that_cannot_be_learnt_are_named_by_their_line_in_the_users_file(
    chat_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    rows = chat_file.read_text().splitlines()
    wrong = json.dumps({"messages": [{"role": "user", "content": "who is there?"}]})
    chat_file.write_text("\n".join([*rows[:7], wrong, *rows[7:]]) + "\n")
    with pytest.raises(UserError, match="Nothing to learn") as caught:
        curate.train(chat_file, model=tiny_base, output=tmp_path / "run", **FAST)
    assert f"{chat_file}:8." in str(caught.value)
