"""Text that is nearly JSON: what keeps it from being JSON, and the value that is meant.

`read_loosely` reads JSON together with the liberties that are met in model outputs: Python's
quotes and words, bare keys, trailing commas, comments, a code fence or prose around it. It says
which liberties were taken, so that the text can be named precisely and, often, spelled right.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

from curate.light_dataclass import dataclass
from curate.patterns import regex

_DEEPEST = 64
_SPACE = regex(r"[ \t\r\n\ufeff]*")
_COMMENT = regex(r"//[^\n]*|/\*.*?\*/|#[^\n]*", re.DOTALL)
_NUMBER = regex(r"[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_BARE = regex(r"[A-Za-z_$][\w$-]*")
_WORDS: dict[str, tuple[Any, str | None]] = {
    "true": (True, None),
    "false": (False, None),
    "null": (None, None),
    "True": (True, "True, False or None of Python"),
    "False": (False, "True, False or None of Python"),
    "None": (None, "True, False or None of Python"),
    "NaN": (None, "NaN or undefined"),
    "nan": (None, "NaN or undefined"),
    "undefined": (None, "NaN or undefined"),
}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_FENCE = regex(r"```[\w-]*+[ \t]*+\r?\n?(.*?)\r?\n?[ \t]*```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Loose:
    """What a text that is not JSON is instead.

    `why` completes "is not JSON: …". `value` is the value that is meant, where `readable`.
    `around` tells that there is prose or a code fence around it, `cut` that the text breaks off,
    and `liberties` what was spelled unlike JSON.
    """

    why: str
    readable: bool
    value: Any = None
    around: bool = False
    cut: bool = False
    liberties: tuple[str, ...] = ()


class _Cut(Exception):
    """The text ends inside a value."""


class _Wrong(Exception):
    """No value stands here."""


def strict_json(text: str) -> tuple[bool, Any]:
    """(whether the text is JSON, its value)."""
    try:
        return True, orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    except UnicodeEncodeError:
        return False, None
    try:
        # orjson refuses lone surrogates and whole numbers beyond 64 bits, which are JSON.
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False, None
    return True, value


def _refuse(name: str) -> Any:
    raise ValueError(name)


def read_loosely(text: str) -> Loose:
    """What keeps `text` from being JSON; the caller knows that it is not."""
    stripped = text.strip()
    if not stripped:
        return Loose("it is empty", readable=False)
    fenced = _FENCE.search(stripped)
    if fenced and fenced[1].lstrip()[:1] in ("{", "["):
        inner = fenced[1].strip()
        ok, value = strict_json(inner)
        whole = fenced[0] == stripped
        why = "it stands in a code fence" if whole else "there is text around a code fence"
        if ok:
            return Loose(why, readable=True, value=value, around=True)
        loose = _from(inner, 0)
        return Loose(
            f"{why}, and {loose.why}", loose.readable, loose.value, True, loose.cut, loose.liberties
        )
    starts = [m.start() for m in re.finditer(r"[{\[]", stripped[:4000])][:8]
    if not starts:
        return Loose("there is no object or list in it", readable=False)
    best: Loose | None = None
    for start in starts:
        loose = _from(stripped, start)
        if loose.readable and (isinstance(loose.value, dict) or start == 0):
            return loose
        if best is None or (loose.cut and not best.cut):
            best = loose
    assert best is not None
    if starts[0] == 0 or best.cut:
        return best
    return Loose("it is text", readable=False)


def _from(text: str, start: int) -> Loose:
    reader = _Reader(text)
    try:
        value, end = reader.value(start, 0)
    except _Cut:
        return Loose("it breaks off", readable=False, cut=True)
    except (_Wrong, RecursionError):
        return Loose(_first_fault(text[start:]), readable=False)
    if not isinstance(value, (dict, list)):
        return Loose("it is text", readable=False)
    before, after = text[:start].strip(), text[reader.skip(end) :].strip()
    reasons = [f"it is spelled with {', '.join(reader.liberties)}"] if reader.liberties else []
    if before and after:
        reasons.append("there is text before and after it")
    elif before or after:
        reasons.append(f"there is text {'before' if before else 'after'} it")
    if {"single quotes", "True, False or None of Python"} & set(reader.liberties):
        reasons[0] = (
            f"it is a Python {'dict' if isinstance(value, dict) else 'list'} "
            f"({', '.join(reader.liberties)})"
        )
    why = ", and ".join(reasons) or "it cannot be parsed"
    return Loose(why, True, value, bool(before or after), False, tuple(reader.liberties))


def _first_fault(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"{error.msg[0].lower()}{error.msg[1:]} at character {error.pos + 1}"
    except (ValueError, RecursionError):
        pass
    return "it cannot be parsed"


class _Reader:
    """Recursive descent over one text; `liberties` lists what JSON does not allow, once each."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.liberties: list[str] = []

    def _take(self, liberty: str) -> None:
        if liberty not in self.liberties:
            self.liberties.append(liberty)

    def skip(self, at: int) -> int:
        """Past white space and comments."""
        while True:
            match = _SPACE.match(self._text, at)
            assert match is not None
            at = match.end()
            if self._text[at : at + 1] not in ("/", "#"):
                return at
            comment = _COMMENT.match(self._text, at)
            if comment is None:
                return at
            self._take("comments")
            at = comment.end()

    def _peek(self, at: int) -> str:
        if at >= len(self._text):
            raise _Cut
        return self._text[at]

    def value(self, at: int, depth: int) -> tuple[Any, int]:
        """The value at `at`, and where it ends."""
        at = self.skip(at)
        first = self._peek(at)
        if depth > _DEEPEST:
            raise _Wrong
        if first == "{":
            return self._object(at, depth)
        if first == "[":
            return self._list(at, depth)
        if first in "\"'“‘`":
            return self._string(at)
        number = _NUMBER.match(self._text, at)
        if number:
            return self._number(number[0]), number.end()
        word = _BARE.match(self._text, at)
        if word and word[0] in _WORDS:
            meant, liberty = _WORDS[word[0]]
            if liberty:
                self._take(liberty)
            return meant, word.end()
        raise _Wrong

    def _number(self, text: str) -> int | float:
        if text.startswith(("+", ".")) or "_" in text or text.endswith("."):
            self._take("unusual numbers")
        try:
            return int(text)
        except ValueError:
            number = float(text)
            return number if math.isfinite(number) else 0.0

    def _string(self, at: int) -> tuple[str, int]:
        opening = self._text[at]
        closing = {"“": "”", "‘": "’"}.get(opening, opening)
        if opening != '"':
            self._take("single quotes" if opening == "'" else "curly quotes")
        parts: list[str] = []
        i = at + 1
        while True:
            char = self._peek(i)
            if char == closing:
                return "".join(parts), i + 1
            if char == "\\":
                follows = self._peek(i + 1)
                if follows == "u" and re.fullmatch("[0-9a-fA-F]{4}", self._text[i + 2 : i + 6]):
                    parts.append(chr(int(self._text[i + 2 : i + 6], 16)))
                    i += 6
                    continue
                if follows not in 'ntrbf0"\\/' and opening == '"':
                    self._take("unknown escapes")
                parts.append(_ESCAPES.get(follows, follows))
                i += 2
                continue
            if char in "\n\r" and opening in "\"'":
                self._take("line breaks inside strings")
            parts.append(char)
            i += 1

    def _object(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self.skip(at + 1)
        while self._peek(at) != "}":
            if self._text[at] in "\"'“‘":
                key, at = self._string(at)
            else:
                bare = _BARE.match(self._text, at)
                if bare is None:
                    raise _Wrong
                if bare.end() >= len(self._text):
                    raise _Cut
                self._take("unquoted keys")
                key, at = bare[0], bare.end()
            at = self.skip(at)
            if self._peek(at) != ":":
                raise _Wrong
            found[key], at = self.value(at + 1, depth + 1)
            at = self._after(at, "}")
        return found, at + 1

    def _list(self, at: int, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        at = self.skip(at + 1)
        while self._peek(at) != "]":
            value, at = self.value(at, depth + 1)
            found.append(value)
            at = self._after(at, "]")
        return found, at + 1

    def _after(self, at: int, closing: str) -> int:
        """Past the comma after an element, up to the next one or the closing bracket."""
        at = self.skip(at)
        if self._peek(at) == ",":
            at = self.skip(at + 1)
            if self._peek(at) == closing:
                self._take("a trailing comma")
        elif self._text[at] != closing:
            if self._text[at] not in "\"'":
                raise _Wrong
            self._take("a missing comma")
        return at
