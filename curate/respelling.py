"""Change a value inside JSON text and leave every other byte of the text as it was.

Only what differs between the old and the new value is spelled anew, in the style of its
surroundings (escapes, separators); order, spacing and number spellings elsewhere are kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # public in all versions, not in the stubs
from typing import Any

from curate.light_dataclass import dataclass
from curate.patterns import regex

_SPACE = regex(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class _Change:
    """The text between `start` and `end` becomes the JSON of `value`."""

    start: int
    end: int
    value: Any


def respell(text: str, old: Any, new: Any) -> str:
    """JSON text that means `new`, made from text that means `old`.

    Args:
        text: the JSON text; it must parse to `old`.
        old: its value.
        new: the value that it shall have.
    """
    if old == new and _same_types(old, new):
        return text
    changes = sorted(
        _changes(text, _skip(text, 0), old, new), key=lambda change: change.start, reverse=True
    )
    style = _Style.of(text)
    for change in changes:
        text = text[: change.start] + style.dumps(change.value) + text[change.end :]
    return text


@dataclass(frozen=True, slots=True)
class _Style:
    ascii_only: bool
    separators: tuple[str, str]

    @classmethod
    def of(cls, text: str) -> _Style:
        tight_keys = '":' in text and '": ' not in text
        tight_items = not re.search(r'["}\]0-9el], ', text)
        return cls(
            ascii_only=text.isascii() and re.search(r"\\u[0-9a-fA-F]{4}", text) is not None,
            separators=("," if tight_items and tight_keys else ", ", ":" if tight_keys else ": "),
        )

    def dumps(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=self.ascii_only, separators=self.separators)


def _same_types(old: Any, new: Any) -> bool:
    # In Python 1 == 1.0 == True; in a file they differ.
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return list(old) == list(new) and all(_same_types(old[k], new[k]) for k in old)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same_types, old, new))
    return True


def _changes(text: str, start: int, old: Any, new: Any) -> Iterator[_Change]:
    """Where the value that starts at `start` has to change; it stands for `old`."""
    if old == new and _same_types(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and list(old) == list(new):
        # A key that stands twice has the value of its last place.
        for key, at in dict(_members(text, start)).items():
            yield from _changes(text, at, old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, before, after in zip(_elements(text, start), old, new, strict=True):
            yield from _changes(text, at, before, after)
    else:
        yield _Change(start, _end(text, start), new)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None  # it matches the empty string
    return match.end()


def _end(text: str, start: int) -> int:
    return _DECODER.raw_decode(text, start)[1]


def _members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """(key, where its value starts) of the object at `start`."""
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, at = scanstring(text, at + 1, True)
        at = _skip(text, _skip(text, at) + 1)
        yield key, at
        at = _skip(text, _end(text, at))
        if text[at] == ",":
            at = _skip(text, at + 1)


def _elements(text: str, start: int) -> Iterator[int]:
    """Where each element of the array at `start` starts."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        yield at
        at = _skip(text, _end(text, at))
        if text[at] == ",":
            at = _skip(text, at + 1)
