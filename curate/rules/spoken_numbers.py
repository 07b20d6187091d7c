"""Sums told in words or in other languages, as the sums in digits and in English that `spoken_claims` reads.

"Twelve times seven is eighty-two" becomes "12 times 7 is 82", "12 mal 7 ist 82" too.
"""

from __future__ import annotations

import re

from curate.patterns import Topic, regex
from curate.rules.written_numbers import IN_WORDS, from_words

_NUMBER = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million"
)
# What makes a sum of number words: an operation behind one and before another, a part or multiple of one, and a
# measure that is something.
_OPERATIONS = (
    "(?: plus | minus | times | multiplied by | divided by | added to | percent of | raised to the power of "
    "| to the power of )"
)
_PARTS = (
    "(?:sum of|product of|average of|square of|cube of|square root of|difference between"
    "|(?:half|third|quarter|double|twice|triple)(?: of)?)"
)
_UNITS = "(?: kilometer| kilometre| meter| metre| kilogram| gram| hour| minute| day| week)"
_SUM_TOLD = rf"\b(?:{_NUMBER})(?:{_OPERATIONS}[$-]?(?:[0-9]|{_NUMBER})| dozen )"
_PART_TOLD = rf"\b{_PARTS} (?:{_NUMBER})\b"
_MEASURE_TOLD = rf"\b(?:{_NUMBER}){_UNITS}s? (?:is|are|equals?) "
_N = r"(-?\d[\d,.]*\d|\d)"
# Operations and "is" in German, French, Spanish, Portuguese, Italian and Dutch, all between two numbers.
_FOREIGN_WORDS = (
    "mal|fois|por|multiplicado por|multipliée? par|multipliee? par|moltiplicato per|per|vezes|keer|más|mais|più|moins|menos|meno|min"
    "|geteilt durch|divisée? par|divisee? par|dividido por|dividido entre|entre|diviso|gedeeld door|plus|minus"
)
_FOREIGN = regex(
    rf"(?=[-\d])(?<![\w.,]){_N} ({_FOREIGN_WORDS}) {_N}"
    rf" (?:ist gleich|ergibt|macht|ist|sind|font|égalent?|est égal à|donne|fait|es igual a|son|es|é igual a|são|é|dá|fa|è uguale a|è|fanno|is gelijk aan|is) {_N}(?![\w%]|[.,]\d)",
    re.I,
)
_MEANT = {
    **dict.fromkeys(("mal", "fois", "por", "per", "vezes", "keer"), "times"),
    **dict.fromkeys(("más", "mais", "più", "plus"), "plus"),
    **dict.fromkeys(("minus", "moins", "menos", "meno", "min"), "minus"),
}
# What stands in every foreign sum, and is found faster.
_FOREIGN_OPERATION = regex(rf"[0-9] (?:{_FOREIGN_WORDS}) -?[0-9]", re.I)
_TOLD = Topic(*(regex(told, re.I) for told in (_SUM_TOLD, _PART_TOLD, _MEASURE_TOLD)))
_BETWEEN = " | ".join(_FOREIGN_WORDS.split("|"))
ASKED_HINT = rf"(?i-u:{_SUM_TOLD}|{_PART_TOLD}|{_MEASURE_TOLD})"
# With their spaces the words are rare.
HINT = rf"{ASKED_HINT}|[0-9](?: {_BETWEEN} )-?[0-9]"


def in_digits(text: str) -> str | None:
    """The text with its number words and foreign sums as English ones in digits; None where it holds none."""
    told = any(_TOLD.patterns[i].search(text) for i in _TOLD.which(text))
    if told:
        text = IN_WORDS.sub(_digits, text)
    foreign = _FOREIGN_OPERATION.search(text) is not None and _FOREIGN.search(text) is not None
    if foreign:
        text = _FOREIGN.sub(_english, text)
    return text if told or foreign else None


def all_in_digits(text: str) -> str:
    """The text with every number word in digits."""
    return IN_WORDS.sub(_digits, text)


def _digits(match: re.Match[str]) -> str:
    value = from_words(match[0])
    if value is not None:
        return str(value)
    parts = [from_words(part) for part in match[0].split(" and ")]  # "the sum of nine and six"
    return match[0] if None in parts else " and ".join(map(str, parts))


def _english(match: re.Match[str]) -> str:
    word = match[2].lower()
    operation = _MEANT.get(word) or ("times" if word.startswith("m") else "divided by")
    return f"{match[1]} {operation} {match[3]} is {match[4]}"
