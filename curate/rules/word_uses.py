"""Words that a text was to use, the commonest word of one, and the strand that completes another.

Each function takes a prompt and a completion and yields what is wrong, or nothing where the task is
another one or the answer cannot be read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from curate.label_variants import edit_distance
from curate.patterns import regex
from curate.rules.word_puzzles import single_word, subject_of, words_of

HINT = (
    r"(?i-u:(?:sentence|story|poem|paragraph|phrase|haiku|limerick|joke|tweet|dialogue)(?u-i:[^\n])*\bwords?,?:? (?u:[\"“'‘])"
    r"|most (?:frequent(?:ly used|ly occurring)?|common(?:ly used)?|often used|repeated) word\b|\bcomplementary (?:dna|rna|strand|sequence))"
)


def wrong(prompt: str, completion: str) -> Iterator[str]:
    """What the completion gets wrong; nothing where that cannot be told."""
    yield from _quoted_unused(prompt, completion)
    yield from _most_frequent(prompt, completion)
    yield from _strand(prompt, completion)


# The same in quotation marks: using the words "green", "counter" and "sneeze".
_QUOTED_TO_USE = regex(
    r"\b(?:sentence|story|poem|paragraph|phrase|haiku|limerick|joke|tweet|dialogue)\b[^\n]*?\b(?:using|with|that (?:use|contain|include)s?|containing|including) (?:all )?(?:of )?"
    r"(?:the |these |this )?(?:following |given |provided )?(?:two |three |four |five |six |\d )?words?,?:? ((?:[\"“'‘][a-z-]{2,20}[,.]?[\"”'’](?:,? ?(?:and )?|\.)?){2,6})\s*$",
    re.I,
)
_ENDINGS = frozenset(
    (
        "s",
        "es",
        "d",
        "ed",
        "ing",
        "ly",
        "er",
        "ers",
        "est",
        "n",
        "en",
        "r",
        "rs",
        "ness",
        "y",
        "ies",
        "ied",
        "ier",
        "iest",
        "ily",
        "ful",
        "less",
        "able",
    )
)
_LEAST_CHECKED = 6
_SHARED = 3  # letters that two forms of a word begin with


def _used(word: str, said: list[str]) -> bool:
    """Whether one of the words said is this one, or a form of it."""
    for other in said:
        start = _shared_length(word, other)
        ends = [
            end.removeprefix(word[start - 1]) if len(end) > 1 and start else end
            for end in (word[start:], other[start:])
        ]
        if start >= _SHARED and all(end in ("", "e", "y") or end in _ENDINGS for end in ends):
            return True
        if edit_distance(word, other, 1) <= 1:
            return True
    return False


def _shared_length(a: str, b: str) -> int:
    """How many letters two words have in common at the start."""
    return next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )


def _quoted_unused(prompt: str, completion: str) -> Iterator[str]:
    """ "a sentence using the words "cat" and "mat"": each of them, in some form."""
    match = _QUOTED_TO_USE.search(prompt)
    if match is None:
        return
    said = [w.lower() for w in words_of(completion)]
    for word in re.findall(r"[a-z-]{2,}", match[1].lower()):
        if word != "and" and len(word) >= _LEAST_CHECKED and said and not _used(word, said):
            yield f"the prompt wants the word {word!r} used; the completion does without it"
            return


_FREQUENT = regex(
    r"\bmost (?:frequent(?:ly)?|common(?:ly)?|often|repeated)(?: (?:used|occurring|repeated))? word\b",
    re.I,
)


def _most_frequent(prompt: str, completion: str) -> Iterator[str]:
    """The word that stands most often in the text that the prompt gives."""
    if not _FREQUENT.search(prompt):
        return
    subject, answer = subject_of(prompt), single_word(completion)
    if not subject or not answer:
        return
    counts = Counter(w.lower() for w in words_of(subject))
    word, most = counts.most_common(1)[0] if counts else ("", 0)
    if 0 < counts[answer.lower()] < most:
        yield f"the completion says that {answer!r} stands there most often, but {word!r} stands there {most} times"


_STRAND = regex(r"\b[ACGT]{6,}\b")
_COMPLEMENT = regex(r"\bcomplement(?:ary)?\b", re.I)
_PAIRS = str.maketrans("ACGT", "TGCA")


def _strand(prompt: str, completion: str) -> Iterator[str]:
    """The strand of DNA or RNA that completes the one given, read in either direction."""
    if not _COMPLEMENT.search(prompt):
        return
    given, said = _STRAND.findall(prompt), re.findall(r"\b[ACGTU]{6,}\b", completion)
    if len(given) != 1 or len(said) != 1:
        return
    right = given[0].translate(_PAIRS)
    if said[0].replace("U", "T") not in (right, right[::-1], given[0]):
        yield f"the strand that completes {given[0][:40]} is {right[:40]}, the completion says {said[0][:40]}"
