"""Which words of the rules' expressions a text holds: asked word by word, or of the kernel for all at once.

`pattern_words.json` (made by `python -m curate.documentation`) says of each expression some words of which
a text must hold one to match. Expressions with the same words share a mark, which is one bit of a text's
marks. To mark a text costs as much as five expressions that look for their words, so that only the rules that try
many on it have it marked (`curate.patterns.Topic`).
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

from curate.shared_library import short_calls

FILE = Path(__file__).with_name("pattern_words.json")

ALL = -1
"""The marks of a text that may hold any word, and of an expression that demands none."""
_MOST_MARKS = 768  # as in _automaton.h
_BYTES = _MOST_MARKS // 8
# From so many texts on, the kernel's words are worth preparing, which takes 3 ms.
_WORTH_PREPARING = 100

Words = tuple[str, ...]


# Stands for any character beyond ASCII, among the words of an expression and in a text in lower case.
BEYOND = "\x80"
# Characters that count as ASCII letters where case does not count.
_TWINS = ("\u0130", "\u0131", "\u017f", "\u212a")


class Known:
    """A text, what its words are looked for in, and its marks; None where nobody has asked for them."""

    __slots__ = ("lower", "marks", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = text.lower()
        self.marks: int | None = None
        if not text.isascii():
            self.lower += BEYOND
            for twin in _TWINS:
                if twin in text:
                    self.marks = ALL


# The two texts that were marked last: rules look at a prompt and its answer in turns.
latest = [Known(""), Known("")]
_marked = 0
# The same of texts that were not marked.
latest_unmarked = [Known(""), Known("")]


def marked(text: str) -> Known:
    """A text with its marks, except where the kernel was not built, or is not worth it yet."""
    global _marked
    one, other = latest
    if one.text is text:
        return one
    if other.text is text:
        return other
    new = Known(text)
    latest[:] = new, one
    if new.marks is None:
        _marked += 1
        if _marked > _WORTH_PREPARING and (marks := _marker()) is not None:
            new.marks = marks(text)
    return new


def unmarked(text: str) -> Known:
    """A text in which words are looked for one after another."""
    one, other = latest_unmarked
    if one.text is text:
        return one
    if other.text is text:
        return other
    new = Known(text)
    latest_unmarked[:] = new, one
    return new


def marked_within(part: str, whole: str) -> None:
    """A text whose words all stand in another has the other's marks, if not more."""
    marks = marked(whole).marks
    one, other = latest
    if one.text is part or other.text is part:
        return
    new = Known(part)
    if new.marks is None:
        new.marks = marks
    # The other text that was marked may be asked next.
    latest[:] = new, (other if one.text is whole else one)


def mark_of(words: Words) -> int:
    """The bit of these words; all bits where they have none of their own."""
    number = _numbers().get(words)
    return ALL if number is None or number >= _MOST_MARKS else 1 << number


@cache
def word_table() -> dict[str, list[str]]:
    """The words of each expression; none where that is not known."""
    try:
        table: dict[str, list[str]] = json.loads(FILE.read_bytes())
    except (OSError, ValueError):
        return {}
    return table


@cache
def _numbers() -> dict[Words, int]:
    sets = dict.fromkeys(tuple(words) for words in word_table().values() if words)
    return {words: number for number, words in enumerate(sets)}


@cache
def _marker() -> Callable[[str], int] | None:
    """From a text to its marks, or None without the kernel."""
    library = short_calls()
    try:
        make, mark = library.curate_automaton, library.curate_marks_of  # type: ignore[union-attr]
    except AttributeError:
        return None
    marks: dict[str, int] = {}
    for words in list(_numbers())[:_MOST_MARKS]:
        for word in words:
            marks[word] = marks.get(word, 0) | mark_of(words)
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    make.restype, make.argtypes = pointer, [ctypes.c_char_p, pointer, ctypes.c_char_p, number]
    mark.restype, mark.argtypes = None, [pointer, ctypes.c_char_p, number, pointer]
    ends = (ctypes.c_int32 * len(marks))()
    end = 0
    for i, word in enumerate(marks):
        end += len(word)
        ends[i] = end
    bits = b"".join(mark.to_bytes(_BYTES, "little") for mark in marks.values())
    automaton = make("".join(marks).encode("latin-1"), ends, bits, len(marks))
    if not automaton:
        return None
    found = ctypes.c_uint64 * (_MOST_MARKS // 64)

    def marks_in(text: str) -> int:
        letters, into = text.encode("utf-8", "surrogatepass"), found()
        mark(automaton, letters, len(letters), into)
        return int.from_bytes(into, "little")

    return marks_in
