"""The hot path from parsed records to columns: whole-list passes, no model for each record.

A record is plain when its texts are strings and nothing about it is special: no tools, tool calls,
content parts, names, weights or history. Nearly all records of nearly all sets are. Whatever is not
plain goes through its model (`curate.columns.ColumnBuilder`); both ways give the same columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import polars as pl

from curate.columns import Batch, text_series
from curate.layouts import flat_layouts
from curate.schemas.records import SHAREGPT_ROLES, RecordFormat

Records = list[dict[str, Any]]
Columns = tuple[tuple[str, str], ...]

_SPECIAL_KEYS = frozenset({"tools", "functions", "parallel_tool_calls", "system"})


@dataclass(frozen=True, slots=True)
class _Turns:
    """Where a conversation's turns stand, and what its speakers are called."""

    turns: str
    role: str
    text: str
    speakers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Fields:
    """The text fields of a flat record in their order: (name, role, whether it must be there)."""

    fields: tuple[tuple[str, str, bool], ...]
    special: frozenset[str] = frozenset()


_SYSTEM = ("system", "system", False)
_CONVERSATIONS = {
    RecordFormat.CHAT: _Turns(
        "messages",
        "role",
        "content",
        {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"},
    ),
    RecordFormat.SHAREGPT: _Turns(
        "conversations",
        "from",
        "value",
        {name: role for name, role in SHAREGPT_ROLES.items() if role != "tool"}
        | {"developer": "system"},
    ),
}
_FLAT = {
    RecordFormat.INSTRUCTION: _Fields(
        (
            _SYSTEM,
            ("instruction", "user", True),
            ("input", "user", False),
            ("output", "assistant", True),
        ),
        frozenset({"history"}),
    ),
    RecordFormat.PROMPT_COMPLETION: _Fields(
        (_SYSTEM, ("prompt", "user", True), ("completion", "assistant", True)),
        frozenset({"tools"}),
    ),
    RecordFormat.QUESTION_ANSWER: _Fields(
        (
            _SYSTEM,
            ("context", "user", False),
            ("question", "user", True),
            ("answer", "assistant", True),
        ),
    ),
    RecordFormat.TEXT: _Fields((("text", "assistant", True),)),
}


class PlainReader:
    """Lays plain records of one format into columns."""

    def __init__(self, path: str, format_: RecordFormat, columns: Columns = ()) -> None:
        self.path = path
        self.format = format_
        self._columns = dict(columns)
        turns, flat = _CONVERSATIONS.get(format_), _FLAT.get(format_)
        names = {turns.turns} if turns else {name for name, _, _ in flat.fields} if flat else set()
        # Columns that swap names with fields need the care that the models take.
        self.usable = bool(names) and not names & set(self._columns.values())

    def _column(self, name: str) -> str:
        return self._columns.get(name, name)

    def batch(self, records: Records, lines: Sequence[int], raw: list[bytes]) -> Batch | None:
        """The records as columns, or None when one of them is not plain."""
        if not self.usable or not records:
            return None
        spec = _CONVERSATIONS.get(self.format)
        if spec is not None:
            return self._conversations(spec, records, lines, raw)
        return self._flat(_FLAT[self.format], records, lines, raw)

    def is_plain(self, record: dict[str, Any]) -> bool:
        """Whether `batch` can take this record; implies that it is valid."""
        if not self.usable:
            return False
        spec = _CONVERSATIONS.get(self.format)
        if spec is None:
            flat = _FLAT[self.format]
            return flat.special.isdisjoint(record) and all(
                type(value := record.get(self._column(name))) is str
                or (value is None and not required)
                for name, _, required in flat.fields
            )
        turns = record.get(self._column(spec.turns))
        return (
            type(turns) is list
            and bool(turns)
            and _SPECIAL_KEYS.isdisjoint(record)
            and all(
                type(turn) is dict
                and len(turn) == 2
                and type(turn.get(spec.text)) is str
                and type(role := turn.get(spec.role)) is str
                and self._speaker(role) in spec.speakers
                for turn in turns
            )
        )

    def _speaker(self, name: str) -> str:
        return name.lower() if self.format is RecordFormat.SHAREGPT else name

    def _conversations(
        self, spec: _Turns, records: Records, lines: Sequence[int], raw: list[bytes]
    ) -> Batch | None:
        key = self._column(spec.turns)
        conversations = [record.get(key) for record in records]
        if set(map(type, conversations)) != {list} or not all(conversations):
            return None
        if not _SPECIAL_KEYS.isdisjoint(chain.from_iterable(records)):
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
        if self.format is RecordFormat.SHAREGPT:
            names = list(map(str.lower, names))
        if not set(names) <= spec.speakers.keys():
            return None
        roles = list(map(spec.speakers.__getitem__, names))
        sizes = list(map(len, conversations))  # type: ignore[arg-type]  # all are lists
        text = text_series("text", texts)
        rows = _row_texts(text, texts, "".join([role[0] for role in roles]), sizes)
        counts = np.asarray(sizes)
        starts = np.cumsum(counts) - counts
        fields = tuple(f"{key}[{i}].{spec.text}" for i in range(max(sizes)))
        slot = np.arange(len(texts)) - np.repeat(starts, counts)
        row = np.repeat(np.arange(len(sizes)), counts)
        segments = _segments(row, slot, pl.Series("role", roles, dtype=pl.String), text)
        return self._batch(rows, segments, fields, records, lines, raw)

    def _flat(
        self, spec: _Fields, records: Records, lines: Sequence[int], raw: list[bytes]
    ) -> Batch | None:
        if not spec.special.isdisjoint(chain.from_iterable(records)):
            return None
        present: list[tuple[str, str, list[Any]]] = []
        for name, role, required in spec.fields:
            key = self._column(name)
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
        segments = _segments(
            np.repeat(np.arange(count), width),
            np.tile(np.arange(width), count),
            pl.Series("role", [role for _, role, _ in present] * count, dtype=pl.String),
            text_series("text", texts),
        )
        if segments["text"].null_count():
            segments = segments.filter(pl.col("text").is_not_null())
        rows = _flat_rows(self.format, pl.DataFrame(list(series.values())))
        fields = tuple(self._column(name) for name, _, _ in present)
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
        count = len(records)
        frame = rows.select(
            pl.Series("row", np.arange(count, dtype=np.uint32)),
            pl.Series("line", lines, dtype=pl.UInt32),
            "system",
            "prompt",
            "completion",
            pl.lit(None, pl.String).alias("rejected"),
            pl.lit(None, pl.Boolean).alias("label"),
            "roles",
            pl.lit(False).alias("special"),
            text_series("layout", flat_layouts(records)),
        )
        return Batch(self.path, self.format, frame, segments, fields, records, raw)


def _segments(row: Any, slot: Any, role: pl.Series, text: pl.Series) -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series("row", row.astype(np.uint32)),
            pl.Series("slot", slot.astype(np.uint32)),
            role,
            text,
            (role == "assistant").alias("learnt"),
            pl.repeat(False, len(text), dtype=pl.Boolean, eager=True).alias("void"),
        ]
    )


def _flat_rows(format_: RecordFormat, texts: pl.DataFrame) -> pl.DataFrame:
    """system, prompt, completion and roles of flat records, as the models' examples have them."""

    def column(name: str) -> pl.Expr:
        return pl.col(name) if name in texts.columns else pl.lit(None, pl.String)

    def after(first: str, second: str) -> pl.Expr:
        # The optional text and the required one, a blank line between; an empty one is left out.
        optional = column(first) if format_ is RecordFormat.QUESTION_ANSWER else column(second)
        joined = pl.concat_str(column(first), column(second), separator="\n\n")
        required = column(second) if format_ is RecordFormat.QUESTION_ANSWER else column(first)
        return pl.when(optional.fill_null("") == "").then(required).otherwise(joined)

    system = pl.when(column("system") != "").then(column("system"))
    if format_ is RecordFormat.TEXT:
        prompt, completion = pl.lit(None, pl.String), column("text")
    elif format_ is RecordFormat.INSTRUCTION:
        prompt, completion = after("instruction", "input"), column("output")
    elif format_ is RecordFormat.QUESTION_ANSWER:
        prompt, completion = after("context", "question"), column("answer")
    else:
        prompt, completion = column("prompt"), column("completion")
    roles = (
        pl.lit("")
        if format_ is RecordFormat.TEXT
        else pl.when(system.is_null()).then(pl.lit("ua")).otherwise(pl.lit("sua"))
    )
    return texts.select(system=system, prompt=prompt, completion=completion, roles=roles)


def _row_texts(text: pl.Series, texts: list[str], letters: str, sizes: list[int]) -> pl.DataFrame:
    """system, prompt, completion and roles of conversations, taken from the texts of their turns.

    Most columns are views into `text`; only where several turns make one prompt are they joined.
    """
    count, size = len(sizes), sizes[0]
    places = {
        name: np.full(count, -1, dtype=np.int64) for name in ("system", "prompt", "completion")
    }
    joined: list[str] = []
    groups: list[tuple[str, Any, Any]]
    if letters == letters[:size] * count and set(sizes) == {size}:
        roles = pl.repeat(letters[:size], count, dtype=pl.String, eager=True)
        groups = [(letters[:size], np.arange(count), np.arange(count) * size)]
    else:
        counts = np.asarray(sizes, dtype=np.int64)
        ends = np.cumsum(counts)
        starts = ends - counts
        patterns = [letters[s:e] for s, e in zip(starts.tolist(), ends.tolist(), strict=True)]
        roles = pl.Series(patterns, dtype=pl.String)
        rows_of: dict[str, list[int]] = {}
        for row, pattern in enumerate(patterns):
            rows_of.setdefault(pattern, []).append(row)
        groups = [(p, np.asarray(rows), starts[rows]) for p, rows in rows_of.items()]
    for pattern, rows, first in groups:
        for name, turns in _plan(pattern).items():
            if len(turns) == 1:
                places[name][rows] = first + turns[0]
            elif turns:
                places[name][rows] = len(texts) + len(joined) + np.arange(len(rows))
                joined += ["\n\n".join([texts[s + i] for i in turns]) for s in first.tolist()]
    if joined:
        text = pl.concat([text, text_series("text", joined)], rechunk=True)
    columns = [_gathered(text, at).alias(name) for name, at in places.items()]
    # No turn before the answer: an empty prompt, not a missing one.
    return pl.DataFrame([*columns, roles.alias("roles")]).with_columns(
        pl.col("prompt").fill_null("")
    )


def _gathered(text: pl.Series, places: Any) -> pl.Series:
    """The texts at these places; null where the place is -1."""
    missing = places < 0
    if not missing.any():
        return text.gather(places)
    if missing.all():
        return pl.repeat(None, len(places), dtype=pl.String, eager=True)
    index = pl.Series(places)
    return text.gather(index.set(pl.Series(missing), None))


def _plan(pattern: str) -> dict[str, list[int]]:
    """For the letters of a conversation, which turns make its system text, prompt and completion."""
    last = pattern.rfind("a")
    before = range(last if last >= 0 else len(pattern))
    return {
        "system": [i for i, letter in enumerate(pattern) if letter == "s"],
        "prompt": [i for i in before if pattern[i] != "s"],
        "completion": [last] if last >= 0 else [],
    }
