"""Which format a record has, and under which column names: decided by its keys alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curate.schemas.options.data import DataOptions
from curate.schemas.records import RecordFormat

# The fields by which a format is known, each with the other names it goes by in published sets.
# Order matters: the first format whose fields are all present wins.
_SIGNATURES: tuple[tuple[RecordFormat, dict[str, tuple[str, ...]]], ...] = (
    (RecordFormat.PREFERENCE, {"chosen": (), "rejected": ()}),
    (RecordFormat.CHAT, {"messages": ()}),
    (RecordFormat.SHAREGPT, {"conversations": ("conversation",)}),
    (RecordFormat.INSTRUCTION, {"instruction": (), "output": ("response", "completion", "answer")}),
    (RecordFormat.UNPAIRED_PREFERENCE, {"prompt": (), "completion": ("response",), "label": ()}),
    (
        RecordFormat.PROMPT_COMPLETION,
        {"prompt": (), "completion": ("response", "output", "answer")},
    ),
    (RecordFormat.QUESTION_ANSWER, {"question": ("query",), "answer": ("response", "output")}),
    (RecordFormat.PROMPT_COMPLETION, {"prompt": ("input",), "completion": ("output", "response")}),
    (RecordFormat.TEXT, {"text": ()}),
)
# Classification sets name what is judged and the judgement. Only a label in words is an answer.
_JUDGED = ("text", "sentence", "review", "utterance", "tweet", "comment")
_JUDGEMENT = ("label", "labels", "sentiment", "intent")
_OPTIONAL_ALIASES: dict[RecordFormat, dict[str, tuple[str, ...]]] = {
    RecordFormat.INSTRUCTION: {"input": ("context",), "system": ("system_prompt",)},
    RecordFormat.PROMPT_COMPLETION: {"system": ("system_prompt",)},
    RecordFormat.PREFERENCE: {"prompt": ("question",), "system": ("system_prompt",)},
    RecordFormat.QUESTION_ANSWER: {"system": ("system_prompt",)},
}
# An explicit --map of these fields says which format is meant.
_FORMAT_OF_FIELDS: tuple[tuple[frozenset[str], RecordFormat], ...] = (
    (frozenset({"chosen", "rejected"}), RecordFormat.PREFERENCE),
    (frozenset({"messages"}), RecordFormat.CHAT),
    (frozenset({"conversations"}), RecordFormat.SHAREGPT),
    (frozenset({"prompt", "completion", "label"}), RecordFormat.UNPAIRED_PREFERENCE),
    (frozenset({"instruction", "output"}), RecordFormat.INSTRUCTION),
    (frozenset({"prompt", "completion"}), RecordFormat.PROMPT_COMPLETION),
    (frozenset({"question", "answer"}), RecordFormat.QUESTION_ANSWER),
    (frozenset({"text"}), RecordFormat.TEXT),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A record format together with the columns that hold its fields (only those renamed)."""

    format: RecordFormat
    columns: tuple[tuple[str, str], ...] = ()

    def rename(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record under the format's own field names; other keys stay."""
        if not self.columns:
            return record
        renamed = dict(record)
        for _, column in self.columns:
            if column in record:
                renamed.pop(column, None)
        for name, column in self.columns:
            if column in record:
                renamed[name] = record[column]
        return renamed

    def restore(self, record: dict[str, Any], renamed: dict[str, Any]) -> dict[str, Any]:
        """A changed record of the format's own field names under the columns of `record`."""
        column_of = dict(self.columns)
        restored = {column_of.get(name, name): value for name, value in renamed.items()}
        kept = {key: restored[key] for key in record if key in restored}
        return kept | restored

    def original(self, path: str) -> str:
        """A field path with the user's own column name in it."""
        for name, column in self.columns:
            if path == name or path.startswith((f"{name}[", f"{name}.")):
                return column + path[len(name) :]
        return path


def shape_of(record: dict[str, Any], data: DataOptions) -> Shape | None:
    """The shape of one record under the user's options, or None when no format fits."""
    explicit = tuple(data.map.items())
    if explicit:
        record = Shape(RecordFormat.TEXT, explicit).rename(record)
        format_ = data.format or next(
            (f for names, f in _FORMAT_OF_FIELDS if names <= set(data.map)), None
        )
        if format_ is not None:
            return Shape(format_, explicit)
    for format_, required in _SIGNATURES:
        if data.format is not None and format_ is not data.format:
            continue
        if format_ is RecordFormat.TEXT and data.format is None:
            labelled = _labelled(record, explicit)
            if labelled is not None:
                return labelled
        columns = _columns(record, required)
        if columns is None:
            continue
        optional = _OPTIONAL_ALIASES.get(format_, {})
        extra = [
            (name, alias)
            for name, aliases in optional.items()
            for alias in aliases
            if name not in record and alias in record
        ]
        return Shape(format_, (*explicit, *columns, *extra))
    return Shape(data.format, explicit) if data.format is not None else None


def _labelled(record: dict[str, Any], explicit: tuple[tuple[str, str], ...]) -> Shape | None:
    """The shape of a text with its label, for a record that no format of two sides fits.

    Numbers for labels are no answers that a model could write: such records stay plain text. A null
    decides nothing, so that keys alone (`dict.fromkeys`) pass for a record with a label.
    """
    text = next((name for name in _JUDGED if name in record), None)
    label = next((name for name in _JUDGEMENT if name in record), None)
    if text is None or label is None or not isinstance(record[label], (str, type(None))):
        return None
    columns = (("prompt", text), ("completion", label))
    return Shape(RecordFormat.PROMPT_COMPLETION, (*explicit, *columns))


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
