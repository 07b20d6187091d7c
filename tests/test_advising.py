"""`curate advise` on sets whose answer people agree on; first those that should not be fine-tuned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.advising import advise
from curate.cli import main
from curate.errors import UserError
from curate.schemas.advice import Approach

WriteJsonl = Callable[..., Path]


def chat(prompt: str, answer: str, system: str | None = None) -> dict[str, Any]:
    turns = [{"role": "system", "content": system}] if system else []
    turns += [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    return {"messages": turns}


PLACES = ["mill", "church", "bridge", "school", "harbour", "tower", "market", "library"]


def facts(rows: int) -> list[dict[str, Any]]:
    return [
        chat(
            f"When was the {PLACES[i % 8]} of Lower Farm {i} opened?",
            f"It was opened by {'ABCDEFGH'[i % 8]}rne Holm in {1700 + i}.",
        )
        for i in range(rows)
    ]


def tickets(rows: int) -> list[dict[str, Any]]:
    return [
        chat(
            f"My parcel number {1000 + i} is {['late', 'broken', 'lost'][i % 3]}, please help.",
            json.dumps({"kind": ["late", "broken", "lost"][i % 3], "parcel": 1000 + i}),
            "Turn the message into JSON.",
        )
        for i in range(rows)
    ]


VERBS = ["Explain", "Rewrite", "Summarise", "Translate", "Describe", "List", "Suggest", "Compare"]
THINGS = ["this poem", "a garden", "my letter", "two recipes", "the weather", "a short walk"]


def general(rows: int) -> list[dict[str, Any]]:
    return [
        chat(
            f"{VERBS[i % 8]} {THINGS[i % 6]} for me, version {i}.",
            f"Of course, {THINGS[i % 6]} can be seen like this: "
            + "quiet and slow, " * (1 + i % 5),
        )
        for i in range(rows)
    ]


def test_too_few_rows_are_examples_for_a_prompt(write_jsonl: WriteJsonl) -> None:
    said = advise([write_jsonl(tickets(30))])
    assert said.approach is Approach.PROMPT
    assert said.method is None
    assert "30 distinct examples" in said.sentence


def test_the_same_row_many_times_is_still_one_example(write_jsonl: WriteJsonl) -> None:
    said = advise([write_jsonl(tickets(20) * 100)])
    assert (said.rows, said.distinct) == (2000, 20)
    assert said.approach is Approach.PROMPT


def test_general_instructions_are_to_be_prompted(write_jsonl: WriteJsonl) -> None:
    said = advise([write_jsonl(general(1200))])
    assert said.approach is Approach.PROMPT
    assert "instruction-tuned" in said.sentence


def test_facts_are_to_be_retrieved(write_jsonl: WriteJsonl) -> None:
    said = advise([write_jsonl(facts(300))])
    assert said.approach is Approach.RETRIEVE
    assert said.settle is not None
    assert "--docs" in said.settle
    rows = said.reasons[0].rows
    assert rows
    assert rows[0].line == 1
    assert "1700" in rows[0].shown


def test_facts_that_stand_in_the_prompt_are_not(write_jsonl: WriteJsonl) -> None:
    rows = [
        chat(
            f"{row['messages'][1]['content']} {row['messages'][0]['content']}",
            row["messages"][1]["content"],
        )
        for row in facts(300)
    ]
    assert advise([write_jsonl(rows)]).approach is not Approach.RETRIEVE


def test_a_strict_form_is_to_be_fine_tuned(write_jsonl: WriteJsonl) -> None:
    said = advise([write_jsonl(tickets(400))])
    assert (said.approach, said.method) == (Approach.FINE_TUNE, "sft")
    assert "JSON" in said.sentence
    assert said.settle is not None
    assert "curate compare" in said.settle


def test_labels_are_to_be_fine_tuned(write_jsonl: WriteJsonl) -> None:
    words = ["positive", "negative", "neutral"]
    rows = [chat(f"How does review {i} sound to you?", words[i % 3]) for i in range(300)]
    assert advise([write_jsonl(rows)]).approach is Approach.FINE_TUNE


def test_preferences_are_for_dpo(write_jsonl: WriteJsonl) -> None:
    rows = [
        {"prompt": f"Question {i}?", "chosen": f"A kind answer {i}.", "rejected": f"No {i}."}
        for i in range(80)
    ]
    said = advise([write_jsonl(rows)])
    assert (said.approach, said.method) == (Approach.FINE_TUNE, "dpo")
    assert advise([write_jsonl(rows[:20])]).approach is Approach.PROMPT


def test_documents_are_to_be_retrieved(write_jsonl: WriteJsonl) -> None:
    rows = [{"text": f"Chapter {i}. It was a long day in the town."} for i in range(200)]
    assert advise([write_jsonl(rows)]).approach is Approach.RETRIEVE


def test_nothing_to_read(write_jsonl: WriteJsonl) -> None:
    with pytest.raises(UserError, match="no rows"):
        advise([write_jsonl([])])


def test_the_command(write_jsonl: WriteJsonl, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_jsonl(facts(100))
    assert main(["advise", str(path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Retrieve")
    assert f"{path}:1:" in said
    assert main(["advise", str(path), "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["approach"] == "retrieve"


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "approach", "method"),
    [
        ("gsm8k_train.jsonl", "fine-tune", "sft"),
        ("alpaca_4800.json", "prompt", None),
        ("code_alpaca_2k.json", "prompt", None),
        ("hh_harmless_test.jsonl", "fine-tune", "dpo"),
    ],
)
def test_published_sets(public_data: Path, name: str, approach: str, method: str | None) -> None:
    said = advise([public_data / name])
    assert (said.approach, said.method) == (approach, method)


def test_the_sample_task(sample_data: Path) -> None:
    assert advise([sample_data / "clean" / "tickets.jsonl"]).approach is Approach.FINE_TUNE
