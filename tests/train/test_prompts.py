"""Prompts out of files of every shape, and `curate generate` with a tiny model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.cli import main
from curate.errors import UserError
from curate.train.prompts import asked_of, read_prompts


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [{"role": "user", "content": "Hi"}]},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}]},
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes"}]},
        {"prompt": "Hi", "completion": "Yes"},
        {"prompt": [{"role": "user", "content": "Hi"}]},
        {"instruction": "Hi", "input": "", "output": "Yes"},
        {"question": "Hi"},
    ],
)
def test_the_prompt_of_each_shape(row: dict[str, Any]) -> None:
    assert [(m.role, m.text) for m in asked_of(row, "x").messages] == [("user", "Hi")]


def test_contexts_and_systems_belong_to_the_prompt() -> None:
    row = {"question": "Why?", "context": "It rains.", "system": "Be brief."}
    asked = asked_of(row, "x").messages
    assert [m.text for m in asked] == ["Be brief.", "It rains.\n\nWhy?"]
    row = {"instruction": "Shorten.", "input": "A long text."}
    assert asked_of(row, "x").messages[0].text == "Shorten.\n\nA long text."


@pytest.mark.parametrize(
    "row",
    [
        {},
        [],
        "Hi",
        None,
        {"messages": []},
        {"messages": [{"role": "assistant", "content": "Yes"}]},
        {"messages": [{"role": "wizard", "content": "Hi"}]},
        {"messages": "Hi"},
        {"prompt": "  "},
        {"conversations": [3]},
    ],
)
def test_rows_that_ask_nothing(row: Any) -> None:
    with pytest.raises(UserError, match=r"^x: "):
        asked_of(row, "x")


def test_lines_of_text(tmp_path: Path) -> None:
    path = tmp_path / "prompts.txt"
    path.write_text("One\n\n  Two \n")
    assert [(a.place.rpartition(":")[2], a.messages[0].text) for a in read_prompts(str(path))] == [
        ("1", "One"),
        ("3", "Two"),
    ]


def test_a_broken_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"prompt": "Hi"}\n{"prompt": \n')
    with pytest.raises(UserError, match=r"p\.jsonl:2: "):
        list(read_prompts(str(path)))


def plain(base: str, messages: list[dict[str, str]], limit: int) -> str:
    """transformers alone: the chat template, greedy, one prompt."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    model = transformers.AutoModelForCausalLM.from_pretrained(base)
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")
    with torch.no_grad():
        made = model.generate(**ids, max_new_tokens=limit, do_sample=False)
    return str(tokenizer.decode(made[0, ids["input_ids"].shape[1] :], skip_special_tokens=True))


def test_one_prompt(tiny_base: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--model", tiny_base, "--prompt", "Hi", "--max-new-tokens", "8"]
    assert main(["generate", *arguments, "--system", "Be brief."]) == 0
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert capsys.readouterr().out == plain(tiny_base, turns, 8) + "\n"


def test_a_file_of_prompts(
    tiny_base: str, tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    words = ["sun", "a much longer prompt about rain", "snow and wind"]
    path = write_jsonl([{"prompt": word} for word in words], "prompts.jsonl")
    out = tmp_path / "out.jsonl"
    arguments = ["-i", str(path), "-o", str(out), "--model", tiny_base, "--max-new-tokens", "8"]
    assert main(["generate", *arguments]) == 0
    rows = [json.loads(line) for line in out.open()]
    for word, row in zip(words, rows, strict=True):
        assert row["messages"][0] == {"role": "user", "content": word}
        expected = plain(tiny_base, [{"role": "user", "content": word}], 8)
        assert row["messages"][1] == {"role": "assistant", "content": expected}


def test_no_model_is_the_users_mistake(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["generate", "--prompt", "Hi"]) == 2
    assert "--model" in capsys.readouterr().err
    assert main(["generate", str(tmp_path), "--prompt", "Hi"]) == 2
    assert "no adapter" in capsys.readouterr().err
