"""Counts and pieces of a given text: sentences, syllables, characters, the last letter, common elements, initials."""

from __future__ import annotations

import re
from collections import Counter

from curate.patterns import regex
from curate.rules.numerals import COUNTS
from curate.rules.tasks import (
    Table,
    Task,
    answer_of,
    bare,
    items_in,
    letters_in,
    numbers_of,
    quoted_in,
    words_in,
)
from curate.rules.wordings import english

_COUNT_WORD = regex(rf"\b(?:({'|'.join(COUNTS)}|no|zero)|(\d{{1,4}}))\b", re.I)


def _claimed(completion: str, given: str) -> int | None:
    """The one count that an answer claims."""
    text = completion
    for quoted in (*quoted_in(completion), given):
        text = text.replace(quoted, " ")
    found = _COUNT_WORD.findall(text)
    if len(found) != 1:
        return None
    word, digits = found[0]
    return int(digits) if digits else COUNTS.get(word.lower(), 0)


_SENTENCES = regex(r"\b(?:how many sentences|(?:count|find|determine|give|identify) (?:the )?(?:number of |total number of )?sentences|number of sentences)\b", re.I)  # fmt: skip
_SENTENCE_END = regex(r"(?<![.!?])[.!?]++[\"'”’)]*(?=\s+[\"'“‘(]?[A-Z0-9]|\s*$)")
_SHORT_FORM = regex(r"\b(?:Mr|Mrs|Ms|Dr|St|vs|etc|e\.g|i\.e|[A-Z])\.", re.I)


def _sentences(task: Task, completion: str) -> str | None:
    if not _SENTENCES.search(task.order) or not task.given or len(completion) > 120:
        return None
    if _SHORT_FORM.search(task.given) or re.search(
        r"\b(?:with|that|which|containing|type)\b", task.order, re.I
    ):
        return None
    true, said = len(_SENTENCE_END.findall(task.given)), _claimed(completion, task.given)
    if (
        said is not None
        and true
        and said not in (true, true + (task.given.rstrip()[-1] not in ".!?\"”'"))
    ):
        return f"the text has {true} sentences, the completion says {said}"
    return None


_SYLLABLES = regex(r"\b(?:how many syllables|(?:count|find|determine|give|identify) (?:the )?(?:number of |total number of )?syllables|number of syllables)\b", re.I)  # fmt: skip
_VOWEL_RUN = regex(r"[aeiouy]+")


def syllables(word: str) -> tuple[int, int]:
    """The fewest and the most syllables that an English word can have, by its letters.

    Runs of vowels are counted: a run of two letters may be one syllable or two, a final e and the e of -ed and
    -es are heard or not.
    """
    plain = re.sub(r"[^a-z]", "", word.lower())
    runs = [match[0] for match in _VOWEL_RUN.finditer(plain)]
    most = sum(min(len(run), 3) for run in runs) + len(
        re.findall(r"[^aeiouy](?:l|r|m)s?$|sm\b", plain)
    )
    # Within a word e between consonants may be silent ("something"), and so may the vowel of "every".
    silent = len(re.findall(r"[^aeiouy]e(?=[^aeiouy]|$)", plain)) + len(
        re.findall(r"[aiou](?=r[aeiouy]|l[aeiouy])", plain)
    )
    return max(1, len(runs) - silent), max(1, most)


def _syllables(task: Task, completion: str) -> str | None:
    words = words_in(task.given)
    said = _claimed(completion, task.given)
    if (
        not _SYLLABLES.search(task.order)
        or said is None
        or not 1 <= len(words) <= 12
        or len(completion) > 120
    ):
        return None
    bounds = [syllables(word) for word in words]
    least, most = sum(a for a, _ in bounds), sum(b for _, b in bounds)
    if not least <= said <= most:
        return f"{task.given[:40]!r} has no {said} syllables, but from {least} to {most}"
    return None


_LENGTH = regex(r"\b(?:find|calculate|what is|determine|give|output|return|compute) (?:me )?the length of (?:the |this )?(?:following |given )?(?:string|word)\b", re.I)  # fmt: skip


def _length(task: Task, completion: str) -> str | None:
    said = _claimed(completion, task.given)
    text = bare(task.given)
    if (
        not _LENGTH.search(task.order)
        or said is None
        or not text
        or len(text) > 60
        or len(completion) > 80
    ):
        return None
    right = {
        len(text),
        len(letters_in(text)),
        len(re.sub(r"\s", "", text)),
        len(text.rstrip(".!?")),
    }
    return (
        f"the length of {text!r} is {len(text)}, the completion says {said}"
        if said not in right
        else None
    )


_EDGE = regex(r"\b(?:what is|give|find|output|return|identify|name|tell me|print|get)\b[^.\n]*\b(first|last) (letter|character|word)\b (?:of|in|from)\b(?![^.\n]*\beach\b)", re.I)  # fmt: skip


def _edge(task: Task, completion: str) -> str | None:
    """The first or last letter or word of what is given."""
    match = _EDGE.search(task.order.replace("…", " the text"))
    words = words_in(task.given)
    answer = words_in(answer_of(completion))
    if (
        match is None
        or not words
        or len(answer) != 1
        or re.search(r"\b(?:alphabet|two|three|name)\b", task.order, re.I)
    ):
        return None
    at = 0 if match[1].lower() == "first" else -1
    if match[2].lower() == "word":
        wrong, wanted = answer[0] != words[at], words[at]
    else:
        letters = letters_in(task.given)
        if len(answer[0]) != 1 or not letters:
            return None
        wrong, wanted = answer[0] != letters[at], letters[at]
    return (
        f"the {match[1].lower()} {match[2].lower()} is {wanted!r}, the completion says {answer[0]!r}"
        if wrong
        else None
    )


_COMMONEST = regex(r"\bmost (?:common|frequent|repeated|used|frequently used|commonly used)\b(?: \w+)? ?(?:used )?word\b(?! in (?:the )?english)", re.I)  # fmt: skip


def _commonest(task: Task, completion: str) -> str | None:
    """A most frequent word where none stands more than once."""
    words = words_in(task.given)
    said = quoted_in(completion) or items_in(answer_of(completion))
    if (
        not _COMMONEST.search(task.order)
        or len(words) < 5
        or len(said) != 1
        or len(said[0].split()) != 1
    ):
        return None
    if max(Counter(words).values()) == 1 and said[0].lower().strip(".") in words:
        return f"no word stands there more than once; the completion names {said[0]!r}"
    return None


_SETS = regex(r"\b(intersection of|common (?:elements?|numbers?|items?)|elements? (?:that are )?common|union of|(?:in|to) both (?:lists|sets|arrays))\b", re.I)  # fmt: skip
_GROUP = regex(r"[\[{(]([^\[\]{}()]*)[\]})]")


def _sets(task: Task, completion: str) -> str | None:
    """What two lists have in common, or hold together."""
    match = _SETS.search(task.order)
    groups = [set(items_in(f"[{g}]")) for g in _GROUP.findall(task.given)]
    answers = _GROUP.findall(completion)
    if match is None or len(groups) != 2 or len(answers) != 1 or not all(groups):
        return None
    wanted = groups[0] | groups[1] if "union" in match[1].lower() else groups[0] & groups[1]
    said = set(items_in(f"[{answers[0]}]"))
    if said != wanted and said <= groups[0] | groups[1]:
        return f"they are {', '.join(sorted(wanted)) or 'none'}, the completion says {', '.join(sorted(said))}"
    return None


_DIGITS = regex(r"^\W*(?:please )?(?:extract|find|get|output|return|list|identify|pull out) (?:all )?(?:of )?(?:the )?(digits|numbers|integers)\b (?:from|in)\b", re.I)  # fmt: skip


def _digits(task: Task, completion: str) -> str | None:
    """Digits to be taken out of a text, of which one does not stand there."""
    digits = re.findall(r"\d+", task.given)
    said = re.findall(r"\d+", completion)
    if not _DIGITS.search(task.order) or not digits or not said or re.search(r"\b(?:sum|even|odd|prime|largest|count|average)\b", task.order, re.I):  # fmt: skip
        return None
    whole = "".join(digits)
    wrong = next((d for d in said if d not in whole), None)
    return f"{wrong!r} does not stand in the text" if wrong else None


_CAESAR = regex(
    r"\bcaesar\b[^.\n]*?\b(?:shift|key|offset)(?:ed)?(?: of| by|:| =|ing)?(?: \w+ by)? (\d{1,2})\b",
    re.I,
)


def _caesar(task: Task, completion: str) -> str | None:
    """A text that is to be encoded by shifting its letters."""
    match = _CAESAR.search(task.order)
    plain = [ch for ch in task.given.lower() if ch.isascii() and ch.isalpha()]
    said = "".join(ch for ch in answer_of(completion).lower() if ch.isascii() and ch.isalpha())
    if (
        match is None
        or not 2 <= len(plain) <= 80
        or re.search(r"\bdecode|decrypt|decipher", task.order, re.I)
    ):
        return None
    wanted = {
        "".join(chr((ord(ch) - 97 + by) % 26 + 97) for ch in plain)
        for by in (int(match[1]), -int(match[1]))
    }
    if abs(len(said) - len(plain)) <= 2 and said not in wanted:
        return f"encoded it is {max(wanted)[:40]!r} or {min(wanted)[:40]!r}"
    return None


_MISSING = regex(r"\b(?:missing|fill in|complete)\b", re.I)
_LONGEST_SERIES = 2_000  # characters: each number of a series is tried as its first
_GAP = regex(
    r"(-?\d+(?:\s*,\s*-?\d+)*)\s*,\s*(?:_+|\?|\.\.\.|\[\s*\]|x)\s*,\s*(-?\d+(?:\s*,\s*-?\d+)*)"
)


def _gap(task: Task, completion: str) -> str | None:
    """The number left out of a row with even steps."""
    match = _GAP.search(f"{task.order} {task.given}"[:_LONGEST_SERIES])
    if match is None or not _MISSING.search(task.order):
        return None
    before, after = numbers_of(match[1]), numbers_of(match[2])
    values = [*before, None, *after]
    known = [(i, v) for i, v in enumerate(values) if v is not None]
    if len(known) < 3:
        return None
    step = (known[1][1] - known[0][1]) / (known[1][0] - known[0][0])
    if any(v != known[0][1] + step * (i - known[0][0]) for i, v in known):
        return None
    wanted = known[0][1] + step * (len(before) - known[0][0])
    said = numbers_of(completion)
    return (
        f"the number left out is {wanted}, the completion says {completion.strip()[:40]!r}"
        if said and wanted not in said
        else None
    )


CHECKS: Table = (
    (("sentences",), _sentences),
    (("syllable",), _syllables),
    (("length",), _length),
    (("first", "last"), _edge),
    (("most ",), _commonest),
    (("common", "intersection", "union", "both"), _sets),
    (("digits", "numbers", "integers"), _digits),
    (("caesar",), _caesar),
    (("missing", "fill", "complete"), _gap),
)
HINT = english(
    r"(?i)(?:how many|count|number of)[a-z ]* (?:sentences|syllables)|length of (?:the |this )?(?:following |given )?(?:string|word)|(?:first|last) (?:letter|character|word) (?:of|in|from)"
    r"|most (?:common|frequent|repeated|used|frequently|commonly)[a-z ]* word|\b(?:intersection|union) of|common (?:element|number|item)|both (?:lists|sets|arrays)|(?:digits|numbers|integers) (?:from|in) |caesar|[0-9]\s*,\s*(?:_|\?|\.\.\.)"
)
