r"""Which alternatives of our long regular expressions a text may match, as it was worked out beforehand.

Of `^(?:please )?(?:sum up|rewrite) the (?:text|article)`, a text that says neither "text" nor "sum up" can match
`^(?:please )?(?:rewrite) the (?:article)` at most, which is compiled sooner. `python -m curate.documentation` takes the
expressions apart and writes down, for each alternative, what words a text must hold (`curate.literals`).
What an expression matches, and where, stays the same: only alternatives that cannot match are left out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from curate.literals import ways_of
from curate.wanted_words import BOUND, CODE, END, LONG_NUMBER, START
from curate.word_marks import BEYOND

FILE = Path(__file__).with_name("wordings.json")

Clauses: TypeAlias = Sequence[Sequence[str]]
"""A text must hold a word of each; white space in it is one space, and letters are small."""
Pieces: TypeAlias = "Sequence[str | Sequence[tuple[Sequence[Clauses], Pieces]]]"
"""What an expression consists of: as it stands, or alternatives, each with what it demands: one of several, or nothing."""

# Characters from which on an expression is worth it, and from which on a group in it.
_LONG = 300
_DIGEST = 12  # bytes
_VALUE_AT = 2 * _DIGEST + 4  # in a line of the file
_LONG_GROUP = 40
_MOST_WORDS = 60
# No text matches, whatever the flags are.
_NEVER = "[a&&b]"

# As in `curate.pattern_parts`, and flags for what follows them.
_TOKEN = re.compile(
    r"""[^\\\[()|]+ | \\. | (?P<bar>\|) | (?P<closing>\)) | (?P<flags>\(\?[imsuU-]+\))
    | \[(?:\^|(?!\^))(?!\[|&&|--|~~)(?:\\.|[^\\])(?:(?!&&|--|~~)(?:\\.|[^\\\[\]]))*\]
    | (?P<opening>\((?:\?(?:[imsuU-]*:|P?<[A-Za-z_]\w*>)(?!\?) | (?!\?)))""",
    re.VERBOSE | re.DOTALL,
)
_SPACES = re.compile(rb"[ \t\n\r\x0b\x0c]+")
_ASCII = re.compile(rb"[ -~]+")
# Of these two, needed where the file is written only. Ranges, classes by property, numbers of characters.
_NOT_ASCII = r"[^\x00-\x7f]"
_NAMED_OTHERWISE = rf"{_NOT_ASCII}-|-{_NOT_ASCII}|\\[pPxuU]"


def pieces_of(pattern: str) -> Pieces | None:
    """What an expression consists of; None for one that is not known."""
    known = _table().get(_key(pattern))
    if known is None:
        return None
    pieces: Pieces = orjson.loads(known)  # the others need not become objects
    return pieces


def joined(pieces: Pieces, holds: Callable[[Clauses], bool]) -> str:
    """The expression with those alternatives whose demands hold."""
    parts = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
        else:
            left = [
                joined(inner, holds) for ways, inner in piece if not ways or any(map(holds, ways))
            ]
            parts.append("|".join(left) if left else _NEVER)
    return "".join(parts)


@cache
def _table() -> dict[bytes, bytes]:
    """The pieces of each expression as JSON, of which a run needs few."""
    try:
        lines = FILE.read_bytes().splitlines()
    except OSError:
        return {}
    return {line[1 : _VALUE_AT - 3]: line[_VALUE_AT:].rstrip(b",") for line in lines[1:-1]}


def _key(pattern: str) -> bytes:
    return hashlib.blake2b(pattern.encode(), digest_size=_DIGEST).hexdigest().encode()


def written(patterns: Iterable[str]) -> str:
    """The content of the file for these expressions: JSON, a line for each."""
    entries = [known for pattern in set(patterns) if (known := entry(pattern)) is not None]
    lines = [f'"{key.decode()}": {pieces.decode()}' for key, pieces in sorted(entries)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def entry(pattern: str) -> tuple[bytes, bytes] | None:
    """What is written down of an expression: its key, and its pieces as JSON; None where it is not worth it."""
    pieces = _taken_apart(pattern) if len(pattern) >= _LONG else None
    if pieces is None:
        return None
    return _key(pattern), json.dumps(pieces, separators=(",", ":")).encode()


class _NotUnderstood(Exception):
    pass


def _taken_apart(pattern: str) -> Pieces | None:
    try:
        alternatives, end = _alternatives(pattern, 0)
    except _NotUnderstood:
        return None
    if end < len(pattern):
        return None  # a bracket too many
    has_groups = len(alternatives) > 1 or any(len(inner) > 1 for _, inner in alternatives)
    return [alternatives] if has_groups else None


def _alternatives(pattern: str, at: int) -> tuple[list[Any], int]:
    """The alternatives that begin here, and where they end: at a closing bracket, or that of all."""
    found: list[Any] = []
    pieces: list[Any] = []
    begun = kept = at  # where the alternative begins, and what of it is not among the pieces yet
    fixed = False

    def finish(end: int) -> None:
        ways = [] if fixed else _demanded(pattern[begun:end])
        found.append((ways, [*pieces, pattern[kept:end]]))

    while token := _TOKEN.match(pattern, at):
        start, at, kind = at, token.end(), token.lastgroup
        if kind == "opening":
            inner, end = _alternatives(pattern, at)
            if not pattern.startswith(")", end):
                raise _NotUnderstood
            if (len(inner) > 1 and end - at >= _LONG_GROUP) or any(
                len(one) > 1 for _, one in inner
            ):
                pieces += [pattern[kept:at], inner]
                kept = end
            at = end + 1
        elif kind == "flags":
            fixed = True  # they hold for the alternatives that follow, too
        elif kind == "bar":
            finish(start)
            pieces, begun, kept, fixed = [], at, at, False
        elif kind == "closing":
            finish(start)
            return found, start
    if at < len(pattern):
        raise _NotUnderstood
    finish(at)
    return found, at


def _demanded(pattern: str) -> list[list[list[str]]]:
    """What a text must hold to match."""
    ways, beyond = [], _characters_beyond(pattern)
    for way in ways_of(pattern, start=False, end=False):
        each = [_words(clause) for clause in way if not clause & {CODE, LONG_NUMBER}]
        ways.append([beyond if words == [BEYOND] else words for words in each if words])
    return ways if all(ways) else []


def _characters_beyond(pattern: str) -> list[str]:
    """What stands for a character beyond ASCII that an expression demands: those that it names, as long as it says them one by one."""
    named = set(re.findall(_NOT_ASCII, pattern))
    if re.search(_NAMED_OTHERWISE, pattern):
        return [BEYOND]
    lower = {form for one in named for form in (one, one.lower(), one.upper().lower())}
    return sorted(lower) if 0 < len(lower) <= _MOST_WORDS else [BEYOND]


def _words(clause: Iterable[bytes]) -> list[str]:
    """Words one of which stands in a text that holds one of these; none where nearly all texts do."""
    words = {_ascii_part(_SPACES.sub(b" ", word)) for word in clause}
    if not {"", " "}.isdisjoint(words):
        return []
    fewer = [w for w in words if not any(other in w for other in words if other != w)]
    return sorted(fewer) if len(fewer) <= _MOST_WORDS else []


def _ascii_part(word: bytes) -> str:
    """The longest part of a word without marks and characters beyond ASCII; of nothing but these, what stands for them."""
    found = max(_ASCII.findall(word), key=len, default=b"").decode().lower()
    return found or (BEYOND if word.strip(BOUND + START + END) else "")
