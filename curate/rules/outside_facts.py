"""Does an answer state facts (names, dates, numbers) that its prompt does not contain?

Names are told by their capitals, so only scripts that have them show names; numbers are told in
all. A question that holds two numbers may have been computed with, code and long texts hold many
names that are no facts, so none of these counts.
"""

from __future__ import annotations

from curate.patterns import regex

_WORD = regex(r"\w+(?:['’.,:-]\w+)*")
_NUMBER = regex(r"\d+(?:[.,]\d+)*")
# The first word of a sentence, a line or a list item has a capital for no reason of its own.
_BEFORE_WORD = " \t\"'“”‘’([*-•"
_ENDS = ".!?:;。！？\n\r"
_CODE = regex(r"```|[{}]|;\s*(?:\n|$)|\s[=<>]=?\s|\w\(\w*\)|</|\bdef |\bfunction\b|#include")
_ASKS = regex(
    r"(?i)\s*(?:who|whom|whose|what|when|where|which|how (?:many|much|long|old|far|high|tall|big|large"
    r"|deep|fast|often)|(?:in|at|on|by|from|for|to) (?:what|which|whom)|is|are|was|were|does|did|do|has"
    r"|have|can|tell me|name|give|state|identify|define|describe|explain|list)\b"
)
_NO_NAMES = frozenset({"I", "I'm", "I’m", "I'll", "I’ll", "I've", "I’ve", "I'd", "I’d", "OK"})
_LONGEST_QUESTION = 40
_LONGEST_ANSWER = 120
_SHORT_ANSWER = 60
# A longer answer has to be full of facts: so many of its words.
_DENSITY = 0.08
_BARE_ANSWER = 4


def asks(prompt: str) -> bool:
    """Whether the prompt asks for something to be told."""
    return _ASKS.match(prompt) is not None or prompt.rstrip().endswith(("?", "？", "؟"))


def outside_facts(prompt: str, answer: str) -> set[str]:
    """The names and numbers that a short answer states and its short prompt does not hold."""
    words = len(answer.split())
    if not 0 < words <= _LONGEST_ANSWER or len(prompt.split()) > _LONGEST_QUESTION:
        return set()
    if _CODE.search(answer) or len(_NUMBER.findall(prompt)) >= 2:
        return set()
    known = prompt.casefold()
    facts = {w for w in _specifics(answer, bare=words <= _BARE_ANSWER) if w.casefold() not in known}
    if words > _SHORT_ANSWER and len(facts) < _DENSITY * words:
        return set()
    return facts


def _specifics(text: str, *, bare: bool) -> set[str]:
    """Names and numbers; of a bare answer ("Lima"), the first word is one too."""
    found = set()
    for match in _WORD.finditer(text):
        word = match[0]
        if word[0].isupper():
            if word not in _NO_NAMES and (bare or not _starts_sentence(text, match.start())):
                found.add(word)
        elif any(c.isdigit() for c in word):
            found.add(word)
    return found


def _starts_sentence(text: str, at: int) -> bool:
    while at and text[at - 1] in _BEFORE_WORD:
        at -= 1
    return not at or text[at - 1] in _ENDS
