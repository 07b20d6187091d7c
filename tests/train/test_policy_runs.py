"""PPO and GRPO as their users see them: what a run learns, leaves behind, and how it is resumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

import curate
from curate.errors import UserError
from curate.train.policy import PolicyModel
from tests.train.test_command import adapter_of, events, same

FAST: dict[str, Any] = {
    "method": "ppo",
    "reward": "rewards_here:plain",
    "max_steps": 4,
    "batch_size": 3,
    "answers_per_prompt": 2,
    "minibatches": 2,
    "eval_every": 2,
    "watch_rows": 4,
    "max_new_tokens": 6,
    "learning_rate": 2e-2,
    "lora_rank": 2,
    "max_length": 128,
    "stop_early": False,
}


@pytest.fixture
def prompts_file(write_jsonl: Callable[..., Path], tmp_path: Path) -> Path:
    """Sixteen prompts with answers, and a reward beside them: the share of plain letters and marks in an answer."""
    (tmp_path / "rewards_here.py").write_text(
        "def plain(prompt, answer):\n    return sum(c.isascii() for c in answer) / max(len(answer), 1)\n"
    )
    rows = [
        {"prompt": f"Say {word} {i}", "completion": f"{word}!"}
        for i, word in enumerate(["sun", "moon", "rain", "wind"] * 5)
    ]
    return write_jsonl(rows, "prompts.jsonl")


@pytest.mark.parametrize("method", ["ppo", "grpo"])
def test_the_reward_rises_and_the_adapter_loads(
    prompts_file: Path, tiny_base: str, tmp_path: Path, method: str
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    settings = {
        **FAST, "method": method, "max_steps": 28, "epochs": 6, "eval_every": 14, "answers_per_prompt": 16,
        "batch_size": 4, "kl_coef": 0.0, "rollout_epochs": 4, "lora_rank": 8,
        "learning_rate": 0.03, "schedule": "constant", "missing_eos_penalty": 0.0,
    }  # fmt: skip
    result = curate.train(prompts_file, model=tiny_base, output=tmp_path / "run", **settings)
    measured = [e.metrics for e in events(result.run) if e.event == "step"]
    rewards = [m["reward"] for m in measured]
    assert sum(rewards[-3:]) / 3 > sum(rewards[:3]) / 3 + 0.05
    assert measured[-1]["kl"] > measured[0]["kl"] == pytest.approx(0.0, abs=1e-4)
    assert ("value_loss" in measured[0]) == (method == "ppo")
    base = AutoModelForCausalLM.from_pretrained(tiny_base)
    model = PeftModel.from_pretrained(base, str(result.trained))
    names = {n.replace(".default", "") for n, _ in model.named_parameters() if "lora" in n}
    assert names == set(adapter_of(result.run))
    assert "Held-out reward" in (result.run / "README.md").read_text()
    assert (result.run / "reward.svg").read_text().startswith("<svg")
    kept = load_file(
        result.run / "checkpoints" / f"step-{result.last_step:08d}" / "weights.safetensors"
    )
    assert ("value.weight" in kept) == (method == "ppo")


def test_a_price_on_distance_keeps_the_policy_near(
    prompts_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    settings = {
        **FAST, "max_steps": 20, "epochs": 5, "answers_per_prompt": 8, "rollout_epochs": 4, "eval_every": 10,
        "kl_control": "fixed",
    }  # fmt: skip
    ends = []
    for coef in (0.0, 1.0):
        run = curate.train(
            prompts_file, model=tiny_base, output=tmp_path / f"run-{coef}", kl_coef=coef, **settings
        ).run
        ends.append([e.metrics["kl"] for e in events(run) if e.event == "evaluation"][-1])
    assert ends[1] < 0.5 * ends[0]


@pytest.mark.parametrize("at_check", [3, 9, 22])
def test_interrupted_and_resumed_equals_never_stopped(
    prompts_file: Path,
    tiny_base: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_check: int,
) -> None:
    """Ctrl-C at any check, while answering, measuring or evaluating; then --resume: the same bits."""
    from curate.train import interrupts

    settings = {**FAST, "model": tiny_base, "micro_batch_tokens": 64}
    whole = curate.train(prompts_file, output=tmp_path / "whole", **settings).run
    calls = 0
    check = interrupts.Interrupts.check

    def counting(self: interrupts.Interrupts) -> None:
        nonlocal calls
        calls += 1
        self.requested = self.requested or calls == at_check
        check(self)

    monkeypatch.setattr(interrupts.Interrupts, "check", counting)
    with pytest.raises(KeyboardInterrupt):
        curate.train(prompts_file, output=tmp_path / "cut", **settings)
    cut = curate.train(prompts_file, output=tmp_path / "cut", resume=True, **settings).run
    assert calls > at_check
    assert same(adapter_of(whole), adapter_of(cut))
    assert events(whole) == events(cut)
    states = [
        json.loads((run / "checkpoints" / "step-00000004" / "state.json").read_text())["state"]
        for run in (whole, cut)
    ]
    assert states[0]["method"] == states[1]["method"]
    assert states[0]["watch"] == states[1]["watch"]


@pytest.mark.parametrize("method", ["ppo", "grpo"])
def test_a_full_update_is_held_to_a_frozen_copy_and_saves_a_model_that_loads(
    prompts_file: Path, tiny_base: str, tmp_path: Path, method: str
) -> None:
    from transformers import AutoModelForCausalLM

    settings = {**FAST, "method": method, "adapter": "full", "learning_rate": 1e-3}
    result = curate.train(prompts_file, model=tiny_base, output=tmp_path / "run", **settings)
    steps = [e.metrics for e in events(result.run) if e.event == "step"]
    assert steps[0]["kl"] == pytest.approx(0.0, abs=1e-4)
    assert abs(steps[-1]["kl"]) > 1e-3
    AutoModelForCausalLM.from_pretrained(result.trained)
    assert not any(
        name.startswith("value") for name in load_file(result.trained / "model.safetensors")
    )


def test_what_a_minibatch_is_cut_into_does_not_change_it(
    prompts_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    runs = [
        curate.train(
            prompts_file, model=tiny_base, output=tmp_path / name, **{**FAST, **changes}
        ).run
        for name, changes in (
            ("packed", {"max_steps": 1}),
            ("small", {"max_steps": 1, "micro_batch_tokens": 40}),
            ("alone", {"max_steps": 1, "packing": "off"}),
        )
    ]
    steps = [next(e for e in events(run) if e.event == "step") for run in runs]
    for other in steps[1:]:
        assert other.loss == pytest.approx(steps[0].loss, rel=1e-3, abs=1e-5)
        assert other.gradient_norm == pytest.approx(steps[0].gradient_norm, rel=1e-3)


def test_the_policy_of_the_first_update_is_the_one_that_wrote_the_answers(
    prompts_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    settings = {**FAST, "max_steps": 1, "minibatches": 1, "rollout_epochs": 1}
    run = curate.train(prompts_file, model=tiny_base, output=tmp_path / "run", **settings).run
    [step] = [e.metrics for e in events(run) if e.event == "step"]
    assert step["moved"] == pytest.approx(0.0, abs=1e-9)
    assert step["clipped"] == 0.0


def test_what_cannot_be_rewarded_or_does_not_go_together_is_refused(
    prompts_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    settings = {**FAST, "model": tiny_base, "output": tmp_path / "run"}
    for changes, said in (
        ({"reward": None}, "which reward"),
        ({"reward": "length:60-20"}, "length:MIN-MAX"),
        ({"reward": "rewards_here:nothing"}, "has no function"),
        ({"reward": "no_such_module:f"}, "cannot import"),
        ({"reward": "runs/missing"}, "no such folder"),
        ({"lora_dropout": 0.1}, "dropout"),
        ({"find_learning_rate": True}, "find-learning-rate"),
        ({"method": "grpo", "answers_per_prompt": 1}, "answers-per-prompt"),
        ({"max_length": 20}, "max-new-tokens"),
        ({"decide_by": "metric"}, "nothing to compare"),
    ):
        with pytest.raises(UserError, match=said):
            curate.train(prompts_file, **{**settings, **changes, "overwrite": True})


def test_the_value_head_starts_at_nothing_and_stands_beside_the_model(tiny_base: str) -> None:
    from transformers import AutoModelForCausalLM

    from curate.train.forward import ForwardPlan

    model = AutoModelForCausalLM.from_pretrained(tiny_base)
    policy = PolicyModel(model, ForwardPlan(False, True))
    assert policy.value is not None
    assert not policy.value.weight.any()
    names = {n for n, _ in policy.named_parameters() if not n.startswith("model.")}
    assert names == {"value.weight", "value.bias"}


def test_a_trained_reward_model_is_a_reward_scaled_by_the_answers_before_training(
    prompts_file: Path, tiny_base: str, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    pairs = [
        {"prompt": f"Say {i}", "chosen": f"yes {i}", "rejected": f"ÿ no {i}"} for i in range(24)
    ]
    judge = curate.train(
        write_jsonl(pairs, "pairs.jsonl"), model=tiny_base, output=tmp_path / "judge",
        method="reward", max_steps=3, batch_size=4, learning_rate=1e-2, lora_rank=2,
    ).run  # fmt: skip
    settings = {
        **FAST, "reward": str(judge), "max_steps": 2, "watch_rows": 12, "missing_eos_penalty": 0.0,
    }  # fmt: skip
    run = curate.train(prompts_file, model=tiny_base, output=tmp_path / "run", **settings).run
    first = next(e for e in events(run) if e.event == "evaluation")
    assert first.metrics["reward"] == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(UserError, match="reward"):
        curate.train(
            prompts_file, model=tiny_base, output=tmp_path / "run", overwrite=True,
            **{**settings, "reward": str(run)},
        )  # fmt: skip


def test_held_out_preferences_are_watched_where_the_data_has_them(
    prompts_file: Path, tiny_base: str, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    pairs = [
        {"prompt": f"Say {i}", "chosen": f"yes {i}", "rejected": f"no, never {i}"}
        for i in range(24)
    ]
    run = curate.train(
        write_jsonl(pairs, "pairs.jsonl"),
        model=tiny_base,
        output=tmp_path / "run",
        **{**FAST, "max_steps": 1, "watch_rows": 8},
    ).run
    measured = [e.metrics for e in events(run) if e.event == "evaluation"]
    assert all(0.0 <= m["preference_accuracy"] <= 1.0 for m in measured)


def test_a_policy_learns_over_a_quantised_base(
    prompts_file: Path, tiny_base: str, tmp_path: Path
) -> None:
    pytest.importorskip("bitsandbytes")
    run = curate.train(
        prompts_file,
        model=tiny_base,
        output=tmp_path / "run",
        **{**FAST, "max_steps": 2, "adapter": "qlora"},
    ).run
    steps = [e.metrics for e in events(run) if e.event == "step"]
    assert steps[0]["kl"] == pytest.approx(0.0, abs=1e-4)
    assert abs(steps[1]["kl"]) > 1e-4


def test_a_run_on_labels_is_shown_in_the_terminal_too(
    tiny_base: str, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    """The watched metric is then called `accuracy`, as that of preference runs is."""
    from rich.console import Console

    rows = [{"prompt": f"Sort {i}", "completion": "ab"[i % 2]} for i in range(40)]
    console = Console(record=True, width=300)
    curate.train(
        write_jsonl(rows, "labels.jsonl"), model=tiny_base, output=tmp_path / "run",
        console=console, **{**FAST, "reward": "contract", "max_steps": 1},
    )  # fmt: skip
    assert "accuracy" in console.export_text()
