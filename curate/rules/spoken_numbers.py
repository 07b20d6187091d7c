"""Sums told in words or in other languages, as the sums in digits and in English that `spoken_claims` reads.

"Twelve times seven is eighty-two" becomes "12 times 7 is 82", "12 mal 7 ist 82" too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curate.patterns import has_any, regex
from curate.rules.written_numbers import IN_WORDS, from_words

_NUMBER = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million"
)
# What makes a sum of number words, behind one and before one; looked for one by one, which takes a twentieth of the
# time that an expression for all of them takes.
_BEHIND = (
    " plus ", " minus ", " times ", " multiplied by ", " divided by ", " added to ", " percent of ", " raised to the power of ",
    " to the power of ", " dozen ",
)  # fmt: skip
_BEFORE = (
    "sum", "product", "difference", "half", "third", "quarter", "double", "twice", "triple", "square root", "square", "cube",
    "average",
)  # fmt: skip
_UNITS = (
    "kilometer", "kilometre", "meter", "metre", "kilogram", "gram", "hour", "minute", "day", "week",
)  # fmt: skip
_LAST_WORD = regex(rf"(?:^|\W)(?:{_NUMBER})\Z")
_NEXT_WORD = regex(rf"(?: of| between)? (?:{_NUMBER})\b")
_IS = regex(r"s? (?:is|are|equals?) ")
_LONGEST_WORD = 10
_N = r"(-?\d[\d,.]*\d|\d)"
# Operations and "is" in German, French, Spanish, Portuguese, Italian and Dutch, all between two numbers.
_FOREIGN = regex(
    rf"(?<![\w.,]){_N} (mal|fois|por|multiplicado por|multipli[ée]e? par|moltiplicato per|per|vezes|keer|plus|más|mais|più|minus|moins|menos|meno|min|geteilt durch|divis[ée]e? par|divid[io]do (?:por|entre)|entre|diviso|gedeeld door) {_N}"
    rf" (?:ist gleich|ergibt|macht|ist|sind|font|égalent?|est égal à|donne|fait|es igual a|son|es|é igual a|são|é|dá|fa|è uguale a|è|fanno|is gelijk aan|is) {_N}(?![\w%]|[.,]\d)",
    re.I,
)
_MEANT = {
    **dict.fromkeys(("mal", "fois", "por", "per", "vezes", "keer"), "times"),
    **dict.fromkeys(("más", "mais", "più", "plus"), "plus"),
    **dict.fromkeys(("minus", "moins", "menos", "meno", "min"), "minus"),
}
HINT = (
    rf"(?i-u:\b(?:{_NUMBER}) (?:plus|minus|times|multiplied|divided|added|percent|raised|to the power|dozen|kilo|met|gram|hour|minute|day|week)"
    rf"|\b(?:sum|product|difference|half|third|quarter|double|twice|triple|root|square|cube|average)(?: of| between)? (?:{_NUMBER})\b)"
    r"|[0-9] (?:mal|fois|por|multipli|per|vezes|keer|más|mais|più|moins|menos|meno|min|geteilt|divis|divid|entre|gedeeld) [0-9a-zé]"
)


# Of these, a foreign sum needs one: to look for them takes a tenth of its time.
_FOREIGN_WORDS = (
    " mal ", " fois ", " por ", " multipli", " moltiplicato", " per ", " vezes ", " keer ", " plus ", " m\u00e1s ", " mais ", " pi\u00f9 ",
    " minus ", " moins ", " menos ", " meno ", " min ", " geteilt", " divis", " divid", " entre ", " gedeeld",
)  # fmt: skip


def in_digits(text: str) -> str | None:
    """The text with its number words and foreign sums as English ones in digits; None where it holds none."""
    lower = text.lower()
    told = _is_told(lower)
    if told:
        text = IN_WORDS.sub(_digits, text)
    foreign = has_any(lower, _FOREIGN_WORDS) and _FOREIGN.search(text) is not None
    if foreign:
        text = _FOREIGN.sub(_english, text)
    return text if told or foreign else None


def _is_told(lower: str) -> bool:
    """ "four times five", "the sum of two and three", "three hours are": number words that are computed with."""
    for word in _BEHIND:
        if word in lower and any(_follows_number(lower, at) for at in _places(lower, word)):
            return True
    for word in _BEFORE:
        if word in lower and any(_before_number(lower, word, at) for at in _places(lower, word)):
            return True
    for unit in _UNITS:
        if unit in lower:
            for at in _places(lower, f" {unit}"):
                if _IS.match(lower, at + len(unit) + 1) and _follows_number(lower, at):
                    return True
    return False


def _before_number(lower: str, word: str, at: int) -> bool:
    whole = not lower[max(0, at - 1) : at].isalnum()
    return whole and _NEXT_WORD.match(lower, at + len(word)) is not None


def _follows_number(lower: str, at: int) -> bool:
    return _LAST_WORD.search(lower[max(0, at - _LONGEST_WORD) : at]) is not None


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


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
