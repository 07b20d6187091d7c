"""Regular expressions for English wordings, in the form that Rust's matcher compiles and runs fast."""

from __future__ import annotations

import re
from functools import cache

from curate.patterns import regex

# In the order in which they are looked for: escapes, classes, the dot.
_PART = regex(r"\\[bBwWsSdD]|\\.|\[(?:\^?\]?(?:\\.|[^\]\\])*)\]|\.|\(\?[a-z-]+[):]")
_ESCAPES = {
    r"\w": "[0-9A-Za-z_]",
    r"\d": "[0-9]",
    r"\s": r"[ \t\r\n\x0b\x0c]",
    r"\W": "(?u-i:[^0-9A-Za-z_])",
    r"\D": "(?u-i:[^0-9])",
    r"\S": r"(?u-i:[^ \t\r\n\x0b\x0c])",
    ".": "(?u-i:.)",
}


@cache
def english(pattern: str) -> str:
    r"""The pattern with ASCII letters, spaces and word boundaries in place of Unicode's.

    Unicode case folding, `\w`, `\s` and `\b` make an expression many times larger, and for `\b` the
    matcher leaves its fast path as soon as a text holds one character beyond ASCII, such as a
    curly quote. Between English words both mean the same. Negated classes, the dot and classes that
    hold other characters stay Unicode's, since a match must not end inside a character.
    """
    flags = re.match(r"\(\?([ims]+)\)", pattern)
    body = pattern[flags.end() :] if flags else pattern
    given = flags[1] if flags else ""
    dotted = "(?us-i:.)" if "s" in given else _ESCAPES["."]
    return f"(?{given}-u:{_PART.sub(lambda m: _ascii(m[0], dotted), body)})"


def _ascii(part: str, dot: str) -> str:
    if part == ".":
        return dot
    if part in _ESCAPES:
        return _ESCAPES[part]
    if not part.startswith("["):
        return part
    inner = (
        part.replace(r"\w", "0-9A-Za-z_").replace(r"\d", "0-9").replace(r"\s", r" \t\r\n\x0b\x0c")
    )
    if inner.startswith("[^"):
        return f"(?u-i:{inner})"
    return inner if inner.isascii() else f"(?u:{inner})"
