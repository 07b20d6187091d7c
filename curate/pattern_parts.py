r"""A regular expression as several, of which one must match: `(?i:sums?|a (?:b|c))` is `(?i:sums?)` and `(?i:a (?:b|c))`.

Whether an expression of thirty wordings matches costs many times what its wordings cost one by one: the
matcher's automaton for all of them has more states than its cache has room for, and it goes on without.
Syntax that is not understood is left together.
"""

from __future__ import annotations

import re
from functools import cache

_MOST = 100
_FLAGS = re.compile(r"\(\?([imsuU-]+)\)")
_OPENING = re.compile(r"\((?:\?(?:[imsuU-]*:|P?<[A-Za-z_]\w*>))?")
# What is read at once: classes (no nested ones, nor set operations), groups of a known kind, other characters.
_TOKEN = re.compile(
    r"""[^\\\[()|]+ | \\. | (?P<bar>\|) | (?P<closing>\))
    | \[(?:\^|(?!\^))(?!\[|&&|--|~~)(?:\\.|[^\\])(?:(?!&&|--|~~)(?:\\.|[^\\\[\]]))*\]
    | (?P<opening>\((?:\?(?:[imsuU-]*:|P?<[A-Za-z_]\w*>)(?!\?) | (?!\?)))""",
    re.VERBOSE | re.DOTALL,
)
# What makes of the item before it another one.
_REPEATS = "*+?{"


@cache
def parts_of(pattern: str) -> tuple[str, ...]:
    """Expressions of which one matches where this one (in Rust's syntax) does, and only there."""
    flags = _FLAGS.match(pattern)
    start = flags[0] if flags else ""
    parts = _split(pattern[len(start) :])
    return tuple(start + part for part in parts) if 1 < len(parts) <= _MOST else (pattern,)


def _split(pattern: str) -> list[str]:
    branches = _branches(pattern)
    if branches is None:
        return [pattern]
    if len(branches) > 1:
        return [part for branch in branches for part in _split(branch)]
    opening = _OPENING.match(pattern)
    if opening is None:
        return [pattern]
    end = _closing(pattern)
    if end is None or pattern[end : end + 1] in tuple(_REPEATS):
        return [pattern]
    head = opening[0] if opening[0].startswith("(?") and "<" not in opening[0] else "(?:"
    inner = _split(pattern[opening.end() : end - 1])
    return [f"{head}{part}){pattern[end:]}" for part in inner] if len(inner) <= _MOST else [pattern]


def _branches(pattern: str) -> list[str] | None:
    """What stands between the bars that are in no group; None for syntax that is not understood."""
    cuts, depth, at = [-1], 0, 0
    while found := _TOKEN.match(pattern, at):
        at, kind = found.end(), found.lastgroup
        if kind == "opening":
            depth += 1
        elif kind == "closing":
            depth -= 1
            if depth < 0:
                return None
        elif kind == "bar" and not depth:
            cuts.append(at - 1)
    if at < len(pattern):
        return None
    return [pattern[a + 1 : b] for a, b in zip(cuts, [*cuts[1:], len(pattern)], strict=True)]


def _closing(pattern: str) -> int | None:
    """Where the group with which the pattern begins has ended."""
    depth, at = 0, 0
    while found := _TOKEN.match(pattern, at):
        at, kind = found.end(), found.lastgroup
        depth += (kind == "opening") - (kind == "closing")
        if not depth:
            return at
    return None
