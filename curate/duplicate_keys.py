"""Objects in which one key stands twice: JSON readers keep one of the values and say nothing.

A parsed row no longer shows it, so the bytes are asked, cheaply: every key is followed by `":`,
and inside a string that sequence can only stand with its quote escaped. A row with more of them
than keys is parsed again, this time with the twins kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import orjson

from curate.faults import EXCERPT_CHARACTERS, Fault

# Few enough that their bytes stay in the processor's cache.
_ROWS_AT_ONCE = 64
_COLON, _QUOTE, _BACKSLASH, _SPACE = b':"\\ '

_Pairs = list[tuple[str, Any]]


def duplicate_key_faults(
    values: Sequence[Any], lines: Sequence[int], raw: Sequence[bytes]
) -> Iterator[Fault]:
    """A fault for each row of parsed JSON in which a key stands twice.

    Rows that were not read from JSON (cells of a CSV file) are left alone.
    """
    first = next((r for value, r in zip(values, raw, strict=True) if type(value) is dict), b"")
    if not first.lstrip().startswith(b"{"):
        return
    for start in range(0, len(raw), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        text = b"\n".join(raw[rows])
        if _key_marks(text) == sum(map(_flat_keys, values[rows])):
            continue
        for i in range(start, min(start + _ROWS_AT_ONCE, len(raw))):
            if fault := _fault(values[i], lines[i], raw[i]):
                yield fault


def _fault(value: Any, line: int, raw: bytes) -> Fault | None:
    # Marks cannot be counted where space stands before the colon, or a key ends in a backslash.
    countable = b'" :' not in raw and b'\\\\":' not in raw
    marks = raw.count(b'":') - raw.count(b'\\":')
    if type(value) is not dict or (countable and marks <= _keys(value)):
        return None
    twins = _twins(raw)
    if not twins:
        return None
    key, same = twins[0]
    return Fault(
        "duplicate-keys",
        line,
        f"the key {key!r} stands twice in one object, with "
        f"{'the same value' if same else 'different values'}",
        field=key,
        excerpt=raw[: EXCERPT_CHARACTERS * 2].decode("utf-8", "replace")[:EXCERPT_CHARACTERS],
        raw=raw,
    )


def _key_marks(text: bytes) -> int:
    """How often `":` stands in the text, its quote not escaped; -1 where that cannot be told."""
    codes = np.frombuffer(b"   " + text, dtype=np.uint8)
    colons = np.flatnonzero(codes == _COLON)
    last, second, third = codes[colons - 1], codes[colons - 2], codes[colons - 3]
    ends = last == _QUOTE
    escaped = ends & (second == _BACKSLASH)
    if (escaped & (third == _BACKSLASH)).any():
        return -1  # an escaped backslash, or an escaped quote after one
    if ((last == _SPACE) & (second == _QUOTE) & (third != _BACKSLASH)).any():
        return -1
    return int(np.count_nonzero(ends)) - int(np.count_nonzero(escaped))


def without_twins(raw: bytes) -> bytes | None:
    """The row with each key once, or None when a key has two different values."""
    twins = _twins(raw)
    if not twins or not all(same for _, same in twins):
        return None
    return orjson.dumps(orjson.loads(raw))


def _flat_keys(value: Any) -> int:
    """The keys of a flat record or of a plain conversation, without looking further; -1 otherwise."""
    if type(value) is not dict:
        return -1
    messages = value.get("messages")
    return len(value) + (2 * len(messages) if type(messages) is list else 0)


def _keys(value: Any) -> int:
    """How many keys the value holds, at every depth."""
    count = 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            count += len(one)
            waiting += [v for v in one.values() if isinstance(v, (dict, list))]
        else:
            waiting += [v for v in one if isinstance(v, (dict, list))]
    return count


def _twins(raw: bytes) -> list[tuple[str, bool]]:
    """(key, whether its values are the same) for each key that stands twice in one object."""
    found: list[tuple[str, bool]] = []

    def noted(pairs: _Pairs) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen:
                found.append((key, seen[key] == value))
            seen[key] = value
        return seen

    try:
        json.loads(raw, object_pairs_hook=noted)
    except (ValueError, RecursionError):
        return []
    return found
