"""Every published way to write a record is read, as the same example, from every kind of file."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import UserError
from curate.faults import Fault
from curate.record_shapes import shape_of
from curate.rowtexts import RowTexts
from curate.schemas.options.data import DataOptions
from curate.schemas.turns import Example, RecordFormat
from curate.train.unanswered import refuse_unanswered
from curate.validating import load_examples, read_checked

Write = Callable[..., Path]
Row = dict[str, Any]
READING = DataOptions()


def said(role: str, text: str) -> Row:
    return {"role": role, "content": text}


def spoken(speaker: str, text: str) -> Row:
    return {"from": speaker, "value": text}


ASKED, ANSWER = said("user", "Why?"), said("assistant", "Because.")
WORSE = said("assistant", "No idea.")
HUMAN, GPT, GPT_WORSE = (
    spoken("human", "Why?"),
    spoken("gpt", "Because."),
    spoken("gpt", "No idea."),
)
CONVERSATION: dict[str, Row] = {
    "messages": {"messages": [ASKED, ANSWER]},
    "conversations with role and content": {"conversations": [ASKED, ANSWER]},
    "conversation with role and content": {"conversation": [ASKED, ANSWER]},
    "messages with from and value": {"messages": [HUMAN, GPT]},
    "conversations": {"conversations": [HUMAN, GPT]},
    "messages with ShareGPT's names": {
        "messages": [said("human", "Why?"), said("gpt", "Because.")]
    },
    "conversations with ShareGPT's names as roles": {
        "conversations": [said("Human", "Why?"), said("GPT", "Because.")]
    },
    "problem and solution": {"problem": "Why?", "solution": "Because."},
    "problem, solution and result": {"problem": "Why?", "solution": "Because.", "answer": "B"},
    "question and solution": {"question": "Why?", "solution": "Because."},
    "problem and answer": {"problem": "Why?", "answer": "Because."},
    "prompt and completion": {"prompt": "Why?", "completion": "Because."},
    "prompt and completion as one message": {"prompt": ASKED, "completion": ANSWER},
}
PREFERENCE: dict[str, Row] = {
    "strings": {"prompt": "Why?", "chosen": "Because.", "rejected": "No idea."},
    "Alpaca's": {"instruction": "Why?", "input": "", "chosen": "Because.", "rejected": "No idea."},
    "lists": {"prompt": [ASKED], "chosen": [ANSWER], "rejected": [WORSE]},
    "whole conversations": {"chosen": [ASKED, ANSWER], "rejected": [ASKED, WORSE]},
    "one message a side": {"prompt": "Why?", "chosen": ANSWER, "rejected": WORSE},
    "one message everywhere": {"prompt": ASKED, "chosen": ANSWER, "rejected": WORSE},
    "from and value": {"prompt": "Why?", "chosen": [HUMAN, GPT], "rejected": [HUMAN, GPT_WORSE]},
    "ShareGPT's names as roles": {
        "prompt": said("human", "Why?"),
        "chosen": [said("gpt", "Because.")],
        "rejected": [said("gpt", "No idea.")],
    },
    "conversation beside": {"conversations": [HUMAN], "chosen": GPT, "rejected": GPT_WORSE},
    "messages beside": {"messages": [ASKED], "chosen": "Because.", "rejected": "No idea."},
    "OpenAI's": {
        "input": {"messages": [ASKED], "parallel_tool_calls": True},
        "preferred_output": [ANSWER],
        "non_preferred_output": [WORSE],
    },
}
JUDGED: dict[str, Row] = {
    "strings": {"prompt": "Why?", "completion": "Because.", "label": False},
    "response": {"prompt": "Why?", "response": "Because.", "label": False},
    "lists": {"prompt": [ASKED], "completion": [ANSWER], "label": False},
    "one message a side": {"prompt": ASKED, "completion": ANSWER, "label": False},
    "a tag": {"prompt": "Why?", "completion": "Because.", "kto_tag": False},
    "Alpaca's": {"instruction": "Why?", "input": "", "output": "Because.", "kto_tag": False},
    "instruction": {"instruction": "Why?", "output": "Because.", "label": False},
    "question": {"question": "Why?", "answer": "Because.", "label": False},
    "messages": {"messages": [ASKED, ANSWER], "label": False},
    "messages with a tag": {"messages": [ASKED, ANSWER], "kto_tag": False},
    "messages with from and value": {"messages": [HUMAN, GPT], "kto_tag": False},
    "messages with ShareGPT's names": {
        "messages": [said("human", "Why?"), said("gpt", "Because.")],
        "label": False,
    },
    "conversations": {"conversations": [HUMAN, GPT], "kto_tag": False},
    "conversations with a label": {"conversations": [HUMAN, GPT], "label": False},
    "conversations with role and content": {"conversations": [ASKED, ANSWER], "kto_tag": False},
}
PROMPTS: dict[str, Row] = {
    "prompt": {"prompt": "Why?"},
    "prompt turns": {"prompt": [ASKED]},
    "prompt and reference": {"prompt": [ASKED], "ground_truth": "Because."},
}
STEPS: Row = {"prompt": "Why?", "completions": ["Think.", "Because."], "labels": [True, False]}
ALL = [*CONVERSATION.values(), *PREFERENCE.values(), *JUDGED.values(), *PROMPTS.values(), STEPS]
SUFFIXES = [".jsonl", ".json", ".csv", ".tsv", ".parquet", ".jsonl.gz"]


def save(row: Row, path: Path) -> Path:
    line = (json.dumps(row) + "\n").encode()
    if path.suffix in (".csv", ".tsv"):
        text = io.StringIO()
        writer = csv.writer(text, delimiter="," if path.suffix == ".csv" else "\t")
        writer.writerow(row)
        writer.writerow([v if isinstance(v, str) else json.dumps(v) for v in row.values()])
        path.write_text(text.getvalue(), newline="")
    elif path.suffix == ".parquet":
        pl.DataFrame([row]).write_parquet(path)
    elif path.suffix == ".json":
        path.write_text(json.dumps([row], indent=1))
    else:
        path.write_bytes(gzip.compress(line) if path.suffix == ".gz" else line)
    return path


def read(path: Path) -> Example:
    [example] = load_examples([path], READING)
    return example.model_copy(update={"path": "", "line": None})


def faults(path: Path) -> list[Fault]:
    return [fault for checked in read_checked(str(path), READING) for fault in checked.faults]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("layout", CONVERSATION)
def test_conversations_are_the_same_however_written(
    tmp_path: Path, layout: str, suffix: str
) -> None:
    example = read(save(CONVERSATION[layout], tmp_path / f"rows{suffix}"))
    assert [(m.role, m.text) for m in example.messages] == [
        ("user", "Why?"),
        ("assistant", "Because."),
    ]
    assert (example.kind, example.learnt) == ("conversation", (1,))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("layout", PREFERENCE)
def test_preferences_are_the_same_however_written(tmp_path: Path, layout: str, suffix: str) -> None:
    example = read(save(PREFERENCE[layout], tmp_path / f"rows{suffix}"))
    assert [(m.role, m.text) for m in example.messages] == [("user", "Why?")]
    assert [m.text for m in example.chosen or ()] == ["Because."]
    assert [m.text for m in example.rejected or ()] == ["No idea."]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("layout", JUDGED)
def test_judged_answers_are_the_same_however_written(
    tmp_path: Path, layout: str, suffix: str
) -> None:
    example = read(save(JUDGED[layout], tmp_path / f"rows{suffix}"))
    assert (example.kind, example.label, example.learnt) == ("unpaired", False, ())
    assert [m.text.strip() for m in example.messages] == ["Why?"]
    assert [m.text for m in example.completion or ()] == ["Because."]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"messages": [ASKED, ANSWER], "label": "sports"}, RecordFormat.CHAT),
        ({"messages": [ASKED, ANSWER], "label": 1}, RecordFormat.CHAT),
        ({"messages": [ASKED, ANSWER], "label": None}, RecordFormat.CHAT),
        ({"messages": [ASKED, ANSWER], "label": ["a"]}, RecordFormat.CHAT),
        ({"conversations": [HUMAN, GPT], "label": "sports"}, RecordFormat.SHAREGPT),
        ({"instruction": "Why?", "output": "So.", "label": 2}, RecordFormat.INSTRUCTION),
        ({"question": "Why?", "answer": "So.", "label": "A"}, RecordFormat.QUESTION_ANSWER),
        (
            {"prompt": "Why?", "completion": "So.", "label": "sports"},
            RecordFormat.PROMPT_COMPLETION,
        ),
        ({"prompt": "Why?", "completion": "So.", "label": 0.73}, RecordFormat.PROMPT_COMPLETION),
        ({"text": "I like it", "label": "positive"}, RecordFormat.PROMPT_COMPLETION),
    ],
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_class_or_a_score_judges_no_answer(
    tmp_path: Path, row: Row, kind: RecordFormat, suffix: str
) -> None:
    path = save(row, tmp_path / f"rows{suffix}")
    checked = list(read_checked(str(path), READING))
    assert not [fault for one in checked for fault in one.faults]
    assert [batch.format for one in checked for batch in one.batches] == [kind]
    assert load_examples([path], READING)[0].label is None


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
@pytest.mark.parametrize("numbers", [(0, 1), (0, 1, 2), (False, True)])
def test_the_number_of_an_answer_judges_nothing(
    tmp_path: Path, numbers: tuple[int, ...], suffix: str
) -> None:
    names = ("negative", "positive", "neutral")
    rows = [
        {"prompt": f"Text {i}", "completion": names[n], "label": n}
        for i in range(300)
        for n in numbers
    ]
    path = tmp_path / f"rows{suffix}"
    frame = pl.DataFrame(rows)
    if suffix == ".parquet":
        frame.write_parquet(path)
    elif suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_ndjson(path)
    assert not faults(path)
    examples = load_examples([path], READING)
    assert {(e.kind, e.label) for e in examples} == {("conversation", None)}


def test_good_and_bad_answers_are_judged_even_where_they_are_short(write_jsonl: Write) -> None:
    rows = [
        {"prompt": f"Is {i} even?", "completion": said, "label": (i % 2 == 0) == (said == "yes")}
        for i in range(30)
        for said in ("yes", "no")
    ]
    assert {e.kind for e in load_examples([write_jsonl(rows)], READING)} == {"unpaired"}


def test_a_format_that_is_named_is_kept(write_jsonl: Write) -> None:
    path = write_jsonl([JUDGED["messages"]])
    named = DataOptions.model_validate({"format": "chat"})
    assert load_examples([path], named)[0].kind == "conversation"
    for mapping in (
        {"conversations": "talk", "label": "good"},
        {"messages": "talk", "label": "good"},
    ):
        path = write_jsonl([{"talk": [ASKED, ANSWER], "good": False}])
        [example] = load_examples([path], DataOptions.model_validate({"map": mapping}))
        assert (example.kind, example.label) == ("unpaired", False)
    path = write_jsonl([{"frage": "Why?", "antwort": "So.", "gut": True}])
    mapping = {"question": "frage", "answer": "antwort", "label": "gut"}
    [example] = load_examples([path], DataOptions.model_validate({"map": mapping}))
    assert (example.kind, [m.text for m in example.messages]) == ("unpaired", ["Why?"])


def test_the_last_answer_of_a_conversation_is_the_judged_one(write_jsonl: Write) -> None:
    turns = [ASKED, WORSE, said("user", "Try again."), ANSWER]
    row = {"system": "Be brief.", "messages": turns, "label": True, "tools": [{"name": "f"}]}
    example = read(write_jsonl([row]))
    assert [m.role for m in example.messages] == ["system", "user", "assistant", "user"]
    assert [m.text for m in example.completion or ()] == ["Because."]
    assert example.tools == ({"name": "f"},)
    [batch] = [b for c in read_checked(str(write_jsonl([row])), READING) for b in c.batches]
    learnt = batch.segments.filter("learnt")
    assert [batch.fields[slot] for slot in learnt["slot"]] == ["messages[3].content"]
    assert batch.rows["roles"].to_list() == ["suaua"]


def test_a_judgement_that_is_none_is_named_and_one_among_chats_is_not_lost(
    write_jsonl: Write,
) -> None:
    judged, chat = JUDGED["messages"], {"messages": [ASKED, ANSWER]}
    few = faults(
        write_jsonl([judged] * 3 + [{**judged, "label": "so-so"}, {**judged, "label": None}])
    )
    assert [(f.rule, f.line, f.field) for f in few] == [
        ("schema-violation", 4, "label"),
        ("schema-violation", 5, "label"),
    ]
    [fault] = faults(write_jsonl([{**JUDGED["conversations"], "kto_tag": "no"}]))
    assert (fault.field, fault.rule) == ("kto_tag", "schema-violation")
    late = write_jsonl([chat] * 300 + [judged])
    assert [(f.rule, f.line) for f in faults(late)] == [("mixed-formats", 301)]
    assert [e.kind for e in load_examples([late], READING)][-2:] == ["conversation", "unpaired"]
    noted = write_jsonl([{**chat, "label": "sports"}] * 300 + [{**chat, "label": None}, judged])
    assert not faults(noted)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("layout", PROMPTS)
def test_prompts_alone_are_a_format(tmp_path: Path, layout: str, suffix: str) -> None:
    example = read(save(PROMPTS[layout], tmp_path / f"rows{suffix}"))
    assert (example.kind, example.learnt) == ("prompt", ())
    assert [m.text for m in example.messages] == ["Why?"]
    with pytest.raises(UserError, match=r"prompts without an answer.*--method grpo or ppo"):
        refuse_unanswered(Path("rows.jsonl"), [example])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_judged_steps_are_read_and_not_imitated(tmp_path: Path, suffix: str) -> None:
    example = read(save(STEPS, tmp_path / f"rows{suffix}"))
    assert (example.kind, example.learnt) == ("stepwise", ())
    with pytest.raises(UserError, match="no method here trains those"):
        refuse_unanswered(Path("rows.jsonl"), [example])


@pytest.mark.parametrize("record", ALL)
def test_a_record_goes_to_its_own_form_and_back(record: Row) -> None:
    shape = shape_of(record, READING)
    assert shape is not None
    renamed = shape.rename(record)
    assert shape.restore(record, renamed) == record
    assert list(shape.restore(record, renamed)) == list(record)


@pytest.mark.parametrize("group", [CONVERSATION, PREFERENCE, JUDGED])
def test_rows_are_compared_by_the_same_text(group: dict[str, Row]) -> None:
    texts = RowTexts("all", READING)
    found = {str(texts.text(row)).replace("\n\n", "\n") for row in group.values()}  # an empty input
    assert len(found) == 1


def test_a_system_prompt_beside_the_turns_is_read_once(write_jsonl: Write) -> None:
    turns = [ASKED, ANSWER]
    beside = read(write_jsonl([{"system": "Be brief.", "conversations": turns}]))
    assert [m.role for m in beside.messages] == ["system", "user", "assistant"]
    assert beside.learnt == (2,)
    first = said("system", "Be kind.")
    both = read(write_jsonl([{"system": "Be brief.", "messages": [first, *turns]}]))
    assert [m.text for m in both.messages] == ["Be kind.", "Why?", "Because."]
    odd = read(write_jsonl([{"system": 7, "messages": turns}]))
    assert len(odd.messages) == 2


def test_tools_are_called_under_either_name(write_jsonl: Write) -> None:
    names = ("human", "tool_call", "tool_response", "gpt")
    turns = [spoken(name, "{}") for name in names]
    example = read(write_jsonl([{"conversations": turns}]))
    assert [m.role for m in example.messages] == ["user", "assistant", "tool", "assistant"]


def test_a_missing_completion_is_still_missed(write_jsonl: Write) -> None:
    whole = {"prompt": "Why?", "completion": "Because."}
    few = faults(write_jsonl([whole, whole, {"prompt": "How?"}]))
    assert [(f.rule, f.line, f.field) for f in few] == [("schema-violation", 3, "completion")]
    most = faults(write_jsonl([{"prompt": "How?"}] * 5 + [whole]))
    assert [(f.rule, f.line) for f in most] == [("schema-violation", n) for n in range(1, 6)]


@pytest.mark.parametrize("name", ["completon", "responses", "reponse", "choosen", "ouput"])
def test_a_misspelt_answer_does_not_make_a_prompt_alone(write_jsonl: Write, name: str) -> None:
    found = faults(write_jsonl([{"prompt": "Why?", name: "Because."}]))
    assert [f.rule for f in found] == ["unknown-format"]


def test_turns_written_the_other_way_are_read_and_named(write_jsonl: Write) -> None:
    path = write_jsonl([{"conversations": [ASKED, ANSWER]}] * 3 + [{"conversations": [HUMAN, GPT]}])
    assert [(f.rule, f.line) for f in faults(path)] == [("mixed-formats", 4)]
    assert len(load_examples([path], READING)) == 4


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"prompt": "Why?", "chosen": {"role": "assistant", "content": 4}, "rejected": WORSE}, "chosen.content"),
        ({"prompt": "Why?", "chosen": {"from": "gpt", "value": 4}, "rejected": GPT}, "chosen.value"),
        ({"conversations": [ASKED, {"role": "assistant", "content": 4}]}, "conversations[1].content"),
        ({"conversations": [ASKED, {"role": "teacher", "content": "B"}]}, "conversations[1].role"),
        ({"prompt": "Why?", "chosen": {"text": "B"}, "rejected": "C"}, "chosen"),
        (
            {
                "input": {"messages": [{"role": "user", "content": 4}]},
                "preferred_output": [ANSWER],
                "non_preferred_output": [WORSE],
            },
            "input.messages[0].content",
        ),
        ({"prompt": "Why?", "completions": ["A", "B"], "labels": [True, "no"]}, "labels[1]"),
        ({"prompt": ["Why?"]}, "prompt[0]"),
        ({"messages": [ASKED, {"role": "assistant", "content": 4}], "label": True}, "messages[1].content"),
        ({"conversations": [HUMAN, spoken("teacher", "B")], "kto_tag": True}, "conversations[1].from"),
        ({"conversations": [HUMAN, {"from": "gpt", "value": 4}], "kto_tag": True}, "conversations[1].value"),
        ({"conversations": [HUMAN, "Because."], "kto_tag": True}, "conversations[1]"),
        ({"instruction": "Why?", "input": 4, "output": "B", "kto_tag": True}, "input"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_where_the_user_wrote_it(
    write_jsonl: Write, row: Row, field: str
) -> None:
    assert field in [f.field for f in faults(write_jsonl([row]))]


def test_as_many_labels_as_steps_are_expected(write_jsonl: Write) -> None:
    [fault] = faults(write_jsonl([{**STEPS, "labels": [True]}]))
    assert "labels has 1 entries for the 2 steps" in fault.message


def test_a_piece_of_json_in_a_cell_stays_a_text(tmp_path: Path) -> None:
    row = {"instruction": "Sort it", "input": '{"b": 1}', "output": '["a"]'}
    example = read(save(row, tmp_path / "rows.csv"))
    assert [m.text for m in example.messages] == ['Sort it\n\n{"b": 1}', '["a"]']


def test_the_input_of_an_instruction_is_part_of_the_prompt_of_a_pair(write_jsonl: Write) -> None:
    row = {"instruction": "Say why.", "input": "It rains.", "chosen": "Clouds.", "rejected": "No."}
    example = read(write_jsonl([row]))
    assert [m.text for m in example.messages] == ["Say why.\n\nIt rains."]
    [fault] = faults(write_jsonl([{**row, "input": 4}]))
    assert fault.field == "input"
    other = {"prompt": "Say why.", "input": "note", "chosen": "Clouds.", "rejected": "No."}
    assert [m.text for m in read(write_jsonl([other])).messages] == ["Say why."]


def test_cells_hold_what_the_format_wants(tmp_path: Path) -> None:
    pair = {"prompt": "Why?", "chosen": "Because.", "rejected": "No.", "margin": 0.5}
    path = save(pair, tmp_path / "pairs.csv")
    assert read(path).margin == 0.5
    path.write_text(path.read_text().replace("0.5", ""))
    assert read(path).margin is None
    path.write_text(path.read_text().replace("No.,", "No.,much"))
    assert [f.field for f in faults(path)] == ["margin"]
    calls = {"messages": [ASKED, ANSWER], "functions": [{"name": "f"}], "parallel_tool_calls": True}
    [batch] = [
        b for c in read_checked(str(save(calls, tmp_path / "c.csv")), READING) for b in c.batches
    ]
    assert batch.records == [calls]
    alone = save({"instruction": "Why?", "output": "So.", "history": ""}, tmp_path / "a.csv")
    assert len(read(alone).messages) == 2


def test_transcripts_survive_the_line_endings_of_windows(tmp_path: Path) -> None:
    sides = {
        "chosen": "\n\nHuman: Why?\n\nAssistant: So.",
        "rejected": "\n\nHuman: Why?\n\nAssistant: No.",
    }
    path = save(sides, tmp_path / "hh.csv")
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    example = read(path)
    assert [m.text for m in (*example.messages, *(example.rejected or ()))] == ["Why?", "No."]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
@pytest.mark.parametrize(
    "answer", ['[{"city": "Oslo"}]', "[]", '{"role": "capital", "city": "Rome"}']
)
def test_an_answer_that_is_json_is_a_text_in_every_table(
    tmp_path: Path, answer: str, suffix: str
) -> None:
    path = save({"prompt": answer, "completion": answer}, tmp_path / f"rows{suffix}")
    assert [m.text for m in read(path).messages] == [answer, answer]
    path = save({"prompt": "Why?", "chosen": answer, "rejected": "No."}, tmp_path / f"pair{suffix}")
    assert [m.text for m in read(path).chosen or ()] == [answer]


@pytest.mark.parametrize("group", [CONVERSATION, PREFERENCE, JUDGED])
def test_turns_may_be_json_in_a_column_of_parquet(tmp_path: Path, group: dict[str, Row]) -> None:
    """Where the contents of turns differ in kind, a column of one type can only hold them so."""
    for number, row in enumerate(group.values()):
        texts = {k: json.dumps(v) if isinstance(v, (list, dict)) else v for k, v in row.items()}
        there = save(row, tmp_path / f"{number}.parquet")
        assert read(save(texts, tmp_path / f"{number}-text.parquet")) == read(there)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_number_of_a_class_is_no_answer_in_any_table(tmp_path: Path, suffix: str) -> None:
    example = read(save({"text": "I like it", "label": 2}, tmp_path / f"rows{suffix}"))
    assert example.text == "I like it"


def test_an_unknown_format_is_told_once(write_jsonl: Write) -> None:
    path = write_jsonl([{"document": f"A text {i}", "summary": "x"} for i in range(30_000)])
    assert [f.rule for f in faults(path)] == ["unknown-format"]
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert [f.rule for f in faults(path)] == ["unknown-format"]
