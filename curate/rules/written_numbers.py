"""Numbers in other writing (binary, hexadecimal, Roman, in words), in a range, or out of two given ones."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from fractions import Fraction

from curate.patterns import regex
from curate.rules.arithmetic import numbers_in
from curate.rules.conversions import numeric
from curate.rules.tasks import Table, Task, answer_of, numbers_of, words_in
from curate.rules.wordings import english

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SMALL = {word: i for i, word in enumerate(_ONES)} | {
    word: 10 * (i + 2) for i, word in enumerate(_TENS)
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_NUMBER_WORD = rf"(?:{'|'.join((*_SMALL, *_SCALES))})"
IN_WORDS = regex(rf"\b{_NUMBER_WORD}(?:(?:[ -]|,? and )+{_NUMBER_WORD})*\b", re.I)


def from_words(text: str) -> int | None:
    """The number that some words say: 342 for "three hundred and forty-two"; None where they are no number."""
    total = part = 0
    last = 10**12
    for word in re.findall(r"[a-z]+", text.lower()):
        if word == "and":
            continue
        if word in _SMALL:
            if part % 10 or (part % 100 and _SMALL[word] >= 10):
                return None
            part += _SMALL[word]
        elif word == "hundred":
            part = (part or 1) * 100
        elif word in _SCALES and _SCALES[word] < last:
            last = _SCALES[word]
            total, part = total + (part or 1) * last, 0
        else:
            return None
    return total + part


def numbers_in_words(text: str) -> list[int]:
    """The numbers that stand in words in an English text, in order."""
    said = (from_words(words) for words in IN_WORDS.findall(text))
    return [number for number in said if number is not None]


_TO_WORDS = regex(r"\b(?:write|express|convert|spell(?: out)?|change|say|give)\b[^.\n]*\b(?:in|to|into|as|using) words?\b|^\W*spell out the number\b", re.I)  # fmt: skip
_TO_DIGITS = regex(r"\b(?:write|express|convert|change|give)\b[^.\n]*\b(?:in|to|into|as|using) (?:digits|figures|numerals|an? (?:number|integer|numeral)|numeric(?:al)? form|standard form)\b", re.I)  # fmt: skip


def _words(task: Task, completion: str) -> str | None:
    """A number to be written in words, or one in words to be written in digits."""
    text = (task.given or task.order).replace(",", "")
    if _TO_WORDS.search(task.order):
        numbers = numbers_of(re.sub(r"(?<=\d),(?=\d{3})", "", task.given or task.order))
        match = IN_WORDS.search(completion)
        if len(numbers) != 1 or numbers[0].denominator != 1 or match is None:
            return None
        said = from_words(match[0])
        whole = len(re.sub(r"\W", "", completion)) <= len(re.sub(r"\W", "", match[0])) + 40
        if said is not None and whole and said != abs(numbers[0]):
            return f"{match[0][:60]!r} is {said}, not {numbers[0]}"
        return None
    match = IN_WORDS.search(text) if _TO_DIGITS.search(task.order) else None
    if match and "roman" not in task.order.lower():
        wanted = from_words(match[0])
        values = numbers_of(re.sub(r"(?<=\d),(?=\d{3})", "", completion))
        if wanted is not None and wanted > 9 and len(values) == 1 and values[0] != wanted:
            return f"{match[0][:60]!r} is {wanted}, the completion says {values[0]}"
    return None


_FROM_BINARY = regex(
    r"\bbinary\b[^.\n]*\b(?:to|into|in) (?:an? |its |the )?(?:decimal|base 10|integer|denary)\b",
    re.I,
)
_FROM_HEX = regex(
    r"\bhex(?:adecimal)?\b[^.\n]*\b(?:to|into|in) (?:an? |its |the )?(?:decimal|base 10|integer)\b",
    re.I,
)
_FROM_ROMAN = regex(r"\broman\b[^.\n]*\b(?:to|into|in|as) (?:an? |its )?(?:arabic|integer|decimal|numbers?|standard|regular|hindu|numeric|western)", re.I)  # fmt: skip
_ROMAN = regex(r"\b(?=[MDCLXVI])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})\b")
_ROMAN_WORTH = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}


def _based(task: Task, completion: str) -> str | None:
    """Binary, hexadecimal or Roman to decimal."""
    text = task.given or task.order
    wanted: int | None = None
    if _FROM_BINARY.search(task.order):
        digits = re.findall(r"\b(?:0b)?([01]{2,32})\b", text)
        wanted = int(digits[0], 2) if len(digits) == 1 else None
    elif _FROM_HEX.search(task.order):
        digits = re.findall(
            r"\b(?:0x)?((?=[0-9A-F]*\d)[0-9A-F]{1,8})\b|\b0x([0-9a-fA-F]{1,8})\b", text
        )
        wanted = int(digits[0][0] or digits[0][1], 16) if len(digits) == 1 else None
    elif _FROM_ROMAN.search(task.order):
        found = [m for m in _ROMAN.findall(text) if len(m) > 1]
        if len(found) == 1:
            values = [_ROMAN_WORTH[ch] for ch in found[0]]
            wanted = sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))
    said = numbers_of(re.sub(r"(?<=\d),(?=\d{3}\b)", "", completion))
    if wanted is not None and said and wanted not in said:
        return f"the number is {wanted}, the completion says {completion.strip()[:40]!r}"
    return None


_RANDOM = regex(r"^\W*(?:please )?(?:generate|give(?: me)?|pick|choose|output|create|select|produce|provide|tell me|think of)\b[^.\n]{0,30}\b(?:random )?(?:number|integer)s?\b[^.\n]{0,20}? (?:between|from|in the range(?: of)?) (-?\d[\d,]*) ?(?:and|to|-|–) ?(-?\d[\d,]*)\b", re.I)  # fmt: skip
_DIGITS = regex(r"^\W*(?:please )?(?:generate|give(?: me)?|pick|choose|output|create|select|produce|provide|suggest|come up with)\b (?:an? )?(?:[a-z]+ ){0,2}?(three|four|five|six|eight|ten|3|4|5|6|8|10)[- ]digit (?:[a-z]+ ){0,2}?(?:number|pin|code|integer)\b", re.I)  # fmt: skip
_COUNTS = {"three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10}


def _in_range(task: Task, completion: str) -> str | None:
    """A number that was to lie in a range, or to have so many digits."""
    match = _RANDOM.search(task.order)
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", completion)
    if match and not re.search(r"\b(?:prime|sum|even|odd|multiple|list the|sequence|formula|pattern|random numbers? generator)\b", task.order, re.I):  # fmt: skip
        low, high = sorted(int(match[i].replace(",", "")) for i in (1, 2))
        said = numbers_of(answer_of(plain))
        alone = not re.search(r"[a-z]", answer_of(plain), re.I) or len(said) == 1
        outside = next((v for v in said if not low <= v <= high), None)
        if said and alone and outside is not None:
            return f"the prompt asks for a number between {low} and {high}, the completion gives {outside}"
        return None
    digits = _DIGITS.search(task.order)
    code = re.fullmatch(r"\W*(?:[A-Za-z' ]{0,40}(?:is|:) ?)?(\d+)\W*", plain.strip())
    if digits and code:
        count = _COUNTS.get(digits[1].lower()) or int(digits[1])
        if len(code[1]) != count:
            return f"the prompt asks for {count} digits, {code[1]!r} has {len(code[1])}"
    return None


_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
_DAYS_IN = regex(rf"\bhow many days (?:are )?(?:there )?(?:in|does)\b[^.\n]*?\b({'|'.join(_MONTHS)})\b(?:,? (?:of |in )?(\d{{4}}))?", re.I)  # fmt: skip


def _days_in(task: Task, completion: str) -> str | None:
    match = _DAYS_IN.search(task.order)
    said = [int(v) for v in numbers_of(completion) if v.denominator == 1 and 20 < v < 40]
    if match is None or not said or len(re.findall("|".join(_MONTHS), task.order, re.I)) != 1:
        return None
    month = _MONTHS[match[1].lower()]
    years = [int(match[2])] if match[2] else [2023, 2024]
    right = {calendar.monthrange(year, month)[1] for year in years}
    return f"{match[1]} has {max(right)} days" if not right & set(said) else None


_TWO: tuple[tuple[re.Pattern[str], Callable[[Fraction, Fraction], set[Fraction]]], ...] = (
    (regex(r"\bdifference\b", re.I), lambda a, b: {abs(a - b), a - b}),
    (regex(r"\b(?:multiply|product)\b", re.I), lambda a, b: {a * b}),
    (regex(r"\b(?:divide (?:the )?(?:first|them)|quotient)\b", re.I), lambda a, b: {a / b} if b else set()),
    (regex(r"\b(?:add|sum)\b", re.I), lambda a, b: {a + b}),
    (regex(r"\bsubtract (?:the )?second\b", re.I), lambda a, b: {a - b}),
)  # fmt: skip


def _of_two(task: Task, completion: str) -> str | None:
    """A sum, difference, product or quotient of the two numbers that stand below the order."""
    if not re.fullmatch(
        r"\s*(?:[A-Za-z]\w* ?[\d]? ?[:=] ?)?-?\d+(?:\.\d+)?\s*(?:,|\band\b|;|\n)\s*(?:[A-Za-z]\w* ?[\d]? ?[:=] ?)?-?\d+(?:\.\d+)?\s*\.?\s*",
        task.given,
    ):
        return None
    a, b = numbers_of(re.sub(r"[A-Za-z]\w* ?\d? ?[:=]", " ", task.given))[:2] or (None, None)
    order = task.order
    if a is None or b is None or re.search(r"\b(?:between (?:two )?(?:dates|times|years|cities)|percent|ratio|common|square|until|and (?:then|add|divide|multiply|subtract)|round\w*|squares|digits)\b", order, re.I):  # fmt: skip
        return None
    for pattern, of in _TWO:
        if pattern.search(order):
            right = of(a, b)
            said = numbers_in(completion)
            near = any(
                abs(v - r) <= (abs(r) / 50 if r.denominator != 1 else 0)
                for v, _ in said
                for r in right
            )
            if said and right and not near and "remainder" not in completion.lower():
                return f"the result is {float(next(iter(right))):g}, the completion says {completion.strip()[:40]!r}"
            return None
    return None


def _degrees(task: Task, completion: str) -> str | None:
    """A temperature that is told to a tenth or better, and is off by more than that."""
    for what, true, margin in numeric(f"{task.order}\n{task.given}"):
        if margin > Fraction(6, 10) or not re.search(r"celsius|fahrenheit|kelvin", what, re.I):
            return None
        said = numbers_in(completion)
        right = any(abs(v - true) <= (Fraction(1, 10) if d else Fraction(1, 2)) for v, d in said)
        if any(d for _, d in said) and not right:
            return f"{what} is {float(true):.4g}, the completion says {completion.strip()[:40]!r}"
    return None


_PI = "3.14159265358979323846"
_DIGITS_OF_PI = regex(r"\bfirst (\w+) digits of (?:pi|π)\b", re.I)
_HOW_MANY = {"five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twenty": 20}


def _pi(task: Task, completion: str) -> str | None:
    match = _DIGITS_OF_PI.search(task.order)
    said = re.search(r"3\.\d+", completion)
    if match is None or said is None:
        return None
    count = _HOW_MANY.get(match[1].lower()) or (int(match[1]) if match[1].isdigit() else 0)
    digits = said[0].replace(".", "")
    if not 3 <= count <= 20:
        return None
    right = {_PI.replace(".", "")[: count + extra] for extra in (0, 1)}
    if digits in right or not words_in(completion):
        return None
    return f"the first {count} digits of pi are {_PI[: count + 1]}, not {said[0]}"


CHECKS: Table = (
    (("word", "digit", "figure", "numeral", "number", "numeric", "form"), _words),
    (("binary", "hex", "roman"), _based),
    (("number", "integer", "digit"), _in_range),
    (("how many days",), _days_in),
    (("difference", "multiply", "product", "divide", "quotient", "add", "sum", "subtract"), _of_two),
    (("celsius", "fahrenheit", "kelvin"), _degrees),
    (("digits of",), _pi),
)  # fmt: skip
HINT = english(
    r"(?i)\b(?:write|express|convert|spell|change|say|give)\b[^\n]*\b(?:in|to|into|as|using) words?\b|spell out the number|(?:in|to|into|as|using) (?:digits|figures|numerals)\b|\b(?:binary|hex|hexadecimal|roman)\b[^\n]*\b(?:to|into|in|as) "
    r"|(?:number|integer)s?\b[^\n]* (?:between|from|in the range(?: of)?) -?[0-9]|[- ]digit (?:[a-z]+ ){0,2}(?:number|pin|code|integer)|how many days|\b(?:difference|multiply|product|divide|quotient|add|sum|subtract)\b[^\n]*\n[^0-9]*[0-9][0-9.]*\s*(?:,|;|\n|and\b)[^\n0-9]*[0-9]|celsius|fahrenheit|kelvin|digits of (?:pi|(?u:π))"
)
