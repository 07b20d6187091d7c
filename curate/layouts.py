r"""The layout of a record: its keys, each with the JSON type of its value, as one line of text.

`{"prompt": "Hi", "score": 2}` has the layout "prompt\x1fstring\x1escore\x1fnumber". Keys of turns
that the chat formats do not know are named where they first stand ("messages[1].note"). Layouts
are few and rows are many: whatever compares keys between rows works on the distinct layouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

PAIR, ENTRY = "\x1f", "\x1e"

_TYPE_NAMES: dict[type, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    list: "list",
    dict: "object",
}
# What a turn may hold, in the formats that are published and in the APIs that write them.
TURN_KEYS = frozenset(
    {
        *("role", "content", "name", "weight", "refusal", "audio", "annotations"),
        *("tool_calls", "tool_call_id", "function_call"),
        *("reasoning_content", "reasoning", "thinking", "prefix", "cache_control"),
        *("from", "value"),
    }
)
_TURN_LISTS = ("messages", "conversations", "prompt", "completion", "chosen", "rejected")


def flat_layouts(records: Sequence[dict[str, Any]]) -> list[str]:
    """The layouts of records whose turns are known to hold nothing unusual."""
    if set(map(tuple, records)) == {("messages",)}:
        return [_text([("messages", "list")])] * len(records)
    return [_flat(tuple(r), tuple(map(type, r.values()))) for r in records]


def flat_layout(keys: Sequence[str], kinds: Sequence[str]) -> str:
    """The layout of records with these keys, and values of these JSON types."""
    return _text(list(zip(keys, kinds, strict=True)))


def layout_of(record: dict[str, Any]) -> str:
    """The layout of any record, unusual keys of its turns included."""
    types = tuple(map(type, record.values()))
    if list not in types:
        return _flat(tuple(record), types)
    entries = _types(tuple(record), types)
    for name in _TURN_LISTS:
        turns = record.get(name)
        if not isinstance(turns, list):
            continue
        seen = set(TURN_KEYS)
        for i, turn in enumerate(turns):
            if isinstance(turn, dict) and not turn.keys() <= seen:
                for key in sorted(turn.keys() - seen):
                    entries.append(
                        (f"{name}[{i}].{key}", _TYPE_NAMES.get(type(turn[key]), "object"))
                    )
                    seen.add(key)
    return _text(entries)


def entries_of(layout: str) -> list[tuple[str, str]]:
    """(key, type) for each entry of a layout."""
    return [
        (key, kind)
        for entry in layout.split(ENTRY)
        for key, separator, kind in [entry.rpartition(PAIR)]
        if separator
    ]


@lru_cache(maxsize=4096)
def _flat(keys: tuple[str, ...], types: tuple[type, ...]) -> str:
    return _text(_types(keys, types))


def _types(keys: tuple[str, ...], types: tuple[type, ...]) -> list[tuple[str, str]]:
    return [(k, _TYPE_NAMES.get(t, "object")) for k, t in zip(keys, types, strict=True)]


def _text(entries: list[tuple[str, str]]) -> str:
    return ENTRY.join(f"{key}{PAIR}{kind}" for key, kind in sorted(entries))
