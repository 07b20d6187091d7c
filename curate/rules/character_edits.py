"""Edits of letters and words that can be made by a program: case, removal, replacement, reversal, formats."""

from __future__ import annotations

import re
from collections.abc import Callable

from curate.patterns import regex
from curate.rules.numerals import ORDINAL, position_of
from curate.rules.tasks import (
    Table,
    Task,
    answer_of,
    items_in,
    letters_in,
    quoted_in,
    spaced,
    words_in,
)
from curate.rules.wordings import english

_CHANGE = r"^\W*(?:please )?(?:convert|change|turn|transform|rewrite|put|make|write|print|format|edit|modify|capitali[sz]e|output|return|express|set)\b"
_UPPER = regex(
    rf"{_CHANGE}[^.\n]*\b(?:upper ?-?case|all caps|capital letters|all capitals)\b", re.I
)
_LOWER = regex(rf"{_CHANGE}[^.\n]*\b(?:lower ?-?case|small letters)\b", re.I)
_PARTLY = regex(
    r"\b(?:first|each|every|title|sentence case|camel|snake|words? (?:that|which|with|in)|proper|only|nouns?|verbs?|if|alternat\w*|vowels?|consonants?|last|except|initials?|headline|letters? (?:in|of) (?:each|every))\b|…",
    re.I,
)
_EACH_WORD = regex(
    r"\b(?:capitali[sz]e|upper ?-?case)\b[^.\n]*\b(?:first letters?|initials?)\b[^.\n]*\b(?:each|every|all)(?: of the)? words?\b|\bcapitali[sz]e (?:each|every|all(?: of)?(?: the)?) words?\b",
    re.I,
)
_CAPITALS = regex(
    r"\b(?:fix|correct|adjust|proper|add)\b[^.\n]*\bcapitali[sz]ation\b|^\W*(?:please )?capitali[sz]e (?:the|this) (?:following |given )?(?:sentence|text|phrase)\b(?![^.\n]*\b(?:word|letter)s?\b)",
    re.I,
)


def _same_but_case(a: str, b: str) -> bool:
    return len(letters_in(a)) > 2 and letters_in(a) == letters_in(b)


def _case(task: Task, completion: str) -> str | None:
    """All letters in capitals, or all small; the text is the same but for its case."""
    answer = answer_of(completion)
    if not task.given or _PARTLY.search(task.order) or not _same_but_case(task.given, answer):
        return None
    upper, lower = _UPPER.search(task.order), _LOWER.search(task.order)
    if bool(upper) == bool(lower):
        return None
    wanted = answer.upper() if upper else answer.lower()
    if answer == wanted:
        return None
    return f"the text is not {'in capitals' if upper else 'in small letters'} throughout: {answer[:60]!r}"


def _capitals(task: Task, completion: str) -> str | None:
    """The first letter of each word, or of the sentence, in capitals."""
    answer = answer_of(completion)
    if not task.given or not _same_but_case(task.given, answer):
        return None
    if _EACH_WORD.search(task.order):
        small = next((word for word in answer.split() if word[:1].islower()), None)
        return f"the word {small!r} does not begin with a capital" if small else None
    if _CAPITALS.search(task.order):
        if answer[:1].islower():
            return f"the sentence does not begin with a capital: {answer[:40]!r}"
        if re.search(r"(?<![\w'’.])i(?![\w.])", answer):
            return "the word 'I' stands there as a small letter"
    return None


_REMOVE = r"\b(?:remove|delete|strip|take out|eliminate|drop|omit|erase|get rid of)\b"
_PUNCTUATION = regex(
    rf"{_REMOVE} (?:all |any |every )?(?:of )?(?:the )?punctuation(?! and| errors?| mistakes?)",
    re.I,
)
_TO_REMOVE: tuple[tuple[re.Pattern[str], Callable[[str], bool], str], ...] = (
    (regex(rf"{_REMOVE} (?:all |any |every )?(?:of )?(?:the )?(?:numbers?|digits?|numeric characters|numerals)\b(?! and| from the (?:list|array))", re.I), str.isdigit, "digits"),
    (regex(rf"{_REMOVE} (?:all |any |every )?(?:of )?(?:the )?(?:white ?spaces?|spaces?)\b(?! and| between| at|\w)", re.I), str.isspace, "spaces"),
    (regex(rf"{_REMOVE} (?:all |any |every )?(?:of )?(?:the )?(?:special|non-?alphanumeric) characters\b(?! and)", re.I), lambda ch: not ch.isalnum() and not ch.isspace() and ch not in "_", "special characters"),
)  # fmt: skip
_EXCEPT = regex(
    rf"{_REMOVE} (?:all )?(?:the )?characters (?:except|other than) (\w) and (\w)\b", re.I
)
_UNLESS = regex(r"\b(?:extra|double|leading|trailing|unnecessary|multiple|duplicate|consecutive|if|first|last|except|other than|greater|less|smaller|larger|odd|even|divisible|that|which|multiples|between|list|array|starting|beginning|end|below|above)\b", re.I)  # fmt: skip


def _removed(task: Task, completion: str) -> str | None:
    """Characters of one kind that are to go."""
    answer = answer_of(completion)
    only = _EXCEPT.search(task.order)
    if only and task.given:
        wanted = "".join(ch for ch in task.given if ch in (only[1], only[2]))
        wrong = re.fullmatch(r"[\w ]+", answer) and answer.replace(" ", "") != wanted
        return f"what is left should be {wanted[:60]!r}" if wrong else None
    if not task.given or len(answer) > len(task.given) + 20 or _UNLESS.search(task.order):
        return None
    if _PUNCTUATION.search(task.order):
        still = re.search(r"[,;:!?\"“”()]|\.(?=\s\S)", answer)
        if still and letters_in(answer) == letters_in(task.given):
            return f"there is still punctuation in it: {answer[max(0, still.start() - 12) : still.end() + 4]!r}"
        return None
    for pattern, goes, name in _TO_REMOVE:
        if pattern.search(task.order) and any(goes(ch) for ch in task.given):
            wanted = "".join(ch for ch in task.given if not goes(ch))
            if letters_in(wanted) != letters_in(answer) or any(
                goes(ch) for ch in answer.rstrip(".!?")
            ):
                return f"without its {name} it is {wanted[:60]!r}"
    return None


_NTH = regex(rf"{_REMOVE} (?:the )?{ORDINAL} word\b", re.I)


def _nth_removed(task: Task, completion: str) -> str | None:
    match = _NTH.search(task.order)
    words, said = words_in(task.given), words_in(answer_of(completion))
    if match is None or not 1 <= position_of(match[1]) <= len(words) or len(said) >= len(words) + 2:
        return None
    at = position_of(match[1]) - 1
    wanted = words[:at] + words[at + 1 :]
    left = iter(words)
    if said != wanted and all(word in left for word in said):
        return f"without its {match[1]} word it is {' '.join(wanted)[:60]!r}"
    return None


_DUPLICATES = regex(
    r"\b(?:remove|delete|eliminate|drop|get rid of|filter out)\b[^.\n]*\b(?:duplicates?|repeated|repeating|repetitions?)\b|\b(?:without|no) duplicates\b",
    re.I,
)


def _without_duplicates(task: Task, completion: str) -> str | None:
    """A list whose repeated items are to go, and which still repeats one."""
    if not _DUPLICATES.search(task.order) or re.search(r"\bconsecutive|adjacent|characters?|letters?|lines?|both|all copies", task.order, re.I):  # fmt: skip
        return None
    given = [item.lower() for item in items_in(task.given)]
    said = [item.lower() for item in items_in(answer_of(completion))]
    if len(given) < 3 or len(set(given)) == len(given) or not said or not set(said) <= set(given):
        return None
    again = next((item for item in said if said.count(item) > 1), None)
    if again is not None:
        return f"{again!r} still stands there more than once"
    gone = next((item for item in given if item not in said), None)
    if gone is not None and given.count(gone) > 1:
        return None  # "duplicates" may mean every copy
    return f"{gone!r}, which stands there once, is gone" if gone is not None else None


_REPLACE = regex(
    r"\b(?:replace|substitute|change)\b (?:all |every |each )?(?:of )?(?:the )?(?:occurrences? of |instances? of )?(?:the )?(?:words?|letters?|characters?|phrase|term|string)? ?(?:[\"“']([^\"“”']{1,40})[\"”']) (?:with|by|to|for) (?:the )?(?:words?|letters?|characters?|phrase|term|string)? ?(?:[\"“']([^\"“”']{1,40})[\"”'])",
    re.I,
)
_REPLACE_KIND = regex(
    r"\b(?:replace|substitute|change)\b (?:all |every |each )?(?:of )?(?:the )?(vowels?|white ?spaces?(?: characters)?|spaces?(?: characters)?)\b[^.\n]{0,30}? (?:with|by|to) (?:an? |the )?(?:[a-z]+ )?(?:[\"“']([^\"“”'\s])[\"”']|(underscores?|hyphens?|dashes|commas?|asterisks?|periods?|dots))",
    re.I,
)
_NAMED = {
    "underscore": "_",
    "hyphen": "-",
    "dashe": "-",
    "comma": ",",
    "asterisk": "*",
    "period": ".",
    "dot": ".",
}
_KEPT = regex(
    r"\breplace (?:all |every |each )?(?:of )?(?:the )?(?:word|adjective|verb|noun|adverb|phrase|term)s? [\"“']([^\"“”'\n]{2,30})[\"”']",
    re.I,
)


def _replaced(task: Task, completion: str) -> str | None:
    """One word or letter in place of another, or of all characters of a kind."""
    order = task.order
    match = _REPLACE.search(order)
    answer = answer_of(completion)
    if match and task.given and match[1].lower() not in match[2].lower():
        old = rf"\b{re.escape(match[1])}\b" if len(match[1]) > 1 else re.escape(match[1])
        if re.search(old, task.given, re.I) and len(answer) < 2 * len(task.given):
            if re.search(old, answer, re.I):
                return f"{match[1]!r} still stands there"
            if match[2].lower() not in answer.lower():
                return f"{match[2]!r} does not stand there"
        return None
    kind = _REPLACE_KIND.search(order)
    if kind and task.given:
        by = kind[2] or _NAMED.get(kind[3].lower().rstrip("s"), "")
        if kind[1].lower().startswith("vowel"):
            wanted = {re.sub(r"[aeiouAEIOU]", by, task.given)}
        else:
            wanted = {re.sub(r"\s", by, task.given), re.sub(r"\s+", by, task.given)}
        said = {spaced(text) for text in (answer, *quoted_in(completion))}
        if by and len(answer) < 2 * len(task.given) and not said & {spaced(w) for w in wanted}:
            return f"it should be {min(wanted)[:60]!r}"
        return None
    kept = _KEPT.search(order)
    if kept and task.given and match is None and len(answer) <= len(task.given) * 3 // 2 + 12:
        word = rf"\b{re.escape(kept[1])}\b"
        if re.search(word, task.given, re.I) and re.search(word, answer, re.I) and not re.search(r"replac|synonym|instead|→|->", completion, re.I):  # fmt: skip
            return f"{kept[1]!r} still stands there"
    return None


_REVERSED = regex(
    r"^\W*(?:please )?(?:reverse|invert|flip)\b(?! (?:engineer|the (?:meaning|roles?|question|polarity|polarization)))[^.\n]*?\b(list|array|sequence|numbers|elements|items|words|string|letters|characters)\b",
    re.I,
)


def _reversed(task: Task, completion: str) -> str | None:
    match = _REVERSED.search(task.order)
    if match is None or not task.given:
        return None
    what, answer = match[1].lower(), answer_of(completion)
    if what in ("string", "letters", "characters", "words"):
        words = task.given.split()
        right = (task.given[::-1], " ".join(reversed(words)), " ".join(w[::-1] for w in words))
        said = letters_in(answer)
        close = abs(len(said) - len(letters_in(task.given))) <= max(3, len(said) // 8)
        if (
            close
            and len(words) < 40
            and len(said) > 3
            and said not in [letters_in(text) for text in right]
        ):
            best = right[1] if what == "words" else right[0]
            return f"reversed it is {best[:60]!r}"
        return None
    given, items = items_in(task.given), items_in(answer)
    if len(given) > 2 and sorted(given) == sorted(items) and items != given[::-1]:
        return f"reversed the list is {', '.join(given[::-1])[:60]}"
    if (
        len(given) > 2
        and len(items) == len(given)
        and items != given[::-1]
        and len(set(items) & set(given)) >= 2
    ):
        return f"reversed the list is {', '.join(given[::-1])[:60]}"
    return None


CHECKS: Table = (
    (("case", "caps", "capital", "small letters"), _case),
    (("capital", "initial", "uppercase"), _capitals),
    (("punctuation", "digit", "number", "numer", "space", "characters"), _removed),
    (("th word", "st word", "nd word", "rd word"), _nth_removed),
    (("duplicate", "repeat", "repetition"), _without_duplicates),
    (("replac", "substitut", "change"), _replaced),
    (("revers", "invert", "flip"), _reversed),
)
HINT = english(
    r"(?i)upper ?-?case|lower ?-?case|all caps|capital letter|all capitals|small letters|capitali[sz]e|capitali[sz]ation"
    r"|(?:remove|delete|strip|take out|eliminate|drop|omit|erase|get rid of|filter out)[a-z0-9 ]*(?:punctuation|digits?|numbers?|numeric|numerals|spaces?|characters|(?:th|st|nd|rd) word|duplicates?|repeat|repetition)"
    r"|without duplicates|no duplicates|(?:replace|substitute|change)[a-z ]*(?:[\"“']|vowels?|spaces?)|^\W{0,3}(?:please )?(?:reverse|invert|flip) "
)
