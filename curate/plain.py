"""The hot path from parsed records to columns: whole-list passes, no model for each record.

A record is plain when its texts are strings and nothing about it is special: no tools, tool calls,
content parts, names, weights or history. Nearly all records of nearly all sets are. Whatever is not
plain goes through its model (`curate.columns.ColumnBuilder`); both ways give the same columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import polars as pl

from curate.columns import Batch, text_series
from curate.laying import conversation_rows, flat_rows, row_frame, segments_of
from curate.layouts import flat_layouts
from curate.light_dataclass import dataclass
from curate.schemas.turns import SHAREGPT_ROLES, RecordFormat

Records = list[dict[str, Any]]
Columns = tuple[tuple[str, str], ...]

SPECIAL_KEYS = frozenset({"tools", "functions", "parallel_tool_calls", "system"})


@dataclass(frozen=True, slots=True)
class Turns:
    """Where a conversation's turns stand, and what its speakers are called."""

    turns: str
    role: str
    text: str
    speakers: Mapping[str, str]
    folded: bool = False  # whether the case of their names does not matter


@dataclass(frozen=True, slots=True)
class Fields:
    """The text fields of a flat record in their order: (name, role, whether it must be there)."""

    fields: tuple[tuple[str, str, bool], ...]
    special: frozenset[str] = frozenset()


_SYSTEM = ("system", "system", False)
CONVERSATIONS = {
    RecordFormat.CHAT: Turns(
        "messages",
        "role",
        "content",
        {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"},
    ),
    RecordFormat.SHAREGPT: Turns(
        "conversations",
        "from",
        "value",
        {name: role for name, role in SHAREGPT_ROLES.items() if role != "tool"}
        | {"developer": "system"},
        folded=True,
    ),
}
FLAT = {
    RecordFormat.INSTRUCTION: Fields(
        (
            _SYSTEM,
            ("instruction", "user", True),
            ("input", "user", False),
            ("output", "assistant", True),
        ),
        frozenset({"history"}),
    ),
    RecordFormat.PROMPT_COMPLETION: Fields(
        (_SYSTEM, ("prompt", "user", True), ("completion", "assistant", True)),
        frozenset({"tools"}),
    ),
    RecordFormat.QUESTION_ANSWER: Fields(
        (
            _SYSTEM,
            ("context", "user", False),
            ("question", "user", True),
            ("answer", "assistant", True),
        ),
    ),
    RecordFormat.TEXT: Fields((("text", "assistant", True),)),
}


class PlainReader:
    """Lays plain records of one format into columns."""

    def __init__(self, path: str, format_: RecordFormat, columns: Columns = ()) -> None:
        self.path = path
        self.format = format_
        self._columns = dict(columns)
        turns, flat = CONVERSATIONS.get(format_), FLAT.get(format_)
        names = {turns.turns} if turns else {name for name, _, _ in flat.fields} if flat else set()
        # Columns that swap names with fields need the care that the models take.
        self.usable = bool(names) and not names & set(self._columns.values())

    def column(self, name: str) -> str:
        """The user's own name of a field."""
        return self._columns.get(name, name)

    def batch(self, records: Records, lines: Sequence[int], raw: list[bytes]) -> Batch | None:
        """The records as columns, or None when one of them is not plain."""
        if not self.usable or not records:
            return None
        spec = CONVERSATIONS.get(self.format)
        if spec is not None:
            return self._conversations(spec, records, lines, raw)
        return self._flat(FLAT[self.format], records, lines, raw)

    def is_plain(self, record: dict[str, Any]) -> bool:
        """Whether `batch` can take this record; implies that it is valid."""
        if not self.usable:
            return False
        spec = CONVERSATIONS.get(self.format)
        if spec is None:
            flat = FLAT[self.format]
            return flat.special.isdisjoint(record) and all(
                type(value := record.get(self.column(name))) is str
                or (value is None and not required)
                for name, _, required in flat.fields
            )
        turns = record.get(self.column(spec.turns))
        return (
            type(turns) is list
            and bool(turns)
            and SPECIAL_KEYS.isdisjoint(record)
            and all(
                type(turn) is dict
                and len(turn) == 2
                and type(turn.get(spec.text)) is str
                and type(role := turn.get(spec.role)) is str
                and (role.lower() if spec.folded else role) in spec.speakers
                for turn in turns
            )
        )

    def _conversations(
        self, spec: Turns, records: Records, lines: Sequence[int], raw: list[bytes]
    ) -> Batch | None:
        key = self.column(spec.turns)
        conversations = [record.get(key) for record in records]
        if set(map(type, conversations)) != {list} or not all(conversations):
            return None
        if not SPECIAL_KEYS.isdisjoint(chain.from_iterable(records)):
            return None
        turns: list[Any] = list(chain.from_iterable(conversations))  # type: ignore[arg-type]  # all are lists
        if set(map(type, turns)) != {dict} or set(map(len, turns)) != {2}:
            return None
        try:
            names = [turn[spec.role] for turn in turns]
            texts = [turn[spec.text] for turn in turns]
        except KeyError:
            return None
        if set(map(type, names)) != {str} or set(map(type, texts)) != {str}:
            return None
        if spec.folded:
            names = list(map(str.lower, names))
        if not set(names) <= spec.speakers.keys():
            return None
        roles = list(map(spec.speakers.__getitem__, names))
        sizes = list(map(len, conversations))  # type: ignore[arg-type]  # all are lists
        text = text_series("text", texts)
        counts = np.asarray(sizes)
        rows = conversation_rows(text, "".join([role[0] for role in roles]), counts)
        starts = np.cumsum(counts) - counts
        fields = tuple(f"{key}[{i}].{spec.text}" for i in range(max(sizes)))
        slot = np.arange(len(texts)) - np.repeat(starts, counts)
        row = np.repeat(np.arange(len(sizes)), counts)
        segments = segments_of(row, slot, pl.Series("role", roles, dtype=pl.String), text)
        return self._batch(rows, segments, fields, records, lines, raw)

    def _flat(
        self, spec: Fields, records: Records, lines: Sequence[int], raw: list[bytes]
    ) -> Batch | None:
        if not spec.special.isdisjoint(chain.from_iterable(records)):
            return None
        present: list[tuple[str, str, list[Any]]] = []
        for name, role, required in spec.fields:
            key = self.column(name)
            values = [record.get(key) for record in records]
            kinds = set(map(type, values))
            if kinds != {str} and (required or not kinds <= {str, type(None)}):
                return None
            if kinds != {type(None)}:
                present.append((name, role, values))
        series = {name: text_series(name, values) for name, _, values in present}
        count, width = len(records), len(present)
        texts = [
            text for row in zip(*(values for _, _, values in present), strict=True) for text in row
        ]
        segments = segments_of(
            np.repeat(np.arange(count), width),
            np.tile(np.arange(width), count),
            pl.Series("role", [role for _, role, _ in present] * count, dtype=pl.String),
            text_series("text", texts),
        )
        if segments["text"].null_count():
            segments = segments.filter(pl.col("text").is_not_null())
        rows = flat_rows(self.format, pl.DataFrame(list(series.values())))
        fields = tuple(self.column(name) for name, _, _ in present)
        return self._batch(rows, segments, fields, records, lines, raw)

    def _batch(
        self,
        rows: pl.DataFrame,
        segments: pl.DataFrame,
        fields: tuple[str, ...],
        records: Records,
        lines: Sequence[int],
        raw: list[bytes],
    ) -> Batch:
        layout = text_series("layout", flat_layouts(records))
        frame = row_frame(rows, pl.Series("line", lines, dtype=pl.UInt32), layout)
        return Batch(self.path, self.format, frame, segments, fields, records, raw)
