"""The canonical columns that rules see, and what each of them means.

A `Batch` holds two frames over the same records:

`rows`, one row a record:
    row         UInt32   position in this batch; joins with `segments.row`
    line        UInt32   1-based line or record number, as in findings
    system      String   text of the system and developer turns, null when there is none
    prompt      String   what comes before the last assistant turn, without the system text; turns
                         and fields are joined by a blank line; null for plain text
    completion  String   the last assistant turn; for `text` the text; for preferences the chosen
                         answer; null when no assistant turn exists
    rejected    String   the rejected answer of a preference, else null
    label       Boolean  the judgement of an unpaired preference, else null
    roles       String   one letter a turn: s(ystem), u(ser), a(ssistant), c (an assistant turn
                         that calls tools), t(ool result)
    special     Boolean  the record has tools, tool calls, parts, names or weights, and is worth a
                         look at the parsed record itself
    layout      String   the keys of the record and the types of their values (`curate.layouts`)

`segments`, one row a piece of text, in the order of the record:
    row         UInt32   as above
    slot        UInt16   which field: `Batch.fields[slot]`, such as "messages[2].content"
    role        String   system, user, assistant, tool (developer counts as system)
    text        String   never null: null content is an empty text
    learnt      Boolean  the model is trained to write this text
    void        Boolean  the text may be empty: the turn calls tools, or refuses, or holds media
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import polars as pl

from curate.layouts import flat_layouts, layout_of
from curate.schemas.records import (
    ROLES,
    ChatRecord,
    Example,
    InstructionRecord,
    Message,
    Record,
    RecordFormat,
    UnpairedPreferenceRecord,
)

ROW_SCHEMA: dict[str, Any] = {
    "row": pl.UInt32,
    "line": pl.UInt32,
    "system": pl.String,
    "prompt": pl.String,
    "completion": pl.String,
    "rejected": pl.String,
    "label": pl.Boolean,
    "roles": pl.String,
    "special": pl.Boolean,
    "layout": pl.String,
}
SEGMENT_SCHEMA: dict[str, Any] = {
    "row": pl.UInt32,
    "slot": pl.UInt16,
    "role": pl.String,
    "text": pl.String,
    "learnt": pl.Boolean,
    "void": pl.Boolean,
}

_LETTERS = {
    "system": "s",
    "developer": "s",
    "user": "u",
    "assistant": "a",
    "tool": "t",
    "function": "t",
}
_CANONICAL_ROLES = {"developer": "system", "function": "tool"}
_ROLE_SET = frozenset(ROLES)
_PLAIN_MESSAGE_KEYS = {("role", "content"), ("content", "role")}


@dataclass(frozen=True, slots=True)
class Batch:
    """Validated records of one file and one format, as columns and as parsed objects."""

    path: str
    format: RecordFormat
    rows: pl.DataFrame
    segments: pl.DataFrame
    fields: tuple[str, ...]
    records: list[dict[str, Any]]
    raw: list[bytes]

    def __len__(self) -> int:
        return len(self.records)


@dataclass(slots=True)
class ColumnBuilder:
    """Lays records into columns; the caller guarantees that they are valid for the format."""

    path: str
    format: RecordFormat
    lines: list[int] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    _rows: dict[str, list[Any]] = field(default_factory=lambda: {k: [] for k in ROW_SCHEMA})
    _segments: dict[str, list[Any]] = field(default_factory=lambda: {k: [] for k in SEGMENT_SCHEMA})
    _slots: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records)

    def add_plain_chats(
        self, records: list[dict[str, Any]], lines: Sequence[int], raw: Sequence[bytes]
    ) -> bool:
        """Add chat records at once if all of them are plain (string contents, known roles).

        This is the hot path: whole-list passes instead of a model for each record. Returns False,
        having added nothing, when one of them is not plain; `is_plain_chat` then tells which.
        """
        conversations = [r.get("messages") for r in records]
        if set(map(type, conversations)) != {list} or not all(conversations):
            return False
        if not set(chain.from_iterable(records)).isdisjoint(_SPECIAL_KEYS):
            return False
        messages: list[Any] = list(chain.from_iterable(conversations))  # type: ignore[arg-type]  # all are lists
        if (
            set(map(type, messages)) != {dict}
            or not set(map(tuple, messages)) <= _PLAIN_MESSAGE_KEYS
        ):
            return False
        roles = [m["role"] for m in messages]
        texts = [m["content"] for m in messages]
        if (
            set(map(type, roles)) != {str}
            or not set(roles) <= _ROLE_SET
            or set(map(type, texts)) != {str}
        ):
            return False
        first = len(self.records)
        self.records += records
        self.lines += lines
        self.raw += raw
        sizes = list(map(len, conversations))  # type: ignore[arg-type]  # all are lists
        self._rows["layout"] += flat_layouts(records)
        segments = self._segments
        for row, size in enumerate(sizes, first):
            segments["row"] += [row] * size
            segments["slot"] += range(size)
        segments["role"] += [_CANONICAL_ROLES.get(r, r) for r in roles]
        segments["text"] += texts
        segments["learnt"] += [r == "assistant" for r in roles]
        segments["void"] += [False] * len(texts)
        self._row_columns_of_chats(roles, texts, sizes)
        for i in range(max(sizes)):
            self._slots.setdefault(f"messages[{i}].content", i)
        return True

    def _row_columns_of_chats(self, roles: list[str], texts: list[str], sizes: list[int]) -> None:
        rows = self._rows
        system, prompt, completion = rows["system"], rows["prompt"], rows["completion"]
        letters = "".join([_LETTERS[r] for r in roles])
        start = 0
        for size in sizes:
            end = start + size
            pattern = letters[start:end]
            rows["roles"].append(pattern)
            if pattern == "ua":
                system.append(None)
                prompt.append(texts[start])
                completion.append(texts[start + 1])
            elif pattern == "sua":
                system.append(texts[start])
                prompt.append(texts[start + 1])
                completion.append(texts[start + 2])
            else:
                last = pattern.rfind("a")
                before = range(start, start + last if last >= 0 else end)
                system_texts = [texts[i] for i in range(start, end) if letters[i] == "s"]
                system.append("\n\n".join(system_texts) if system_texts else None)
                prompt.append("\n\n".join([texts[i] for i in before if letters[i] != "s"]))
                completion.append(texts[start + last] if last >= 0 else None)
            start = end
        rows["rejected"] += [None] * len(sizes)
        rows["label"] += [None] * len(sizes)
        rows["special"] += [False] * len(sizes)

    def add(
        self,
        record: dict[str, Any],
        model: Record,
        line: int,
        raw: bytes,
        column_of: Callable[[str], str] = str,
    ) -> None:
        """Add one record through its model; every format, every shape.

        `column_of` turns a field path into the one under the user's own column name.
        """
        row = len(self.records)
        self.records.append(record)
        self.lines.append(line)
        self.raw.append(raw)
        example = model.example()
        self._add_segments(row, model, column_of)
        self._add_row(model, example)
        self._rows["layout"].append(layout_of(record))

    def _add_segments(self, row: int, model: Record, column_of: Callable[[str], str]) -> None:
        columns = self._segments
        chat = model if isinstance(model, ChatRecord) else None
        last = _last_field(model)
        for i, segment in enumerate(model.segments()):
            message = chat.messages[i] if chat is not None else None
            columns["row"].append(row)
            columns["slot"].append(
                self._slots.setdefault(column_of(segment.field), len(self._slots))
            )
            columns["role"].append(_CANONICAL_ROLES.get(segment.role, segment.role))
            columns["text"].append(segment.text)
            columns["learnt"].append(_is_learnt(i, segment.field, segment.role, message, last))
            columns["void"].append(message is not None and _may_be_empty(message))

    def _add_row(self, model: Record, example: Example) -> None:
        rows = self._rows
        system, prompt, completion = _texts_of(example)
        rows["system"].append(system)
        rows["prompt"].append(prompt)
        rows["completion"].append(completion)
        rows["rejected"].append(_joined(example.rejected) if example.rejected is not None else None)
        rows["label"].append(model.label if isinstance(model, UnpairedPreferenceRecord) else None)
        turns = example.messages + (example.chosen or ()) + (example.completion or ())
        rows["roles"].append("".join("c" if m.calls_tools else _LETTERS[m.role] for m in turns))
        rows["special"].append(
            bool(example.tools)
            or any(
                m.calls_tools
                or not isinstance(m.content, str)
                or m.tool_call_id
                or m.name
                or m.weight is not None
                or m.role == "tool"
                for m in turns
            )
        )

    def build(self) -> Batch:
        """The finished batch."""
        count = len(self.records)
        rows: dict[str, Any] = dict(self._rows)
        rows["row"] = range(count)
        rows["line"] = self.lines
        slots = sorted(self._slots, key=self._slots.__getitem__)
        return Batch(
            path=self.path,
            format=self.format,
            rows=_frame(rows, ROW_SCHEMA),
            segments=_frame(self._segments, SEGMENT_SCHEMA),
            fields=tuple(slots),
            records=self.records,
            raw=self.raw,
        )


_SPECIAL_KEYS = {"tools", "functions", "parallel_tool_calls"}


def is_plain_chat(record: dict[str, Any]) -> bool:
    """Whether `ColumnBuilder.add_plain_chats` can take this record; implies that it is valid."""
    messages = record.get("messages")
    return (
        type(messages) is list
        and bool(messages)
        and _SPECIAL_KEYS.isdisjoint(record)
        and all(
            type(m) is dict
            and len(m) == 2
            and type(m.get("content")) is str
            and type(m.get("role")) is str
            and m["role"] in _ROLE_SET
            for m in messages
        )
    )


def _frame(columns: dict[str, Any], schema: dict[str, Any]) -> pl.DataFrame:
    # Texts may hold lone surrogates (\ud800 in JSON), which are not UTF-8; they show as U+FFFD.
    series = []
    for name, dtype in schema.items():
        try:
            series.append(pl.Series(name, columns[name], dtype=dtype))
        except UnicodeEncodeError:
            cleaned = [
                v.encode("utf-8", "replace").decode() if isinstance(v, str) else v
                for v in columns[name]
            ]
            series.append(pl.Series(name, cleaned, dtype=dtype))
    return pl.DataFrame(series)


def _last_field(model: Record) -> str:
    return "output" if isinstance(model, InstructionRecord) else ""


def _is_learnt(index: int, field: str, role: str, message: Message | None, last: str) -> bool:
    if role != "assistant":
        return False
    if message is not None:
        return message.weight is None or message.weight > 0
    if field.startswith(("prompt", "rejected")):
        return False
    return not last or field == last


def _may_be_empty(message: Message) -> bool:
    return (
        message.calls_tools
        or bool(message.refusal)
        or message.role in ("tool", "function")
        or (
            isinstance(message.content, list)
            and any(p.type not in ("text",) for p in message.content)
        )
    )


def _joined(messages: Sequence[Message]) -> str:
    return "\n\n".join(m.text for m in messages)


def _texts_of(example: Example) -> tuple[str | None, str | None, str | None]:
    """(system, prompt, completion) of an example, as the module's head defines them."""
    if example.text is not None:
        return None, None, example.text
    turns = example.messages
    answer = example.chosen if example.chosen is not None else example.completion
    completion: str | None
    if answer is not None:
        before: Sequence[Message] = turns
        completion = _joined(answer)
    else:
        last = max((i for i, m in enumerate(turns) if m.role == "assistant"), default=len(turns))
        before = turns[:last]
        completion = turns[last].text if last < len(turns) else None
    system = [m.text for m in turns if m.role in ("system", "developer")]
    prompt = [m.text for m in before if m.role not in ("system", "developer")]
    return ("\n\n".join(system) if system else None), "\n\n".join(prompt), completion
