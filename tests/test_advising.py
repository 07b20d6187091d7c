"""`curate advise` on sets whose answer people agree on; first those that should not be fine-tuned."""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.advising import advise
from curate.cli import main
from curate.errors import UserError
from curate.schemas.advice import Approach
from curate.schemas.options.data import DataOptions

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


DAYS = {"Monday": "MON", "Tuesday": "TUE", "Friday": "FRI"}
GUESTS = {"Ann": "AN", "Raj": "RJ", "Leo": "LE", "Mia": "MI"}


def test_fields_between_marks_are_a_form(write_jsonl: WriteJsonl) -> None:
    """Codes that come up again and again are no knowledge, nor is a time written another way."""
    rows = [
        chat(
            f"Call with {guest} on {day} at {8 + i % 9}:{7 * i % 60:02} on plan {i}.",
            f"CLL | {DAYS[day]} | {8 + i % 9:02}{7 * i % 60:02} | {GUESTS[guest]}",
        )
        for i in range(180)
        for day, guest in [(list(DAYS)[i % 3], list(GUESTS)[i % 4])]
    ]
    said = advise([write_jsonl(rows)])
    assert said.approach is Approach.FINE_TUNE
    assert "180 of 180 answers have the form '…|…|…|…'" in said.sentence
    assert said.reasons[0].rows[0].shown == "CLL | MON | 0800 | AN"
    assert all(reason.speaks_for is not Approach.RETRIEVE for reason in said.reasons)


def test_facts_in_fields_are_facts_still(write_jsonl: WriteJsonl) -> None:
    rows = [
        chat(f"Who built mill {i}?", f"Builder: Berg{chr(97 + i % 26)}{i} | Year: {1300 + i}")
        for i in range(90)
    ]
    assert advise([write_jsonl(rows)]).approach is Approach.RETRIEVE


def test_a_keyword_for_each_label_shows_its_rows(write_jsonl: WriteJsonl) -> None:
    words = [("love", "positive"), ("hate", "negative")]
    rows = [chat(f"I {words[i % 2][0]} thing {i}", words[i % 2][1]) for i in range(200)]
    said = advise([write_jsonl(rows)])
    assert said.approach is Approach.PROMPT
    assert said.reasons[0].rows[0].shown == "positive ← I love thing 0"


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
    assert said.settle is not None
    assert "curate train splits --method dpo" in said.settle
    assert advise([write_jsonl(rows[:20])]).approach is Approach.PROMPT


def test_the_evidence_of_a_preference_is_both_sides(write_jsonl: WriteJsonl) -> None:
    rows = [
        {"prompt": f"Q {i}?", "chosen": f"Kind {i}.", "rejected": f"No {i}."} for i in range(80)
    ]
    assert advise([write_jsonl(rows)]).reasons[0].rows[0].shown == "'Kind 0.' rather than 'No 0.'"
    judged = [
        {"prompt": f"Q {i}?", "completion": f"So {i}.", "label": i % 2 == 0} for i in range(80)
    ]
    shown = [row.shown for row in advise([write_jsonl(judged)]).reasons[0].rows]
    assert shown[:2] == ["judged good: So 0.", "judged bad: So 1."]


DID = ["bought", "found", "painted", "sold", "carried", "repaired", "borrowed", "counted"]


def sentence(i: int) -> str:
    return f"My neighbour {i} {DID[i % 8]} {['a blue boat', 'two chairs', 'a kettle'][i % 3]}."


def test_copying_is_to_be_prompted(write_jsonl: WriteJsonl) -> None:
    rows = [chat(f"Repeat this: {sentence(i)}", sentence(i)) for i in range(1200)]
    said = advise([write_jsonl(rows)])
    assert said.approach is Approach.PROMPT
    assert "the input itself" in said.sentence
    assert said.reasons[0].rows[0].shown.startswith(sentence(0))


def test_quoting_is_to_be_prompted(write_jsonl: WriteJsonl) -> None:
    rows = [
        chat(
            f"The report says: {sentence(i)} It rained, too. {sentence(i + 7)} What did the second "
            f"neighbour do? Quote.",
            sentence(i + 7),
        )
        for i in range(1200)
    ]
    said = advise([write_jsonl(rows)])
    assert said.approach is Approach.PROMPT
    assert "word for word" in said.sentence


def test_one_answer_to_everything_is_to_be_prompted(write_jsonl: WriteJsonl) -> None:
    rows = [chat(f"May I {DID[i % 8]} number {i}?", "please ask at the desk") for i in range(300)]
    assert advise([write_jsonl(rows)]).approach is Approach.PROMPT


SOUNDS = ["la", "mi", "so", "re", "do", "ti", "fa"]


def song(i: int) -> str:
    return " ".join(random.Random(i).choices(SOUNDS, k=3 + i % 9))


def test_without_a_strong_reason_to_train_prompting_comes_first(write_jsonl: WriteJsonl) -> None:
    """One kind of request, answers of no form: nothing here says that a prompt would not do."""
    rows = [
        chat(
            f"Put this into singing words: {sentence(i)}",
            song(i),
        )
        for i in range(1500)
    ]
    said = advise([write_jsonl(rows)])
    assert said.approach is Approach.PROMPT
    assert "no strong reason" in said.sentence
    assert all(reason.weight == "weak" for reason in said.reasons)


def test_one_manner_throughout_is_to_be_fine_tuned(write_jsonl: WriteJsonl) -> None:
    rows = [
        chat(
            f"Where is my {['boat', 'chair', 'kettle'][i % 3]}, ordered by neighbour {i}?",
            f"{['We look into it', 'It is on its way', 'Please wait a little'][i % 3]}, "
            f"{'and again ' * (i % 7)}and we thank you for your patience.",
            "You answer for the shop.",
        )
        for i in range(1200)
    ]
    said = advise([write_jsonl(rows)])
    assert said.approach is Approach.FINE_TUNE
    assert "for your patience." in said.sentence


def test_a_long_prompt_that_is_always_the_same_is_to_be_saved(write_jsonl: WriteJsonl) -> None:
    manual = "When a customer is unhappy, say so first, then offer what can be done today. " * 40
    rows = [chat(f"Put in order: {sentence(i)}", song(i), manual) for i in range(1200)]
    said = advise([write_jsonl(rows)])
    assert said.approach is Approach.FINE_TUNE
    assert "tokens" in said.sentence


def test_rows_that_break_a_clear_form_do_not_hide_it(write_jsonl: WriteJsonl) -> None:
    rows = tickets(400)
    for row in rows[::12]:
        row["messages"][-1]["content"] += " Hope this helps!"
    said = advise([write_jsonl(rows)])
    assert said.approach is Approach.FINE_TUNE
    assert "mend them first" in said.sentence
    assert "Hope this helps" in said.reasons[0].rows[0].shown


def test_bad_rows_are_left_out_and_counted(
    write_jsonl: WriteJsonl, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_jsonl(tickets(400))
    whole = advise([path])
    lines = path.read_text().splitlines()
    lines[5:5] = ["{broken", '{"messages": 3}', ""]
    path.write_text("\n".join([*lines, "[1, 2]"]) + "\n")
    said = advise([path])
    assert said.left_out == 3
    assert (said.approach, said.rows) == (whole.approach, whole.rows)
    assert main(["advise", str(path)]) == 0
    assert "left out 3 rows" in capsys.readouterr().out


def test_a_file_of_bad_rows_is_refused(write_jsonl: WriteJsonl) -> None:
    path = write_jsonl([])
    path.write_text("{broken\n{again\n")
    with pytest.raises(UserError, match="2 cannot be read"):
        advise([path])


def test_the_command_that_would_settle_it_can_be_pasted(tmp_path: Path) -> None:
    path = tmp_path / "my rows.jsonl"
    path.write_text("".join(json.dumps({"q": f"Is {i} odd?", "a": "no"}) + "\n" for i in range(90)))
    options = DataOptions(map={"prompt": "q", "completion": "a"})
    settle = advise([path], None, options).settle
    assert settle is not None
    commands = [shlex.split(command) for command in settle.split(" && ")]
    assert [words[1] for words in commands] == ["split", "train", "compare"]
    assert commands[0][2] == str(path)
    assert all(words[-4:] == ["--map", "prompt=q", "--map", "completion=a"] for words in commands)
    both = advise([path, path], None, options).settle
    assert both is not None
    assert both.startswith("curate dedupe ")


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
