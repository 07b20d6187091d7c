"""Preference runs as their users see them: what is learnt, told, refused, and left behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import curate
from curate.cli import main
from curate.errors import UserError
from curate.train.history import read_history
from curate.train.scoring import load_reward
from tests.train.conftest import interrupt_at
from tests.train.test_command import events, same

FAST: dict[str, Any] = {
    "max_steps": 6,
    "batch_size": 4,
    "eval_every": 3,
    "learning_rate": 1e-2,
    "lora_rank": 2,
    "max_length": 256,
    "samples": 0,
}


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
    if losses[-1] == min(losses):  # what is best by both measures is no disagreement
        assert evaluations[-1].verdict.disagreement is None
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


@pytest.mark.parametrize(
    ("method", "changes", "at_pack"),
    [
        ("dpo", {"reference": "live", "lora_dropout": 0.3}, 4),
        ("dpo", {"reference": "precomputed"}, 9),
        ("dpo", {"adapter": "full", "learning_rate": 1e-3}, 7),
        ("reward", {"lora_dropout": 0.3, "reward_centring": 0.01}, 7),
    ],
)
def test_interrupted_and_resumed_equals_never_stopped(
    method: str,
    changes: dict[str, Any],
    at_pack: int,
    pair_file: Path,
    tiny_base: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C between two packs, of training or evaluation, then --resume: the same bits."""
    settings = {**FAST, "model": tiny_base, "method": method, "micro_batch_tokens": 200, **changes}
    whole = curate.train(pair_file, output=tmp_path / "whole", **settings)
    interrupt_at(at_pack * 3, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        curate.train(pair_file, output=tmp_path / "cut", **settings)
    cut = curate.train(pair_file, output=tmp_path / "cut", resume=True, **settings)
    assert same(weights(whole.trained), weights(cut.trained))
    assert events(whole.run) == events(cut.run)
    reports = [(r.run / "preferences.json").read_text() for r in (whole, cut)]
    assert reports[0] == reports[1]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(next(folder.glob("*.safetensors")))


@pytest.mark.parametrize("adapter", ["lora", "full"])
def test_transformers_and_curate_score_gives_the_rewards_of_training(
    adapter: str, pair_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    from peft import PeftConfig, PeftModel
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    rate = 1e-2 if adapter == "lora" else 1e-3
    result = curate.train(
        pair_file,
        model=tiny_base,
        output=tmp_path / "run",
        method="reward",
        adapter=adapter,
        **{**FAST, "learning_rate": rate},
    )
    folder = str(result.trained)
    if adapter == "lora":
        base = str(PeftConfig.from_pretrained(folder).base_model_name_or_path)
        plain: Any = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
        plain = PeftModel.from_pretrained(plain, folder)
    else:
        plain = AutoModelForSequenceClassification.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [json.loads(line) for line in pair_file.read_text().splitlines()]
    texts = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": r["prompt"]}, {"role": "assistant", "content": r[side]}],
            tokenize=False,
        )
        for r in rows
        for side in ("chosen", "rejected")
    ]
    batch = tokenizer(texts, return_tensors="pt", padding=True, padding_side="right")
    with torch.no_grad():
        expected = plain.eval()(**batch).logits.squeeze(-1).view(-1, 2)

    scored = tmp_path / "scored.jsonl"
    assert main(["score", str(pair_file), "--model", str(result.run), "-o", str(scored)]) == 0
    found = [json.loads(line) for line in scored.read_text().splitlines()]
    assert [{k: r[k] for k in ("prompt", "chosen", "rejected")} for r in found] == rows
    for side, name in enumerate(("score", "score_rejected")):
        torch.testing.assert_close(
            torch.tensor([r[name] for r in found]), expected[:, side], rtol=1e-4, atol=1e-5
        )
    # And they are what the report on the held-out pairs was made from.
    held_out = (result.run / "splits" / "val.jsonl").read_text().splitlines()
    prompts = {json.loads(line)["prompt"] for line in held_out}
    right = [r["score"] > r["score_rejected"] for r in found if r["prompt"] in prompts]
    report = json.loads((result.run / "preferences.json").read_text())
    assert report["accuracy"]["value"] == pytest.approx(sum(right) / len(right))
    assert report["accuracy"]["interval"][0] <= report["accuracy"]["value"]


def test_scores_decide_which_duplicate_is_kept(
    pair_file: Path, tiny_base: str, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    reward = curate.train(
        pair_file, model=tiny_base, output=tmp_path / "run", method="reward", **FAST
    )
    question = "Say the word twice: sun, and then say it again until nobody listens any more"
    rows = [
        {"prompt": question, "completion": f"sun sun and sun again, said the old man number {i}"}
        for i in (1, 2, 3)
    ]
    data, scored = write_jsonl(rows, "answers.jsonl"), tmp_path / "scored.jsonl"
    assert main(["score", str(data), "--model", str(reward.run), "-o", str(scored)]) == 0
    kept = tmp_path / "kept.jsonl"
    flags = ["--keep", "best", "--keep-by", "score", "--yes", "-o", str(kept)]
    assert main(["dedupe", str(scored), "--threshold", "0.5", *flags]) == 0
    scores = [json.loads(line)["score"] for line in scored.read_text().splitlines()]
    assert [json.loads(line)["score"] for line in kept.read_text().splitlines()] == [max(scores)]


def test_a_reward_model_scores_in_bfloat16_too(
    pair_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    """As on a GPU: the base in bfloat16, the head in float32."""
    run = curate.train(
        pair_file, model=tiny_base, output=tmp_path / "run", method="reward", **FAST
    ).run
    texts = [list(range(60, 60 + n)) for n in (5, 30, 12)]
    exact = load_reward(run).score_ids(texts)
    rough = load_reward(run, dtype=torch.bfloat16).score_ids(texts)
    assert rough == pytest.approx(exact, abs=0.05)
    assert rough != exact


def test_what_cannot_be_scored_is_said(
    chat_file: Path, pair_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    sft = curate.train(chat_file, model=tiny_base, output=tmp_path / "sft", **FAST)
    with pytest.raises(UserError, match="--method reward"):
        load_reward(sft.run)
    with pytest.raises(UserError, match="--method reward"):
        load_reward(tmp_path)


def test_dpo_saves_an_adapter_that_generates(
    pair_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    result = curate.train(
        pair_file,
        model=tiny_base,
        output=tmp_path / "run",
        method="dpo",
        **{**FAST, "samples": 1, "max_new_tokens": 4},
    )
    history = read_history(result.run / "history.jsonl")
    assert any(e.event == "sample" and e.expected for e in history)
    report = json.loads((result.run / "preferences.json").read_text())
    assert report["likelihood_before"]["pairs"] == report["pairs"] == 4
    assert "preference accuracy" in result.summary()
    assert main(["generate", str(result.run), "--prompt", "sun", "--max-new-tokens", "3"]) == 0


def test_preference_accuracy_can_decide(pair_file: Path, tiny_base: str, tmp_path: Path) -> None:
    result = curate.train(
        pair_file,
        model=tiny_base,
        output=tmp_path / "run",
        method="reward",
        decide_by="metric",
        **FAST,
    )
    history = read_history(result.run / "history.jsonl")
    metrics = {e.step: e.metrics["accuracy"] for e in history if e.event == "evaluation"}
    assert metrics[result.best_step] == max(metrics.values())
    assert "preference accuracy" in result.verdict.evidence


def test_the_whole_way_from_a_dirty_file_to_an_adapter_and_its_report(
    pair_file: Path, tiny_base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [json.loads(line) for line in pair_file.read_text().splitlines()]
    same_sides = {**rows[0], "prompt": "Say the word twice: hail", "rejected": rows[0]["chosen"]}
    empty = {**rows[1], "prompt": "Say the word twice: fog", "chosen": ""}
    dirty = tmp_path / "dirty.jsonl"
    dirty.write_text("".join(json.dumps(r) + "\n" for r in [*rows, same_sides, empty, rows[7]]))
    config = tmp_path / "curate.toml"
    config.write_text(
        f"""
[run]
data = ["dirty.jsonl"]
output = "run"
[split]
val = 0.2
test = 0.0
[train]
method = "dpo"
model = "{tiny_base}"
max_steps = 4
eval_every = 2
learning_rate = 1e-2
lora_rank = 2
samples = 0
"""
    )
    assert main(["run", str(config)]) == 0
    run = tmp_path / "run"
    left_out = [json.loads(line) for line in (run / "removed.jsonl").read_text().splitlines()]
    assert {r["line"] for r in left_out} >= {41, 42, 43}
    report = json.loads((run / "preferences.json").read_text())
    assert report["pairs"] == len((run / "splits" / "val.jsonl").read_text().splitlines())
    assert (run / "adapter" / "adapter_model.safetensors").exists()
    told = capsys.readouterr().out
    assert "Held-out preference accuracy" in told
    assert "not compared with prompting" in " ".join(told.split())


def test_judged_answers_become_pairs_where_they_can(
    tiny_base: str, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    rows = [
        {"prompt": f"Say the word twice: {i}", "completion": f"{i} {i}"[:n], "label": n > 3}
        for i in range(100, 120)
        for n in (7, 3)
    ]
    lonely = {"prompt": "Say the word twice: sun", "completion": "sun sun", "label": True}
    result = curate.train(
        write_jsonl([*rows, lonely], "judged.jsonl"),
        model=tiny_base,
        output=tmp_path / "run",
        method="dpo",
        **FAST,
    )
    start = read_history(result.run / "history.jsonl")[0]
    assert start.event == "start"
    assert start.examples + start.val_examples == 20
    with pytest.raises(UserError, match="no prompt has both a good and a bad one"):
        curate.train(
            write_jsonl([{**r, "prompt": f"{i}"} for i, r in enumerate(rows)], "apart.jsonl"),
            model=tiny_base,
            output=tmp_path / "other",
            method="dpo",
            **FAST,
        )
