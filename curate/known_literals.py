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

from curate.literals import Clause, clauses_of

FILE = Path(__file__).with_name("demanded_words.json")


def known_clauses(pattern: str) -> tuple[Clause, ...] | None:
    """As `clauses_of(pattern)`, or None where that is not known beforehand."""
    known = _table().get(pattern)
    if known is None:
        return None
    return tuple(frozenset(word.encode("latin-1") for word in clause) for clause in known)


def written(patterns: Iterable[str]) -> str:
    """The content of the file for these expressions."""
    table = {
        pattern: [
            sorted(word.decode("latin-1") for word in clause) for clause in clauses_of(pattern)
        ]
        for pattern in sorted(patterns)
    }
    return json.dumps(table, indent=0, ensure_ascii=True) + "\n"


@functools.cache
def _table() -> dict[str, list[list[str]]]:
    try:
        table: dict[str, list[list[str]]] = orjson.loads(FILE.read_bytes())
    except (OSError, ValueError):
        return {}
    return table
