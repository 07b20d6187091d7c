"""Questions that a program can answer with yes or no, with one of two, or with a number of a word or two.

Is 51 prime, is "level" a palindrome, is 2100 a leap year, which of two is larger or comes first in the
dictionary, what is 0.45 as a percentage, what is 3.14759 to two places.
"""

from __future__ import annotations

import calendar
import re
from fractions import Fraction

from curate.patterns import regex
from curate.rules.numerals import COUNT, count_of, is_prime
from curate.rules.tasks import (
    Table,
    Task,
    answer_of,
    items_in,
    letters_in,
    numbers_of,
    quoted_in,
    words_in,
)
from curate.rules.wordings import english

_YES = regex(r"^\W*(?:yes|true|correct|it is(?! not)|that is right)\b", re.I)
_NO = regex(r"^\W*(?:no|false|incorrect|it is not|not)\b", re.I)
_ASKS = regex(r"^\W*(?:please )?(?:is|are|does|do|check|determine|decide|tell me|verify|find out|identify|state|say|detect|classify|evaluate|label|can)\b|\b(?:whether|or not)\b", re.I)  # fmt: skip


def _said(completion: str, word: str, other: str = "") -> bool | None:
    """What an answer says of "prime", "palindrome": True, False, or None where that is not clear."""
    text = answer_of(completion)
    if _YES.match(text) or _NO.match(text):
        return bool(_YES.match(text))
    if other and re.search(rf"\b{other}\b", text, re.I):
        return None if re.search(rf"\b{word}\b|\bnot\b", text, re.I) else False
    claim = re.search(
        rf"\b(?:is|are)( not|n't)? (?:both |indeed |also )?(?:an? )?{word}|^\W*{word}\W*$",
        text,
        re.I,
    )
    return None if claim is None else not claim[1]


def _number_of(task: Task) -> int | None:
    found = numbers_of(task.given) or numbers_of(task.order)
    whole = len(found) == 1 and found[0].denominator == 1 and found[0] >= 0
    return int(found[0]) if whole else None


_PROPERTIES = (
    (r"prime", r"composite|non-prime", is_prime),
    (r"even", r"odd", lambda n: n % 2 == 0),
    (r"odd", r"even", lambda n: n % 2 == 1),
    (r"leap year", r"common year", calendar.isleap),
    (r"perfect square", r"", lambda n: int(n**0.5 + 0.5) ** 2 == n),
)  # fmt: skip


def _property(task: Task, completion: str) -> str | None:
    """ "Is 51 a prime number?"."""
    number = _number_of(task)
    order = task.order.replace("…", "")
    if number is None or number >= 10**9 or not _ASKS.search(order) or len(completion) > 160:
        return None
    # What is said of the number itself is looked at by wrong-arithmetic.
    if re.search(r"\d (?:is|are) ", completion):
        return None
    for word, other, holds in _PROPERTIES:
        match = re.search(rf"\b{word}\b", order, re.I)
        if match is None or re.search(r"\b(?:count|sum|next|nearest|closest|how many|list|factors|divisible|numbers)\b", order, re.I):  # fmt: skip
            continue
        said = _said(completion, word, other)
        if said is not None and said != holds(number) and not (word == "prime" and number < 2):
            return f"{number} is {'' if holds(number) else 'not '}{word}, the completion says {completion.strip()[:40]!r}"
        return None
    return None


_DIVISIBLE = regex(r"\bis (\d{1,9}) (?:evenly )?divisible by (\d{1,6})\b", re.I)


def _divisible(task: Task, completion: str) -> str | None:
    match = _DIVISIBLE.search(task.order)
    said = _said(completion, "divisible")
    if match is None or said is None or not int(match[2]):
        return None
    true = int(match[1]) % int(match[2]) == 0
    return (
        f"{match[1]} is {'' if true else 'not '}divisible by {match[2]}" if said != true else None
    )


def _palindrome(task: Task, completion: str) -> str | None:
    plain = letters_in(task.given)
    if (
        not re.search(r"\bpalindrome\b", task.order, re.I)
        or not _ASKS.search(task.order)
        or len(plain) < 2
    ):
        return None
    if (
        re.search(r"\b(?:longest|create|find|make|minimum|how many|number of)\b", task.order, re.I)
        or len(completion) > 160
    ):
        return None
    said, true = _said(completion, "palindrome"), plain == plain[::-1]
    if said is None or said == true:
        return None
    return f"{task.given[:40]!r} is {'a' if true else 'no'} palindrome, the completion says {completion.strip()[:40]!r}"


def _anagrams(task: Task, completion: str) -> str | None:
    labelled = re.sub(r"\b[A-Za-z]+ ?\d? ?[:=]", ",", task.given)
    words = items_in(re.sub(r"\s*\n\s*", ", ", labelled).strip(" ,")) or quoted_in(task.order)
    asked = re.search(r"\banagrams?\b", task.order, re.I) and _ASKS.search(task.order)
    if not asked or len(words) != 2 or len(completion) > 160:
        return None
    said = _said(completion, "anagrams?")
    true = sorted(letters_in(words[0])) == sorted(letters_in(words[1]))
    return (
        f"{words[0]!r} and {words[1]!r} are {'' if true else 'no '}anagrams"
        if said not in (None, true)
        else None
    )


_WHICH = regex(r"^\W*(?:please )?(?:which|what|determine which|identify which|find which|find|identify|determine|tell me which|choose)\b[^.\n]*\b(larger|greater|bigger|higher|smaller|lower|less|lesser)\b", re.I)  # fmt: skip
_VALUE = regex(r"(?<![\w./])-?\d+(?:\.\d+)?(?:/\d+|%)?(?![\w/%]|\.\d)")


def _worth(text: str) -> Fraction:
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100
    return Fraction(text)


def _larger(task: Task, completion: str) -> str | None:
    """Which of two numbers or fractions is larger."""
    match = _WHICH.search(task.order)
    values = _VALUE.findall(task.given or task.order)
    if match is None or len(values) != 2 or any(re.search(r"/0+$", v) for v in values):
        return None
    if re.search(r"\b(?:number of|how much|by|difference|price|degrees|than)\b", task.order, re.I):
        return None
    said = [v for v in _VALUE.findall(answer_of(completion)) if v in values]
    a, b = (_worth(v) for v in values)
    if not said or a == b:
        return None
    wanted = (
        values[0]
        if (a > b) == (match[1].lower() in ("larger", "greater", "bigger", "higher"))
        else values[1]
    )
    than = re.search(r"\bthan\b", completion)
    turned = bool(than) and bool(re.search(r"\b(?:smaller|less|lower)\b", completion, re.I)) == (match[1].lower() in ("larger", "greater", "bigger", "higher"))  # fmt: skip
    if said[0] != wanted and not turned:
        return f"of {values[0]} and {values[1]}, {wanted} is the {match[1].lower()}"
    return None


_DICTIONARY = regex(r"\b(first|last|later|earlier|before|after)\b[^.\n]*\b(?:alphabetically|alphabetical order|in the dictionary|in a dictionary|alphabet)\b|\balphabetically (first|last)\b", re.I)  # fmt: skip


def _dictionary(task: Task, completion: str) -> str | None:
    """Which of some words comes first in the dictionary."""
    match = _DICTIONARY.search(task.order)
    given = re.sub(r"\b[Ww]ord ?\d ?[:=]", ",", task.given or ", ".join(quoted_in(task.order)))
    words = [w.lower() for w in items_in(given) if w.isalpha()]
    if (
        match is None
        or len(words) < 2
        or re.search(r"\b(?:sort|arrange|letter|list (?:the|them))\b", task.order, re.I)
    ):
        return None
    said = [w for w in words_in(completion) if w in words]
    late = (match[1] or match[2]).lower() in ("last", "later", "after")
    wanted = max(words) if late else min(words)
    if said and said[0] != wanted and len(completion) < 160 and not re.search(r"\bbefore\b|\bearlier\b" if late else r"\bafter\b|\blater\b", completion, re.I):  # fmt: skip
        return f"{wanted!r} comes {'last' if late else 'first'} in the dictionary"
    return None


_LONGEST_WORD = regex(r"\b(longest|shortest) word\b(?!s| (?:that|with|ever))", re.I)


def _longest(task: Task, completion: str) -> str | None:
    match = _LONGEST_WORD.search(task.order)
    words = words_in(task.given)
    said = [w for w in words_in(answer_of(completion)) if w in words]
    if match is None or len(words) < 3 or len(completion) > 160 or not said:
        return None
    quoted = [w for w in (q.lower() for q in quoted_in(completion)) if w in words]
    bare = words_in(answer_of(completion))
    word = quoted[0] if len(quoted) == 1 else bare[0] if len(bare) == 1 else None
    lengths = [len(w) for w in words]
    right = max(lengths) if match[1].lower() == "longest" else min(lengths)
    if word is None or len(word) == right or "-" in word or "'" in word:
        return None
    return f"{word!r} is not the {match[1].lower()} word: {next(w for w in words if len(w) == right)!r} is"


_PLACES = regex(rf"\bround(?:ed|ing)?\b[^.\n]*?\bto (?:the )?(?:nearest )?(?:{COUNT} (?:decimals?(?: places?)?|places)|(whole number|integer|ten|hundred|thousand|tenth|hundredth|thousandth)s?)\b", re.I)  # fmt: skip
_STEPS = {"whole number": 0, "integer": 0, "ten": -1, "hundred": -2, "thousand": -3, "tenth": 1, "hundredth": 2, "thousandth": 3}  # fmt: skip


def _rounded(task: Task, completion: str) -> str | None:
    """ "Round 3.14759 to two decimal places"."""
    match = _PLACES.search(task.order)
    text = (task.given or _PLACES.sub("", task.order)).replace(",", "")
    values = numbers_of(text)
    said = numbers_of(re.sub(r"(?<=\d),(?=\d{3}\b)", "", completion))
    if (
        match is None
        or len(values) != 1
        or not said
        or not re.match(r"\W*(?:please )?round\b", task.order, re.I)
    ):
        return None
    places = count_of(match[1]) if match[1] else _STEPS[match[2].lower()]
    step = Fraction(1, 10**places) if places >= 0 else Fraction(10**-places)
    exact = values[0] / step
    half = exact % 1 == Fraction(1, 2)
    right = {round(exact) * step} | ({(int(exact) + i) * step for i in (0, 1)} if half else set())
    if not right & set(said):
        return f"{float(values[0]):g} rounded is {float(next(iter(right))):.10g}, the completion says {completion.strip()[:40]!r}"
    return None


_TO_PERCENT = regex(r"\b(?:to|into|as|in) (?:an? )?(?:percent|percentage|%)", re.I)
_TO_DECIMAL = regex(r"\b(?:to|into|as|in) (?:an? )?decimal\b(?! (?:system|places))", re.I)
_FRACTION = regex(r"(?<![\w./])(\d{1,5})/(\d{1,5})(?![\w/])")


def _part(task: Task, completion: str) -> str | None:
    """Fractions, decimals and percentages, one for another."""
    if not re.match(
        r"\W*(?:please )?(?:convert|change|express|write|turn|transform|what is)\b",
        task.order,
        re.I,
    ):
        return None
    text = task.given or task.order
    fractions = [m for m in _FRACTION.findall(text) if int(m[1])]
    numbers = numbers_of(_FRACTION.sub("", text))
    percent = re.search(r"\d ?(?:%|percent)", text)
    if len(fractions) + len(numbers) != 1:
        return None
    value = Fraction(int(fractions[0][0]), int(fractions[0][1])) if fractions else numbers[0]
    if percent and _TO_DECIMAL.search(task.order):
        wanted = numbers_of(text.replace("%", " "))[0] / 100 if not fractions else value / 100
    elif _TO_PERCENT.search(task.order) and not percent and (fractions or "." in text):
        wanted = value * 100
    elif _TO_DECIMAL.search(task.order) and fractions:
        wanted = value
    else:
        return None
    said = numbers_of(completion.replace("%", " ").replace("…", " "))
    if said and not any(abs(v - wanted) <= max(abs(wanted) / 50 if wanted.denominator not in (1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100) else Fraction(0), Fraction(0)) for v in said):  # fmt: skip
        return f"the value is {float(wanted):g}, the completion says {completion.strip()[:40]!r}"
    return None


CHECKS: Table = (
    (("prime", "even", "odd", "leap", "square"), _property),
    (("divisible",), _divisible),
    (("palindrome",), _palindrome),
    (("anagram",), _anagrams),
    (("larger", "greater", "bigger", "higher", "smaller", "lower", "less"), _larger),
    (("alphabet", "dictionary"), _dictionary),
    (("longest word", "shortest word"), _longest),
    (("round",), _rounded),
    (("percent", "decimal", "%"), _part),
)
HINT = english(
    r"(?i)\b(?:is|are|whether|if|determine|check|classify|identify)\b[^\n]*\b(?:prime|even|odd|leap year|perfect square|divisible|palindrome|anagrams?)\b"
    r"|\b(?:which|what|determine|identify|find|choose)\b[a-z ,]* (?:larger|greater|bigger|higher|smaller|lower|less|lesser)\b[^\n]*\n*[^\n]*[0-9]|\b(?:alphabetically|alphabetical order|dictionary)\b|(?:longest|shortest) word\b|\bround[a-z]* [^\n]*(?:nearest|decimal|places)|(?:to|into|as|in) (?:an? )?(?:percent|%|decimal)"
)
