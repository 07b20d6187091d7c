"""Whether two short answers to one question of fact cannot both be right: other numbers, other names, yes and no."""

from __future__ import annotations

import re

from curate.patterns import regex
from curate.rules.spoken_numbers import all_in_digits

LONGEST = 160  # characters of an answer
_OF_FACT = regex(
    r"^\W*(?:what(?:['’]s| is| was| are| were) the\b|who\b|when\b|where (?:is|was|are|were|did|does)\b|how (?:many|much|long|far|old|tall|high|deep|heavy|fast|big|hot|cold)\b"
    r"|(?:in |on |at |from |to |by |of )?(?:which|what (?:year|country|city|language|colou?r|day|month|planet|element|gas|river|continent|animal|century))\b|(?:is|are|was|were|does|do|did|can|has|have)\b)[^\n]*\?\s*$",
    re.I,
)
# Several answers may be right, or it depends on who is asked and when.
_OPEN = regex(
    r"\b(?:examples?|some|good|best|favou?rite|recommend\w*|suggest\w*|ideas?|your?|my|i|me|we|today|now|current\w*|should|could|would|might|possible|ways?|difference|benefits?|advantages?|purpose|meaning|main|most important|opinion|think|tips?|or)\b",
    re.I,
)
_NUMBER = regex(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
_NAME = regex(r"(?<![.!?:\"“] )(?<!^)\b[A-Z][a-z]+\b")
_WORD = regex(r"[a-z]+(?:['’][a-z]+)?", re.I)
_YES = regex(r"^\W*(yes|no|true|false)\b", re.I)
_LITTLE = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "at",
        "to",
        "by",
        "for",
        "from",
        "is",
        "are",
        "was",
        "were",
        "it",
        "its",
        "they",
        "them",
        "he",
        "she",
        "his",
        "her",
        "this",
        "that",
        "these",
        "those",
        "there",
        "has",
        "have",
        "had",
        "does",
        "do",
        "did",
        "and",
        "or",
        "but",
        "with",
        "as",
        "be",
        "been",
        "not",
        "only",
        "very",
        "just",
        "also",
        "about",
        "around",
        "roughly",
        "exactly",
        "took",
        "take",
        "takes",
        "place",
        "i",
        "we",
        "you",
        "their",
        "who",
        "which",
        "when",
        "where",
        "what",
    ]
)
_FEW_WORDS = 8


def contradict(prompt: str, one: str, other: str) -> bool:
    """Whether the question has one answer, and the two name different ones."""
    if not _OF_FACT.search(prompt) or _OPEN.search(prompt):
        return False
    if max(len(one), len(other)) > LONGEST or "\n" in one.strip() + other.strip():
        return False
    said = [_YES.match(text) for text in (one, other)]
    if said[0] and said[1]:
        first, second = (m[1].lower() in ("yes", "true") for m in said if m)
        return first != second
    if any(said):
        return False
    known = set(_numbers(prompt))
    numbers = [set(_numbers(text)) - known for text in (one, other)]
    if all(numbers):
        return not numbers[0] & numbers[1] and not _units_differ(one, other)
    asked = {word.lower() for word in _WORD.findall(prompt)}
    names = [{n.lower() for n in _names(text)} - asked for text in (one, other)]
    if all(names):
        # A name may also begin the answer.
        every = [
            {w.lower() for w in _WORD.findall(text) if w[0].isupper()} for text in (one, other)
        ]
        return not every[0] & every[1] - asked - _LITTLE
    words = [{w.lower() for w in _WORD.findall(text)} - asked - _LITTLE for text in (one, other)]
    return all(0 < len(w) <= _FEW_WORDS for w in words) and not words[0] & words[1]


def _numbers(text: str) -> list[str]:
    return [n.replace(",", "") for n in _NUMBER.findall(all_in_digits(text))]


def _names(text: str) -> list[str]:
    """Words with a capital that do not begin a sentence; all of an answer of a word or three."""
    if len(text.split()) <= 3:
        return [word for word in _WORD.findall(text) if word[0].isupper()]
    return [word for word in _NAME.findall(text) if word.lower() not in _LITTLE]


def _units_differ(one: str, other: str) -> bool:
    """Whether the same may be said in other units: degrees of both scales, miles and kilometres."""
    units = [
        {
            u.lower()
            for u in re.findall(
                r"(?:°|degrees )?(?:celsius|fahrenheit|kelvin|[CF]\b|km|kilomet|miles?|met(?:er|re)|feet|foot|inch|pounds?|kg|kilogram|percent|%|million|billion|thousand|bc|ad)",
                text,
                re.I,
            )
        }
        for text in (one, other)
    ]
    return units[0] != units[1]
