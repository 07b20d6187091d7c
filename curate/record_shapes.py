"""Which format a record has, and under which column names.

Its keys decide, and of turns also how they are written: `conversations` may hold role and content,
`messages` from and value, and one side of a pair may be a single message instead of a list.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any

from curate.record_forms import Shape, as_written
from curate.schemas.options.data import DataOptions
from curate.schemas.turns import RecordFormat

# The fields by which a format is known, each with the other names it goes by in published sets.
# Order matters: the first format whose fields are all present wins.
_SIGNATURES: tuple[tuple[RecordFormat, dict[str, tuple[str, ...]]], ...] = (
    (RecordFormat.PREFERENCE, {"chosen": (), "rejected": ()}),
    # OpenAI's preference format; the conversation and its tools are inside `input`.
    (
        RecordFormat.PREFERENCE,
        {
            "prompt": ("input",),
            "chosen": ("preferred_output",),
            "rejected": ("non_preferred_output",),
        },
    ),
    (
        RecordFormat.UNPAIRED_PREFERENCE,
        {
            "prompt": ("instruction", "question", "query"),
            "completion": ("response", "output", "answer"),
            "label": ("kto_tag",),
        },
    ),
    (
        RecordFormat.UNPAIRED_PREFERENCE,
        {"messages": ("conversations", "conversation"), "label": ("kto_tag",)},
    ),
    (RecordFormat.CHAT, {"messages": ()}),
    (RecordFormat.SHAREGPT, {"conversations": ("conversation",)}),
    (RecordFormat.INSTRUCTION, {"instruction": (), "output": ("response", "completion", "answer")}),
    (RecordFormat.STEPWISE, {"prompt": (), "completions": (), "labels": ()}),
    (
        RecordFormat.PROMPT_COMPLETION,
        {"prompt": (), "completion": ("response", "output", "answer")},
    ),
    (
        RecordFormat.QUESTION_ANSWER,
        {"question": ("query", "problem"), "answer": ("response", "output", "solution")},
    ),
    (RecordFormat.PROMPT_COMPLETION, {"prompt": ("input",), "completion": ("output", "response")}),
    (RecordFormat.TEXT, {"text": ()}),
    (RecordFormat.PROMPT_ONLY, {"prompt": ()}),
    # Reached only when `--format` names them: as_written tells them apart otherwise.
    (RecordFormat.CHAT, {"messages": ("conversations", "conversation")}),
    (RecordFormat.SHAREGPT, {"conversations": ("messages",)}),
)
# Where the judgement of an answer stands; under `label`, classes and scores stand as well.
JUDGEMENTS = ("label", "kto_tag")
# Other ways to write true and false; beside a prompt and its completion they are a mistake, not a class.
_MEANT = ("true", "false", "yes", "no", "good", "bad", "desirable", "undesirable", "0", "1", "-1")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
# From so many rows on, labels that each stand for one answer are its number.
_LEAST_NUMBERED = 20
# A key that resembles one of these is a misspelt answer: such rows are no prompts without answers.
_ANSWERS = ("completion", "completions", "response", "output", "chosen", "rejected")
# Classification sets name what is judged and the judgement. Only a label in words is an answer.
_JUDGED = ("text", "sentence", "review", "utterance", "tweet", "comment")
_JUDGEMENT = ("label", "labels", "sentiment", "intent")
# Sets of problems give the result beside the solution that is to be learnt, under `answer`.
_WORKED_COLUMNS = (("prompt", "problem"), ("completion", "solution"))
_WORKED, _NOT_WORKED = frozenset({"problem", "solution"}), frozenset({"prompt", "completion"})
_OPTIONAL_ALIASES: dict[RecordFormat, dict[str, tuple[str, ...]]] = {
    RecordFormat.INSTRUCTION: {"input": ("context",), "system": ("system_prompt",)},
    RecordFormat.PROMPT_COMPLETION: {"system": ("system_prompt",)},
    RecordFormat.PREFERENCE: {"prompt": ("question",), "system": ("system_prompt",)},
    RecordFormat.QUESTION_ANSWER: {"system": ("system_prompt",)},
    RecordFormat.UNPAIRED_PREFERENCE: {"system": ("system_prompt",)},
}
# Alpaca's instruction and input before a pair of answers, as LLaMA-Factory's sets have them.
_ALPACA_PAIR = frozenset({"instruction", "chosen", "rejected"})
_ALPACA_PROMPT = {"prompt": ("instruction",), "prompt_input": ("input",)}
# What the fields of other formats are in that of judged answers.
_JUDGED_FIELDS = {
    "conversations": "messages",
    **dict.fromkeys(("instruction", "question"), "prompt"),
    **dict.fromkeys(("input", "context"), "prompt_input"),
    **dict.fromkeys(("output", "answer"), "completion"),
}
# An explicit --map of these fields says which format is meant.
_FORMAT_OF_FIELDS: tuple[tuple[frozenset[str], RecordFormat], ...] = (
    (frozenset({"chosen", "rejected"}), RecordFormat.PREFERENCE),
    (frozenset({"messages", "label"}), RecordFormat.UNPAIRED_PREFERENCE),
    (frozenset({"conversations", "label"}), RecordFormat.UNPAIRED_PREFERENCE),
    (frozenset({"messages"}), RecordFormat.CHAT),
    (frozenset({"conversations"}), RecordFormat.SHAREGPT),
    (frozenset({"prompt", "completion", "label"}), RecordFormat.UNPAIRED_PREFERENCE),
    (frozenset({"instruction", "output", "label"}), RecordFormat.UNPAIRED_PREFERENCE),
    (frozenset({"question", "answer", "label"}), RecordFormat.UNPAIRED_PREFERENCE),
    (frozenset({"instruction", "output"}), RecordFormat.INSTRUCTION),
    (frozenset({"prompt", "completion"}), RecordFormat.PROMPT_COMPLETION),
    (frozenset({"question", "answer"}), RecordFormat.QUESTION_ANSWER),
    (frozenset({"text"}), RecordFormat.TEXT),
)


def shape_of(record: dict[str, Any], data: DataOptions) -> Shape | None:
    """The shape of one record under the user's options, or None when no format fits."""
    shape = shape_of_keys(record, data)
    return None if shape is None else as_written(shape, record, named=data.format is not None)


def shape_of_keys(record: dict[str, Any], data: DataOptions) -> Shape | None:
    """As `shape_of`, from the keys alone (and whether a label is in words, where it is given)."""
    explicit = tuple(data.map.items())
    if explicit:
        record = Shape(RecordFormat.TEXT, explicit).rename(record)
        format_ = data.format or next(
            (f for names, f in _FORMAT_OF_FIELDS if names <= set(data.map)), None
        )
        if format_ is RecordFormat.UNPAIRED_PREFERENCE:
            explicit = tuple((_JUDGED_FIELDS.get(name, name), c) for name, c in explicit)
        if format_ is not None:
            return Shape(format_, explicit)
    for format_, required in _SIGNATURES:
        if data.format is not None and format_ is not data.format:
            continue
        worked = format_ is RecordFormat.QUESTION_ANSWER and data.format is None
        if worked and record.keys() >= _WORKED and _NOT_WORKED.isdisjoint(record):
            return Shape(RecordFormat.PROMPT_COMPLETION, (*explicit, *_WORKED_COLUMNS))
        if format_ is RecordFormat.TEXT and data.format is None:
            labelled = _labelled(record, explicit)
            if labelled is not None:
                return labelled
        columns = _columns(record, required)
        if columns is None or (data.format is None and _resembles_answer(format_, record)):
            continue
        judged = format_ is RecordFormat.UNPAIRED_PREFERENCE
        if judged and data.format is None and not _is_judged(record):
            continue
        optional = _OPTIONAL_ALIASES.get(format_, {})
        if record.keys() >= _ALPACA_PAIR and "prompt" not in record:
            optional = {**optional, **_ALPACA_PROMPT}
        if judged and any(name == "prompt" for name, _ in columns):
            optional = {**optional, "prompt_input": ("input", "context")}
        extra = [
            (name, alias)
            for name, aliases in optional.items()
            for alias in aliases
            if name not in record and alias in record
        ]
        return Shape(format_, (*explicit, *columns, *extra))
    return Shape(data.format, explicit) if data.format is not None else None


def numbers_answers(records: Sequence[dict[str, Any]]) -> bool:
    """Whether the label of records is the number of their answer: each of them has one answer only.

    Answers that are judged differ: two hundred good ones are not all the same.
    """
    answers: dict[str, set[str]] = {}
    for record in records:
        answer = record.get("completion", record.get("response"))
        if isinstance(answer, str) and isinstance(record.get("label"), (bool, int)):
            answers.setdefault(repr(record["label"]), set()).add(answer.strip())
    rows = sum("label" in record for record in records)
    single = all(len(said) == 1 for said in answers.values())
    return rows >= _LEAST_NUMBERED and len(answers) > 1 and single


def _is_judged(record: dict[str, Any]) -> bool:
    """Whether the judgement that a record of such a format has is one, and no class or score."""
    label = record.get("label")
    if "kto_tag" in record or isinstance(label, bool):
        return True
    if "prompt" not in record or record.keys().isdisjoint(("completion", "response")):
        return False
    return label is None or str(label).strip().lower() in _MEANT


def _labelled(record: dict[str, Any], explicit: tuple[tuple[str, str], ...]) -> Shape | None:
    """The shape of a text with its label, for a record that no format of two sides fits.

    Numbers for labels are no answers that a model could write: such records stay plain text. A null
    decides nothing, so that keys alone (`dict.fromkeys`) pass for a record with a label.
    """
    text = next((name for name in _JUDGED if name in record), None)
    label = next((name for name in _JUDGEMENT if name in record), None)
    if text is None or label is None or not isinstance(record[label], (str, type(None))):
        return None
    if _NUMBER.fullmatch((record[label] or "").strip()):
        return None  # cells of a table are texts all
    columns = (("prompt", text), ("completion", label))
    return Shape(RecordFormat.PROMPT_COMPLETION, (*explicit, *columns))


def _resembles_answer(format_: RecordFormat, record: dict[str, Any]) -> bool:
    return format_ is RecordFormat.PROMPT_ONLY and any(
        difflib.get_close_matches(key, _ANSWERS, n=1, cutoff=0.75)
        for key in record
        if len(key) <= 40
    )


def _columns(
    record: dict[str, Any], required: dict[str, tuple[str, ...]]
) -> tuple[tuple[str, str], ...] | None:
    renamed = []
    for name, aliases in required.items():
        if name in record:
            continue
        alias = next((a for a in aliases if a in record), None)
        if alias is None:
            return None
        renamed.append((name, alias))
    return tuple(renamed)
