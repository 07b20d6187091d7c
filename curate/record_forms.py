"""How one record writes the fields of its format, and the way to the format's own form and back.

Published sets write the same thing differently: under another column, inside another object
(OpenAI's `input.messages`), as one message where a list is meant, with ShareGPT's from and value
where the format has role and content, or with its names of the speakers as roles. A `Shape` knows
which; whoever reads the renamed record sees the format as its model has it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from curate.light_dataclass import dataclass
from curate.schemas.preference_records import split_transcript
from curate.schemas.turns import ROLES, SHAREGPT_ROLES, RecordFormat

_SIDES = ("prompt", "completion", "chosen", "rejected")
_SIDED = frozenset(
    {
        RecordFormat.PREFERENCE,
        RecordFormat.PROMPT_COMPLETION,
        RecordFormat.PROMPT_ONLY,
        RecordFormat.UNPAIRED_PREFERENCE,
    }
)
# The two formats of whole conversations: the field of the turns, and the key that names a speaker.
_TURNS = {RecordFormat.CHAT: ("messages", "role"), RecordFormat.SHAREGPT: ("conversations", "from")}
_OTHER = {RecordFormat.CHAT: RecordFormat.SHAREGPT, RecordFormat.SHAREGPT: RecordFormat.CHAT}


@dataclass(frozen=True, slots=True)
class Shape:
    """A record format together with the columns that hold its fields (only those renamed).

    A column "input.messages" is the key `messages` of the object under `input`. The fields in
    `single` are one message instead of a list; turns of the fields in `spoken` have from and value,
    and those of the fields in `called` have human and gpt (or other such names) for roles.
    """

    format: RecordFormat
    columns: tuple[tuple[str, str], ...] = ()
    single: tuple[str, ...] = ()
    spoken: tuple[str, ...] = ()
    called: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the record is already in the format's own form."""
        return not (self.columns or self.single or self.spoken or self.called)

    def rename(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record under the format's own field names; other keys stay."""
        if self.is_plain:
            return record
        renamed = dict(record)
        found = [(name, column, *_found(record, column)) for name, column in self.columns]
        for _, _, key, _ in found:
            if key is not None:
                renamed.pop(key, None)
        renamed |= {name: value for name, _, key, value in found if key is not None}
        # A record of which the file alone says the shape may lack a side, or write it otherwise.
        for name in self.single:
            if isinstance(renamed.get(name), dict):
                renamed[name] = [renamed[name]]
        for name in (*self.spoken, *self.called):
            if isinstance(renamed.get(name), list):
                renamed[name] = [_told(turn) for turn in renamed[name]]
        return renamed

    def restore(self, record: dict[str, Any], renamed: dict[str, Any]) -> dict[str, Any]:
        """A changed record of the format's own field names under the columns of `record`."""
        mended = dict(renamed)
        for name in self.spoken:
            mended[name] = [_spoken(turn) for turn in mended.get(name, ())]
        for name in self.called:
            given = _found(record, dict(self.columns).get(name, name))[1]
            mended[name] = _called_again(mended.get(name, ()), _listed(given))
        for name in self.single:
            if len(mended.get(name, ())) == 1:
                mended[name] = mended[name][0]
        column_of = dict(self.columns)
        restored: dict[str, Any] = {}
        for name, value in mended.items():
            column = column_of.get(name, name)
            outer, dot, inner = column.partition(".")
            around = restored.get(outer, record.get(outer, {}))
            if dot and column not in record and isinstance(around, dict):
                restored[outer] = {**around, inner: value}
            else:
                restored[column] = value
        kept = {key: restored[key] for key in record if key in restored}
        return kept | restored

    def original(self, path: str) -> str:
        """A field path with the user's own column name in it."""
        for name in self.single:
            if path.startswith(f"{name}[0]"):
                path = name + path.removeprefix(f"{name}[0]")
        for name in self.spoken:
            if path.startswith((f"{name}[", f"{name}.")):
                stem, _, key = path.rpartition(".")
                path = f"{stem}.{_SPOKEN[key]}" if key in _SPOKEN else path
        for name, column in self.columns:
            if path == name or path.startswith((f"{name}[", f"{name}.")):
                return column + path[len(name) :]
        return path

    def in_other_style(self) -> Shape:
        """Of a conversation, the shape whose turns are in the same column, written the other way."""
        name, other = _TURNS[self.format][0], _TURNS[_OTHER[self.format]][0]
        column = dict(self.columns).get(name, name)
        rest = tuple(pair for pair in self.columns if pair[0] != name)
        columns = rest if column == other else (*rest, (other, column))
        return replace(self, format=_OTHER[self.format], columns=columns)


def as_written(shape: Shape, record: dict[str, Any], *, named: bool) -> Shape:
    """The shape of a record whose keys have this one, by how its turns are written.

    Args:
        shape: what the keys of the record say.
        record: the record.
        named: the user named the format; then conversations stay in it.
    """
    if shape.format in _TURNS:
        name, key = _TURNS[shape.format]
        other = _TURNS[_OTHER[shape.format]][1]
        turns = _found(record, dict(shape.columns).get(name, name))[1]
        first = turns[0] if isinstance(turns, list) and turns else None
        if not named and isinstance(first, dict) and other in first and key not in first:
            shape = shape.in_other_style()
        if shape.format is RecordFormat.CHAT and _are_called(turns):
            return replace(shape, called=("messages",))
        return shape
    if shape.format not in _SIDED:
        return shape
    if shape.format is RecordFormat.PREFERENCE:
        shape = _with_conversation(_with_input(shape, record), record)
    columns = dict(shape.columns)
    single, spoken, called = [], [], []
    # A judged answer may be the end of a conversation, instead of a side of its own.
    judged = shape.format is RecordFormat.UNPAIRED_PREFERENCE
    whole = judged and _found(record, columns.get("completion", "completion"))[0] is None
    for name in ("messages",) if whole else _SIDES:
        value = _found(record, columns.get(name, name))[1]
        if _is_message(value):
            single.append(name)
            value = [value]
        if (
            isinstance(value, list)
            and value
            and all(map(_is_spoken, value[:1] if whole else value))
        ):
            spoken.append(name)
        elif _are_called(value):
            called.append(name)
    if not (single or spoken or called):
        return shape
    return replace(shape, single=tuple(single), spoken=tuple(spoken), called=tuple(called))


def _with_input(shape: Shape, record: dict[str, Any]) -> Shape:
    """OpenAI's preference format has the conversation and its tools inside `input`."""
    if ("prompt", "input") not in shape.columns or not isinstance(record.get("input"), dict):
        return shape
    rest = (pair for pair in shape.columns if pair != ("prompt", "input"))
    inside = (("prompt", "input.messages"), ("tools", "input.tools"))
    return replace(shape, columns=(*inside, *rest))


def _with_conversation(shape: Shape, record: dict[str, Any]) -> Shape:
    """A pair whose sides are answers alone continues the conversation that stands beside it."""
    columns = dict(shape.columns)
    if "prompt" in record or "prompt" in columns:
        return shape
    sides = [_found(record, columns.get(name, name))[1] for name in ("chosen", "rejected")]
    if not all(
        _is_message(side) or (isinstance(side, str) and split_transcript(side) is None)
        for side in sides
    ):
        return shape
    for name in ("conversations", "messages", "conversation"):
        if isinstance(record.get(name), list):
            return replace(shape, columns=(*shape.columns, ("prompt", name)))
    return shape


def _found(record: dict[str, Any], column: str) -> tuple[str | None, Any]:
    """(the key of the record that a column is or is inside of, its value); (None, None) if absent."""
    if column in record:
        return column, record[column]
    outer, dot, inner = column.partition(".")
    value = record.get(outer) if dot else None
    if isinstance(value, dict) and inner in value:
        return outer, value[inner]
    return None, None


_TOLD = {"from": "role", "value": "content"}
_SPOKEN = {"role": "from", "content": "value"}
# Roles have fewer names than speakers; on the way back the commonest name is meant.
_SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt", "tool": "tool"}


# Names of those who talk, as ShareGPT has them and chat templates have not.
_CALLED = {name: role for name, role in SHAREGPT_ROLES.items() if name not in ROLES}


def _are_called(turns: Any) -> bool:
    """Whether turns have ShareGPT's names for roles throughout; one such name among roles is a slip."""
    if not isinstance(turns, list):
        return False
    named = False
    for turn in turns:
        role = turn.get("role") if isinstance(turn, dict) else None
        if not isinstance(role, str) or role in ("user", "assistant"):
            return False
        if role not in ROLES:
            if role.lower() not in _CALLED:
                return False
            named |= _CALLED[role.lower()] != "tool"
    return named


def _called_again(turns: list[dict[str, Any]], given: list[Any]) -> list[dict[str, Any]]:
    """Changed turns under the names that they were given under."""
    names: dict[str, str] = {}
    for turn in given:
        names.setdefault(_told(turn)["role"], turn["role"])
    return [{**turn, "role": names.get(turn["role"], turn["role"])} for turn in turns]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and ("role" in value or _is_spoken(value))


def _is_spoken(turn: Any) -> bool:
    return isinstance(turn, dict) and "from" in turn and "value" in turn and "role" not in turn


def _told(turn: Any) -> Any:
    if not isinstance(turn, dict):
        return turn
    told = {_TOLD.get(key, key): value for key, value in turn.items()}
    if isinstance(told.get("role"), str):
        told["role"] = SHAREGPT_ROLES.get(told["role"].lower(), told["role"])
    return told


def _spoken(turn: Any) -> Any:
    if not isinstance(turn, dict):
        return turn
    spoken = {_SPOKEN.get(key, key): value for key, value in turn.items()}
    role = spoken.get("from")
    return spoken | {"from": _SPEAKERS.get(role, role) if isinstance(role, str) else role}
