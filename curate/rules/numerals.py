"""Numbers as prompts and completions give them: labelled values, lists, counts in words, Roman numerals."""

from __future__ import annotations

import re
from fractions import Fraction

from curate.patterns import regex
from curate.rules.arithmetic import number

COUNTS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20,
}  # fmt: skip
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10,
}  # fmt: skip
COUNT = rf"({'|'.join(COUNTS)}|\d{{1,3}})"
ORDINAL = rf"({'|'.join(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))"

_LABELLED = regex(
    r"(?:^|[\n,;(]|\band\b|\bwith\b|\ba\b|\ban\b|\bthe\b)[^\S\n]*([A-Za-z][A-Za-z ]{0,24}?(?: ?[A-Z\d]\b)?)\s*(?:\([^()\n]*\)\s*)?"
    r"(?:[:=]|\bis\b|\bof\b)\s*(?:[$€£]\s*)?(-?\d+(?:,\d{3})*(?:\.\d+)?)"
)
_POINT = regex(r"\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)")
_COORDINATE = regex(r"\b([xy])_?([1-3])\s*[:=]\s*(-?\d+(?:\.\d+)?)", re.I)
_NUMBERS = regex(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w]|\.\d)")
_LIST = regex(
    r"(?<![\w.,])-?\d+(?:\.\d+)?(?:\s*,\s*(?:and\s+)?-?\d+(?:\.\d+)?)+(?:,?\s+and\s+-?\d+(?:\.\d+)?)?(?![\w.]*\d)"
)
_LIST_LINE = regex(
    r"^([A-Za-z][\w ]{0,24}?)\s*[:=]\s*+(?:\[ *+)?([-\d.,]++(?: ++[-\d.,]++)*+) *+(?:\][^\S\n]*+)?$",
    re.MULTILINE,
)
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
          (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))  # fmt: skip


def count_of(word: str) -> int:
    """A count in digits or in words."""
    return COUNTS.get(word.lower()) or int(word)


def position_of(word: str) -> int:
    """An ordinal in digits or in words: 1 for "first" and "1st"."""
    return ORDINALS.get(word.lower()) or int(word.rstrip("stndrh"))


def labelled_values(text: str) -> list[tuple[str, Fraction]]:
    """(label, value) of what a text gives as "Label: 5", "label = 5" or "a label of 5", in order."""
    return [(m[1].strip().lower(), number(m[2].rstrip(","))) for m in _LABELLED.finditer(text)]


def points(text: str) -> list[tuple[Fraction, Fraction]]:
    """Points in the plane: "(1, 2)" or "x1 = 1, y1 = 2"; a point given twice counts once."""
    found = list(dict.fromkeys((Fraction(x), Fraction(y)) for x, y in _POINT.findall(text)))
    if found:
        return found
    parts = {(axis.lower(), index): Fraction(v) for axis, index, v in _COORDINATE.findall(text)}
    indices = sorted({index for _, index in parts})
    if any((axis, i) not in parts for axis in "xy" for i in indices):
        return []
    return [(parts["x", i], parts["y", i]) for i in indices]


def plain_numbers(text: str) -> list[Fraction]:
    """The numbers that stand by themselves."""
    return [Fraction(n) if "." in n else Fraction(int(n)) for n in _NUMBERS.findall(text)]


def only_list(text: str) -> list[Fraction] | None:
    """The numbers of the one list in a text; None where there is none, or another number beside it."""
    lists = _LIST.findall(text)
    if len(lists) != 1 or re.fullmatch(r"\d{1,3}(?:,\d{3})+", lists[0]):
        return None
    values = plain_numbers(lists[0])
    return values if len(values) >= 2 else None


def labelled_lists(text: str) -> list[tuple[str, list[Fraction]]]:
    """Lists on lines of their own, each with its label."""
    found = [(m[1], plain_numbers(m[2])) for m in _LIST_LINE.finditer(text)]
    return [(label, values) for label, values in found if len(values) >= 2]


def roman(value: int) -> str:
    """A whole number from 1 to 3,999 in Roman numerals."""
    written = ""
    for worth, letters in _ROMAN:
        times, value = divmod(value, worth)
        written += letters * times
    return written


def is_prime(value: int) -> bool:
    """Whether a number below a billion or so is prime."""
    if value < 2:
        return False
    return all(value % d for d in range(2, int(value**0.5) + 1))
