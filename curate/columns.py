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
    slot        UInt32   which field: `Batch.fields[slot]`, such as "messages[2].content"
    role        String   system, user, assistant, tool (developer counts as system)
    text        String   never null: null content is an empty text
    learnt      Boolean  the model is trained to write this text
    void        Boolean  the text may be empty: the turn calls tools, or refuses, or holds media
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

import polars as pl

from curate.layouts import layout_of
from curate.light_dataclass import dataclass
from curate.rowbytes import Chained
from curate.schemas.preference_records import JudgedConversationRecord, UnpairedPreferenceRecord
from curate.schemas.records import ChatRecord, InstructionRecord, Record
from curate.schemas.turns import Example, Message, RecordFormat

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
    "slot": pl.UInt32,
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


@dataclass(frozen=True, slots=True)
class Batch:
    """Validated records of one file and one format, as columns and as parsed objects."""

    path: str
    format: RecordFormat
    rows: pl.DataFrame
    segments: pl.DataFrame
    fields: tuple[str, ...]
    records: Sequence[dict[str, Any]]
    raw: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.records)


def merged(batches: Sequence[Batch]) -> Batch:
    """Batches of one file and one format as one, in the given order."""
    if len(batches) == 1:
        return batches[0]
    slots: dict[str, int] = {}
    rows, segments = [], []
    count = 0
    for batch in batches:
        places = [slots.setdefault(name, len(slots)) for name in batch.fields]
        shift = pl.col("row") + pl.lit(count, pl.UInt32)
        columns = [shift]
        if places != list(range(len(places))):
            slot = pl.col("slot").replace_strict(range(len(places)), places, return_dtype=pl.UInt32)
            columns.append(slot)
        rows.append(batch.rows.with_columns(shift))
        segments.append(batch.segments.with_columns(columns))
        count += len(batch)
    return Batch(
        path=batches[0].path,
        format=batches[0].format,
        # One chunk each: expressions and gathers are slower on many.
        rows=pl.concat(rows, rechunk=True),
        segments=pl.concat(segments, rechunk=True),
        fields=tuple(slots),
        records=Chained([batch.records for batch in batches]),
        raw=Chained([batch.raw for batch in batches]),
    )


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
        turns = model.turns if isinstance(model, ChatRecord) else None
        sides = _turns_of_sides(model) if turns is None else {}
        last = _last_field(model)
        for i, segment in enumerate(model.segments()):
            message = turns[i] if turns is not None else sides.get(segment.field)
            columns["row"].append(row)
            columns["slot"].append(
                self._slots.setdefault(column_of(segment.field), len(self._slots))
            )
            columns["role"].append(_CANONICAL_ROLES.get(segment.role, segment.role))
            columns["text"].append(segment.text)
            columns["learnt"].append(_is_learnt(segment.field, segment.role, message, last))
            columns["void"].append(message is not None and _may_be_empty(message))

    def _add_row(self, model: Record, example: Example) -> None:
        rows = self._rows
        system, prompt, completion = _texts_of(example)
        rows["system"].append(system)
        rows["prompt"].append(prompt)
        rows["completion"].append(completion)
        rows["rejected"].append(_joined(example.rejected) if example.rejected is not None else None)
        rows["label"].append(model.label if isinstance(model, _JUDGED) else None)
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


def text_series(name: str, texts: Sequence[Any]) -> pl.Series:
    """Strings as a column. Lone surrogates (\\ud800 in JSON) are not UTF-8; they show as U+FFFD."""
    try:
        return pl.Series(name, texts, dtype=pl.String)
    except UnicodeEncodeError:
        # In UTF-16 halves that belong together are a character again; "replace" alone would give "?".
        cleaned = [
            v
            if v is None
            else v.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            for v in texts
        ]
        return pl.Series(name, cleaned, dtype=pl.String)


def _frame(columns: dict[str, Any], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            text_series(name, columns[name])
            if dtype == pl.String
            else pl.Series(name, columns[name], dtype=dtype)
            for name, dtype in schema.items()
        ]
    )


_JUDGED = (UnpairedPreferenceRecord, JudgedConversationRecord)


def _last_field(model: Record) -> str:
    """The only field that is learnt, where a record has other answers before it."""
    if isinstance(model, JudgedConversationRecord):
        return f"messages[{model.judged}].content"
    return "output" if isinstance(model, InstructionRecord) else ""


def _turns_of_sides(model: Record) -> dict[str, Message]:
    """The turns of a record's sides, by the field of their text."""
    return {
        f"{name}[{i}].content": turn
        for name in ("messages", "prompt", "completion", "chosen", "rejected")
        if isinstance(turns := getattr(model, name, None), list)
        for i, turn in enumerate(turns)
    }


def _is_learnt(field: str, role: str, message: Message | None, last: str) -> bool:
    if role != "assistant" or field.startswith(("prompt", "rejected", "completions[")):
        return False
    if last and field != last:
        return False
    return message is None or message.weight is None or message.weight > 0


def _may_be_empty(message: Message) -> bool:
    return (
        message.calls_tools
        or bool(message.refusal)
        or message.role in ("tool", "function")
        or bool((message.model_extra or {}).get("audio"))  # what was said is there, not as text
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
        completion = _joined(answer) if answer or example.chosen is not None else None
    else:
        last = max((i for i, m in enumerate(turns) if m.role == "assistant"), default=len(turns))
        before = turns[:last]
        completion = turns[last].text if last < len(turns) else None
    system = [m.text for m in turns if m.role in ("system", "developer")]
    prompt = [m.text for m in before if m.role not in ("system", "developer")]
    return ("\n\n".join(system) if system else None), "\n\n".join(prompt), completion
