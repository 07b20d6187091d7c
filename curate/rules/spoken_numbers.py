"""Sums told in words or in other languages, as the sums in digits and in English that `spoken_claims` reads.

"Twelve times seven is eighty-two" becomes "12 times 7 is 82", "12 mal 7 ist 82" too.
"""

from __future__ import annotations

import re

from curate.patterns import regex
from curate.rules.written_numbers import IN_WORDS, from_words

_NUMBER = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million"
)
_TOLD = regex(
    rf"\b(?:{_NUMBER}) (?:plus|minus|times|multiplied by|divided by|added to|percent of|(?:raised )?to the power of|dozen) "
    rf"|\b(?:sum|product|difference|half|third|quarter|double|twice|triple|square root|square|cube|average)(?: of| between)? (?:{_NUMBER})\b"
    rf"|\b(?:{_NUMBER}) (?:kilomet(?:er|re)s?|met(?:er|re)s?|kilograms?|grams?|hours?|minutes?|days?|weeks?) (?:is|are|equals?) ",
    re.I,
)
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


def in_digits(text: str) -> str | None:
    """The text with its number words and foreign sums as English ones in digits; None where it holds none."""
    told = _TOLD.search(text) is not None
    if told:
        text = IN_WORDS.sub(_digits, text)
    foreign = _FOREIGN.search(text) is not None
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
