"""Tasks about the alphabet, the calendar and the shape of a line that have one answer, or answers of one kind.

The letter after M, every word beginning with B, a sentence without an e, the days of the week in order, a
couplet of two lines, text read back from Morse code.
"""

from __future__ import annotations

import calendar
import re
import string
from itertools import pairwise

from curate.patterns import regex
from curate.rules.counted_texts import syllables
from curate.rules.numerals import COUNT, ORDINALS, count_of, position_of
from curate.rules.tasks import (
    Table,
    Task,
    answer_of,
    bare,
    items_in,
    letters_in,
    numbers_of,
    quoted_in,
    shown_numbers,
    words_in,
)
from curate.rules.word_edits import MORSE
from curate.rules.wordings import english

_ALPHABET = string.ascii_lowercase
_PLACE = regex(
    rf"\b({'|'.join(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th)) letter (?:of|in) the (?:english )?alphabet\b",
    re.I,
)
_BESIDE = regex(r"\bletter (?:of the alphabet )?(?:that )?(?:comes? |is )?(?:immediately |directly |right |just )?(before|after|precedes|follows) (?:the letter )?[\"'“‘]?([A-Za-z])[\"'”’]?(?![\w'’])", re.I)  # fmt: skip


def _one_letter(completion: str) -> str | None:
    """The letter that an answer names."""
    text = answer_of(completion).strip(" .\"'“”‘’")
    if len(text) == 1 and text.isalpha():
        return text.lower()
    quoted = [q for q in quoted_in(completion) if len(q) == 1 and q.isalpha()]
    last = re.search(r"\b(?:is|:)(?: the letter)? ([A-Z])\W*$", text)
    return (quoted[-1] if quoted else last[1] if last else "").lower() or None


def _letter(task: Task, completion: str) -> str | None:
    """A letter by its place in the alphabet, or by its neighbour."""
    said = _one_letter(completion)
    whole = task.order.replace("…", task.given)
    place, beside = _PLACE.search(whole), _BESIDE.search(whole)
    if said is None or (place is None and beside is None):
        return None
    if place:
        at = position_of(place[1].lower()) - 1
        if re.search(r"\bfrom the end\b|\blast\b", whole, re.I) or not 0 <= at < 26:
            return None
    else:
        assert beside is not None
        step = -1 if beside[1].lower() in ("before", "precedes") else 1
        at = _ALPHABET.index(beside[2].lower()) + step
        if not 0 <= at < 26:
            return None
    return (
        f"the letter is {_ALPHABET[at].upper()}, the completion says {said.upper()}"
        if said != _ALPHABET[at]
        else None
    )


_LETTERS_IN_ROW = regex(r"\b([A-Z])((?:, ?[A-Z]\b){2,})", re.I)


def _next_letter(task: Task, completion: str) -> str | None:
    """The letter that goes on a row with even steps."""
    match = _LETTERS_IN_ROW.search(f"{task.order} {task.given}")
    said = _one_letter(completion)
    asked = re.search(r"\b(?:next|sequence|series|pattern|continue)\b", task.order, re.I)
    if match is None or said is None or not asked or "missing" in task.order:
        return None
    row = [_ALPHABET.index(ch) for ch in re.findall(r"[a-z]", match[0].lower())]
    steps = {b - a for a, b in pairwise(row)}
    at = row[-1] + min(steps)
    if len(steps) != 1 or not 0 <= at < 26 or said == _ALPHABET[at]:
        return None
    return f"the next letter is {_ALPHABET[at].upper()}, the completion says {said.upper()}"


_TIMES = regex(
    r"\bhow many (?:letter )?[\"'“‘]?([a-z])[\"'”’]?(?:['’]s|s)?['’]? (?:are|is|does|do|appear|occur)?\b",
    re.I,
)


def _times(task: Task, completion: str) -> str | None:
    """ "How many r's are in "strawberry"?"."""
    match = _TIMES.search(task.order)
    numbers = [int(v) for v in numbers_of(completion) if v.denominator == 1]
    if (
        match is None
        or not re.search(r"['’]s|[\"'“‘]", match[0])
        or len(numbers) != 1
        or not task.given
    ):
        return None
    true = task.given.lower().count(match[1].lower())
    return (
        f"there are {true}, the completion says {numbers[0]}"
        if numbers[0] != true and len(completion) < 120
        else None
    )


_SORT_LETTERS = regex(r"\b(?:letters|characters) (?:of|in) (?:the |this )?(?:following |given )?(?:word|string)\b[^.\n]*\balphabetical|\b(?:string|word) (?:in|into) alphabetical order\b|\bsort (?:the )?(?:letters|characters)\b[^.\n]*\balphabetical", re.I)  # fmt: skip


def _sorted_letters(task: Task, completion: str) -> str | None:
    given, said = letters_in(bare(task.given)), letters_in(answer_of(completion))
    if (
        not _SORT_LETTERS.search(task.order)
        or not 3 <= len(given) <= 30
        or len(task.given.split()) > 1
    ):
        return None
    wanted = "".join(sorted(given))
    if said not in (wanted, wanted[::-1]) and len(said) <= len(given) + 3:
        return f"in order its letters are {wanted!r}, the completion says {said!r}"
    return None


_EACH_STARTS = regex(r"\b(?:sentence|phrase|line|title|tongue twister|slogan)s?\b[^.\n]*\b(?:every|each|all(?: of)?(?: the)?) words? (?:in it |of it )?(?:starts?|begins?|starting|beginning) with (?:the )?(?:letter )?[\"'“‘]?([a-z])\b", re.I)  # fmt: skip
_WITHOUT = regex(r"\b(?:without|not? (?:using|containing|contain|use)|does(?: not|n['’]t) (?:use|contain|include)|avoid(?:ing|s)?|omits?|excluding) (?:using |the use of |any )?the letter [\"'“‘]?([a-z])\b", re.I)  # fmt: skip
_PANGRAM = regex(r"\b(?:sentence|phrase)\b[^.\n]*\b(?:all (?:of )?the letters (?:of|in) the (?:english )?alphabet|every letter (?:of|in) the (?:english )?alphabet)|^\W*(?:please )?(?:write|create|give|generate|compose) (?:me )?an? (?:[a-z]+ )?pangram\b", re.I)  # fmt: skip


def _of_letters(task: Task, completion: str) -> str | None:
    """Sentences whose letters are laid down."""
    text = answer_of(completion)
    if len(text) > 400:
        return None
    each, without = _EACH_STARTS.search(task.order), _WITHOUT.search(task.order)
    if each:
        wrong = next((w for w in words_in(text) if w[0] != each[1].lower()), None)
        return f"the word {wrong!r} does not begin with {each[1].upper()}" if wrong else None
    if without and re.search(r"\b(?:write|create|generate|compose|give|make|construct|sentence|story|poem|rewrite)\b", task.order, re.I):  # fmt: skip
        wrong = next((w for w in words_in(text) if without[1].lower() in w), None)
        return f"the word {wrong!r} holds the letter {without[1].upper()}" if wrong else None
    if _PANGRAM.search(task.order):
        missing = sorted(set(_ALPHABET) - set(text.lower()))
        return (
            f"the letters {', '.join(missing[:8])} are not used"
            if missing and "\n" not in text
            else None
        )
    return None


_WITH_SYLLABLES = regex(rf"^\W*(?:please )?(?:give|name|write|find|generate|provide|suggest|come up with|think of)\b[^.\n]*\bword (?:with|that has|of|containing|having) (?:exactly )?{COUNT} syllables\b|\b{COUNT}-syllable word\b", re.I)  # fmt: skip


def _syllable_word(task: Task, completion: str) -> str | None:
    match = _WITH_SYLLABLES.search(task.order)
    words = [q for q in quoted_in(completion) if q.isalpha()] or words_in(answer_of(completion))
    if match is None or len(words) != 1:
        return None
    wanted = count_of(match[1] or match[2])
    least, most = syllables(words[0])
    return f"{words[0]!r} has no {wanted} syllables" if not least <= wanted <= most else None


_DAYS = [name.lower() for name in calendar.day_name]
_MONTHS = [name.lower() for name in calendar.month_name if name]
_PLANETS = ["mercury", "venus", "earth", "mars", "jupiter", "saturn", "uranus", "neptune"]
_CYCLES = (
    (regex(r"\bdays of the week\b", re.I), _DAYS),
    (regex(r"\bmonths (?:of|in) (?:the|a) year\b", re.I), _MONTHS),
    (regex(r"\bplanets\b[^.\n]*\border\b|\border of the planets\b", re.I), _PLANETS),
)
_NAMING = regex(
    r"^\W*(?:please )?(?:list|name|write|give|say|recite|state|output|arrange|order|put|sort|what are)\b",
    re.I,
)
_WITH_31 = regex(r"\bmonths (?:that have|with|which have|having) (30|31) days\b", re.I)


def _cycle(task: Task, completion: str) -> str | None:
    """The days of the week, the months, the planets: in order, one after another."""
    order = task.order
    for pattern, names in _CYCLES:
        if not pattern.search(order) or not _NAMING.match(order) or task.given:
            continue
        said = [w for w in words_in(completion) if w in names]
        if len(said) < len(names) - 1 or len(set(said)) != len(said) or re.search(r"\b(?:size|alphabet\w*|mass|spanish|french|length)\b", order, re.I):  # fmt: skip
            return None
        start = names.index(said[0])
        turned = names[start:] + names[:start]
        if said not in (turned[: len(said)], names[::-1], names) or len(said) < len(names):
            return f"they are not in order, or one is left out: {', '.join(said[:5])}…"
    asked = _WITH_31.search(order)
    if asked:
        wanted = {
            _MONTHS[i] for i in range(12) if calendar.monthrange(2023, i + 1)[1] == int(asked[1])
        }
        if re.search(r"\bhow many\b", order, re.I):
            counts = [int(v) for v in numbers_of(completion) if v.denominator == 1 and v < 13]
            return (
                f"{len(wanted)} months have {asked[1]} days"
                if len(counts) == 1 and counts[0] != len(wanted)
                else None
            )
        named = {w for w in words_in(completion) if w in _MONTHS}
        if len(named) > 2 and named != wanted:
            return f"the months are {', '.join(m.title() for m in _MONTHS if m in wanted)}"
    return None


_SORTED_NUMBERS = regex(r"\b(?:least to (?:greatest|most)|greatest to least|most to least|(?:in )?chronological order|oldest to (?:newest|most recent)|earliest to latest)\b", re.I)  # fmt: skip
_BY_LETTERS = regex(r"\bby (?:the )?(?:number of letters|word length|length)\b", re.I)


def _order(task: Task, completion: str) -> str | None:
    """Numbers, years and words in an order that can be seen."""
    given, said = items_in(task.given), items_in(answer_of(completion))
    if len(given) < 3 or sorted(given) != sorted(said):
        return None
    if _BY_LETTERS.search(task.order):
        lengths = [len(item) for item in said]
        wrong = lengths not in (sorted(lengths), sorted(lengths, reverse=True))
        return (
            f"the items are not ordered by their length: {', '.join(said[:6])}" if wrong else None
        )
    match = _SORTED_NUMBERS.search(task.order)
    values = [numbers_of(item) for item in said]
    if match is None or any(
        len(v) != 1 or not re.fullmatch(r"-?[\d.]+", s) for v, s in zip(values, said, strict=True)
    ):
        return None
    flat = [v[0] for v in values]
    down = match[0].lower().startswith(("greatest", "most"))
    return (
        f"the numbers are not in that order: {shown_numbers(flat[:8])}"
        if flat != sorted(flat, reverse=down)
        else None
    )


_LINES = regex(rf"\b(?:write|create|compose|generate)\b[^.\n]*?\b(?:(couplet)|(quatrain)|{COUNT}[- ]line (?:[a-z]+ ){{0,2}}?(?:poem|verse|stanza|rhyme))\b(?!s)", re.I)  # fmt: skip


def _lines(task: Task, completion: str) -> str | None:
    """A couplet of two lines, a quatrain of four, a poem of so many."""
    match = _LINES.search(task.order)
    lines = [line for line in completion.strip().splitlines() if line.strip()]
    if (
        match is None
        or len(lines) < 2
        or re.search(r"\b(?:stanzas|verses|title|each|couplets|quatrains)\b", task.order, re.I)
    ):
        return None
    wanted = 2 if match[1] else 4 if match[2] else count_of(match[3])
    titled = len(lines) == wanted + 1 and (
        len(lines[0].split()) <= 6 or lines[0].rstrip().endswith(":")
    )
    if len(lines) != wanted and not titled and not any("/" in line for line in lines):
        return f"the prompt asks for {wanted} lines, the completion has {len(lines)}"
    return None


_FROM_MORSE = regex(r"\b(?:morse(?: code)?\b[^.\n]*\b(?:to|into) (?:english|text|plain|letters|words)|(?:decode|translate|decipher|convert) (?:the |this )?(?:following |given )?morse)\b", re.I)  # fmt: skip


def _from_morse(task: Task, completion: str) -> str | None:
    marks = re.split(r"[\s/|]+", re.sub(r"[–—−]", "-", task.given).strip())
    if (
        not _FROM_MORSE.search(task.order)
        or len(marks) < 3
        or not all(re.fullmatch(r"[.-]+", m) for m in marks)
    ):
        return None
    read = "".join(MORSE.get(mark, "?") for mark in marks)
    if "?" not in read and read not in letters_in(completion):
        return f"the Morse code reads {read!r}"
    return None


_INCREASING = regex(r"\b(?:increasing|ascending) (?:sub-?)?sequence\b", re.I)


def _increasing(task: Task, completion: str) -> str | None:
    """A row that was to increase, in numbers that the prompt gives."""
    said = numbers_of(answer_of(completion))
    given = numbers_of(task.given)
    if (
        not _INCREASING.search(task.order)
        or len(said) < 2
        or not set(said) <= set(given)
        or len(completion) > 80
    ):
        return None
    return f"{shown_numbers(said)} does not increase" if said != sorted(set(said)) else None


CHECKS: Table = (
    (("alphabet", "letter"), _letter),
    (("next letter", "comes next", "letter"), _next_letter),
    (("how many",), _times),
    (("alphabetical",), _sorted_letters),
    (("s with", "t with", "n with", "ing with", "the letter", "alphabet", "pangram"), _of_letters),
    (("syllable",), _syllable_word),
    (("days", "months", "planets"), _cycle),
    (("least", "most", "chronological", "oldest", "earliest", "length", "letters"), _order),
    (("couplet", "quatrain", "line"), _lines),
    (("morse",), _from_morse),
    (("sequence",), _increasing),
)  # fmt: skip
HINT = english(
    r"(?i)letter (?:of|in) the (?:english )?alphabet|letter (?:that )?(?:comes|is|precedes|follows)|next letter|\b[A-Z], ?[A-Z], ?[A-Z]\b|how many [\"'“‘]?[a-z][\"'’”]|alphabetical order|letters (?:of|in) (?:the|this)|words? (?:in it )?(?:starts?|begins?|starting|beginning) with|the letter [\"'“‘]?[a-z]\b|pangram|letters of the alphabet"
    r"|syllables?\b|days of the week|months (?:of|in|that|with|have|which)|\bplanets\b|(?:least to|to least|chronological|oldest to|earliest to)[^\x00]*[0-9]|number of letters|by (?:word )?length|couplet|quatrain|[a-z0-9]-line |morse|increasing (?:sub-?)?sequence"
)
