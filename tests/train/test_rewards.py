"""Rewards that are checked, not learnt; and the prompts they are given with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.errors import UserError
from curate.schemas.options.train import TrainOptions
from curate.schemas.turns import Example, Message, assistant, user
from curate.train.policy_prompts import PolicyPrompt, prompts_of
from curate.train.rewards import make_reward
from curate.train.rollouts import RewardScale
from tests.train.conftest import make_tokenizer

JSON_ANSWERS = [json.dumps({"label": "ab"[i % 2], "n": i}) for i in range(40)]


def rewarded(spelling: str, *answers: str, references: list[str] | None = None) -> list[float]:
    reward = make_reward(spelling, JSON_ANSWERS if references is None else references)
    prompts = [PolicyPrompt(0, (user("why?"),), (1,), "because", "p")] * len(answers)
    return [float(x) for x in reward(prompts, answers)]


def test_a_contract_pays_for_each_step_towards_it() -> None:
    right, wrong_label, missing, prose, empty = rewarded(
        "contract",
        '{"label": "a", "n": 3}',
        '{"label": "z", "n": 3}',
        '{"n": "three"}',
        "The label is a.",
        " ",
    )
    assert right == 1.0
    assert 1.0 > wrong_label > missing > prose == empty == 0.0


def test_a_contract_file_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "contract.json"
    file.write_text(json.dumps({"type": "object", "properties": {"x": {"type": "integer"}},
                                "required": ["x"]}))  # fmt: skip
    assert rewarded(f"contract:{file}", '{"x": 1}', '{"x": "1"}')[0] == 1.0
    with pytest.raises(UserError, match="nothing to check"):
        rewarded("contract", "x", references=["A long story.", "Another one, of other things."] * 9)
    with pytest.raises(UserError, match="no answers to infer"):
        rewarded("contract", "x", references=[])


def test_length_pays_in_full_within_the_range_and_less_outside() -> None:
    found = rewarded("length:2-4", "a", "a b", "a b c d", "a b c d e f", "a " * 40, "")
    np.testing.assert_allclose(found, [0.5, 1.0, 1.0, 0.5, 0.0, 0.0])


def test_a_function_gets_prompt_and_answer_and_the_reference_if_it_asks(tmp_path: Path) -> None:
    (tmp_path / "my_rewards.py").write_text(
        "def two(prompt, answer): return len(prompt) + len(answer)\n"
        "def three(prompt, answer, reference): return answer == reference\n"
        "def one(answer): return 1\n"
        "def bad(prompt, answer): return float('nan')\n"
        "def fails(prompt, answer): return 1 / 0\n"
    )
    assert rewarded("my_rewards:two", "abc") == [7.0]
    assert rewarded("my_rewards:three", "because", "why") == [1.0, 0.0]
    for name, said in (("one", "expected"), ("bad", "finite"), ("fails", "ZeroDivisionError")):
        with pytest.raises(UserError, match=said):
            rewarded(f"my_rewards:{name}", "abc")


def test_rewards_without_a_scale_get_one() -> None:
    raw = np.array([3.0, 5.0, 7.0])
    scaled = RewardScale.of(raw)(raw)
    assert scaled.mean() == pytest.approx(0.0)
    assert scaled.std() == pytest.approx(1.0)
    assert np.isfinite(RewardScale.of(np.ones(3))(np.ones(3))).all()


def options(**changes: Any) -> TrainOptions:
    return TrainOptions(model="m", max_length=64, max_new_tokens=8, max_lost_share=0.9, **changes)


def test_prompts_come_from_conversations_and_preferences_alike() -> None:
    a, b = user("Hi"), assistant("Hello")
    examples = [
        Example(messages=(a, b), learnt=(1,)),
        Example(messages=(a,)),
        Example(messages=(a,), chosen=(b,), rejected=(assistant("No"),)),
        Example(messages=(a,), completion=(b,), label=True),
        Example(messages=(a,), completion=(b,), label=False),
        Example(messages=(a, b, user("And?"), assistant("Yes")), learnt=(1, 3)),
        Example(text="no prompt at all"),
        Example(messages=(user("x" * 200), b), learnt=(1,)),
        Example(messages=(Message(role="system", content="s"), b), learnt=(1,)),
    ]
    prompts, report = prompts_of(examples, make_tokenizer(), options())
    assert [p.example for p in prompts] == [0, 1, 2, 3, 4, 5]
    assert [p.reference for p in prompts] == ["Hello", None, "Hello", "Hello", None, "Yes"]
    assert [p.question for p in prompts][-1] == "And?"
    assert len({p.name for p in prompts[:5]}) == 1
    assert len(prompts[0]) == len(prompts[0].ids) + 8
    assert (report.samples, len(report.dropped), len(report.nothing_to_learn)) == (6, 1, 2)
    with pytest.raises(UserError, match="give no prompt"):
        prompts_of(examples, make_tokenizer(), options().model_copy(update={"max_lost_share": 0.1}))
