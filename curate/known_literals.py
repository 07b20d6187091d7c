"""The words that the regular expressions of our own rules demand, as they were read from them beforehand.

Reading them (`curate.literals`) takes Python 0.2 s, which is long for a small file. So
`python -m curate.documentation` writes what it finds to `demanded_words.json`, by expression; one that is not
there, because the user's settings or a later change made it, is read when it is needed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from pathlib import Path

import orjson

from curate.literals import ways_of
from curate.wanted_words import Ways

FILE = Path(__file__).with_name("demanded_words.json")


def known_ways(pattern: str, *, start: bool, end: bool) -> Ways | None:
    """As `ways_of` says, or None where that is not known beforehand."""
    known = _table().get(_key(pattern, start, end))
    if known is None:
        return None
    return tuple(
        tuple(frozenset(word.encode("latin-1") for word in clause) for clause in way)
        for way in known
    )


def forget() -> None:
    """Read the file again when it is needed next."""
    _table.cache_clear()


def written(patterns: Iterable[tuple[str, bool, bool]]) -> str:
    """The content of the file for these expressions."""
    table = {
        _key(pattern, start, end): [
            [sorted(word.decode("latin-1") for word in clause) for clause in way]
            for way in ways_of(pattern, start=start, end=end)
        ]
        for pattern, start, end in sorted(patterns)
    }
    return json.dumps(table, indent=0, ensure_ascii=True) + "\n"


def _key(pattern: str, start: bool, end: bool) -> str:
    """What an expression goes by, which at edges that are not the text's own may demand less."""
    return pattern if start and end else f"{start:d}{end:d} {pattern}"


@functools.cache
def _table() -> dict[str, list[list[list[str]]]]:
    try:
        table: dict[str, list[list[list[str]]]] = orjson.loads(FILE.read_bytes())
    except (OSError, ValueError):
        return {}
    return table
