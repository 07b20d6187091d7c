"""TXT023: a text says the same thing over and over."""

from __future__ import annotations

import re

import polars as pl

from curate.mapping import each
from curate.patterns import regex
from curate.repeats import repeating
from curate.rules.protocol import About, ColumnRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PROBE = 16  # characters taken from the text, to look for elsewhere in it
_TIMES = 3
_LONG_UNIT = 12  # characters; such a unit counts as a loop when it stands three times in a row …
_SHORT_TIMES = 5  # … and a shorter one five times
_SHORTEST = 45
_SHORT_PERIOD = 12  # characters; how long the unit of a loop at the very end may be
_TAIL = 400
_LONG_RUN = 40
_WORD_RUN, _WORD_TIMES = 45, 7
_MARK_RUN = 80
_TWICE = 60  # bytes; a text that stands twice
_DRAWN = "-=_*~#+.·•–—│─ \t\n0\u3000\u30fc"
_WORDS = regex(r"[^\W\d_]{2,}")
# A list whose items say the same differs in its numbers only.
_NUMBERS = regex(r"(?:(?<=\n)|^)[^\S\n]*\d{1,3}[.)]\s")
_CODE = regex(
    # Blanks of one line only: over thousands of empty lines, `^\s*` would look on from each of them.
    r"[;{}][^\S\n]*$|```|^[^\S\n]*(?:def|class|import|return|print|for|while)\b|\|\s*-{2,}|</[a-z]+>",
    re.MULTILINE,
)


def loops(text: str) -> bool:
    """Whether some words follow upon themselves again and again; code and tables aside."""
    if _CODE.search(text):
        return False
    if _ends_in_loop(text) or _doubled(text):
        return True
    # With the blank that the last time lacks.
    flat = " ".join((_NUMBERS.sub("", text) if "\n" in text else text).split()) + " "
    return any(_loops_at(flat, flat[at : at + _PROBE]) for at in _places(len(flat)))


def _ends_in_loop(text: str) -> bool:
    """Whether the last words, numbers or marks are a few characters, again and again: "no no no …", "777…", "!!!…"."""
    end = text.rstrip()[-_TAIL:]
    for period in range(1, _SHORT_PERIOD + 1):
        same = 0
        while same + period < len(end) and end[-1 - same] == end[-1 - same - period]:
            same += 1
        unit, length = end[len(end) - period :], same + period
        # Rulers, leaders, gaps to fill and long zeros are drawn or written on purpose.
        # No leaders, which stand between two things.
        if unit == "." and length >= _MARK_RUN and (end[:1] != "." or not text.strip(". \n")):
            return True
        if length < _LONG_RUN or not set(unit) - set(_DRAWN):
            continue
        # ", , , , ,": marks that nobody draws with.
        if period == 2 and length >= _MARK_RUN and unit.strip() in tuple(",;:!?/|"):
            return True
        if _WORDS.search(unit) and length >= _WORD_RUN and length >= _WORD_TIMES * period:
            return True
        if period == 1 or len(set(re.findall(r"\d", unit))) >= 3:
            return length >= _MARK_RUN
    return False


def _doubled(text: str) -> bool:
    """Whether the text is the same thing twice."""
    length = len(text)
    for between in ("", " ", "\n", "\n\n"):
        half = (length - len(between)) // 2
        if len(text[:half].encode()) >= _TWICE and text[:half] + between + text[:half] == text:
            return bool(_WORDS.search(text))
    return False


def _places(length: int) -> tuple[int, ...]:
    return length * 4 // 5, max(length - _PROBE - 1, 0)


def _loops_at(text: str, probe: str) -> bool:
    """Whether the text around the occurrences of `probe` has a period."""
    at = [match.start() for match in re.finditer(re.escape(probe), text)]
    seen = 0  # what comes before belongs to a run that was looked at
    for first, second, third in zip(at, at[1:], at[2:], strict=False):
        unit = text[first:second]
        if third < seen or third - second != second - first or text[second:third] != unit:
            continue
        times = _SHORT_TIMES if len(unit) < _LONG_UNIT else _TIMES
        start, end = first, third
        while start and text[start - 1] == text[start - 1 + len(unit)]:
            start -= 1
        while end < len(text) and text[end] == text[end - len(unit)]:
            end += 1
        seen = end
        # "ha ha ha" and "la la la" are speech; so is a word of a chorus.
        words = _WORDS.findall(unit)
        if (end - start) >= times * len(unit) and words and (len(words) >= 2 or end - start >= 45):
            return True
    return False


def _looked_at() -> pl.Expr:
    """What is learnt, and what is asked: a loop in a prompt comes from the same generators."""
    return pl.col("learnt") | (pl.col("role") == "user")


def _first(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    long = pl.when(_looked_at() & (text.str.len_bytes() >= _SHORTEST)).then(text)
    return repeating(long)


def _condition(options: LintOptions) -> pl.Expr:
    return _looked_at() & each(pl.col("text"), loops, pl.Boolean)


RULE = ColumnRule(
    about=About(
        code="TXT023",
        name="repetition-loop",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="a completion or a prompt repeats the same words over and over",
        reason="Generated answers fall into loops; trained on them, a model falls into them more.",
        example='{"prompt": "Tell a story.", "completion": "He went home. He went home. He went home. …"}',
        remedy="Cut the loop, or drop the row.",
    ),
    frame="segments",
    condition=_condition,
    message="the text repeats itself in a loop",
    first=_first,
)
