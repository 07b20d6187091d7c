"""Markdown that plain prose has no use for: several kinds of it together, or one around all of a text."""

from __future__ import annotations

import re

from curate.output_tally import holds_code
from curate.patterns import regex

_FENCE = regex(r"^```", re.M)
# Kinds of markdown, of which one alone may just be called for.
_KINDS = (
    regex(r"^(?:\d+\. )?#{1,6} ", re.M),
    regex(r"\*\*[^*\n]+\*\*|(?<!\w)__[^_\n]+__(?!\w)"),
    regex(r"^[ \t]{0,8}[-*+] ", re.M),
    regex(r"^\|.*\|\s*$", re.M),
    regex(r"^(?:---+|\*\*\*+)\s*$", re.M),
    regex(r"^> ", re.M),
    regex(r"(?<![*\w])\*[^*\s][^*\n]*\*(?![*\w])"),
    regex(r"^\d+\. ", re.M),
)
_MANY = 2
_HEADING = regex(r"^(?:\d+\. )?#{1,6} ", re.M)
_TASK = regex(r"^[ \t]*[-*+] \[[ xX]\] ", re.M)
_QUOTE = regex(r"^> ", re.M)
_BOLD = regex(r"\A(?:\*\*|__)([^*_\n]+)(?:\*\*|__)")
_BULLET = regex(r"^[ \t]*(?:[-*+•]|\d+\.) (.*)$", re.M)
_LONG_BOLD = 30  # characters: a sentence, and no term
_PIECES, _PIECE_WORDS = 3, 4


def kinds_of(text: str) -> int:
    """How many kinds of markdown stand in a text."""
    return sum(kind.search(text) is not None for kind in _KINDS)


def is_full_of_markdown(text: str) -> bool:
    """Whether several kinds of markdown stand in a text, or it is a table, and it holds no code."""
    return not _FENCE.search(text) and (kinds_of(text) >= _MANY or _is_table(text))


def markdown_of(text: str) -> str | None:
    """How a text is marked up, where it is so throughout or in several ways; None where it is hardly, or holds code."""
    if _FENCE.search(text):
        return "stands in a code fence and is no code" if _is_fenced_prose(text) else None
    if any(map(holds_code, text.split("\n"))):
        return None  # what looks like headings are comments
    if _is_table(text):
        return "is a table"
    if kinds_of(text) >= _MANY or len(_HEADING.findall(text)) >= _MANY:
        return "is full of markdown"
    if _HEADING.match(text):
        return "begins with a heading"
    lines = text.count("\n") + 1
    if len(_QUOTE.findall(text)) == lines:
        return "is a quotation"
    if len(_TASK.findall(text)) >= _MANY:
        return "is a list of boxes to tick"
    bold = _BOLD.match(text)
    if bold is not None and len(bold[1]) >= _LONG_BOLD:
        return "begins with a sentence in bold"
    return "is a sentence cut into items" if _is_cut_into_items(text, lines) else None


def _is_fenced_prose(text: str) -> bool:
    inner = text.strip()
    if not (inner.startswith("```") and inner.endswith("```")):
        return False
    body = inner[3:-3].partition("\n")[2].strip()
    return len(body.split()) > 2 * _PIECE_WORDS and body[-1:] in ".!?" and not holds_code(body)


def _is_table(text: str) -> bool:
    lines = text.lstrip().split("\n", 2)
    return (
        len(lines) > 1
        and lines[0].startswith("|")
        and set("|-") <= set(lines[1].strip()) <= set("|-: ")
    )


def _is_cut_into_items(text: str, lines: int) -> bool:
    """Whether all lines are items, and most of them stop in the middle of a sentence."""
    items = _BULLET.findall(text)
    if len(items) < _PIECES or len(items) < lines:
        return False
    cut = [item for item in items[:-1] if item.rstrip("*_ ").endswith(",")]
    words = sum(len(item.split()) for item in cut)
    return 2 * len(cut) > len(items) - 1 and words >= _PIECE_WORDS * len(cut)
