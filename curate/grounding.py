"""Does an answer follow from its prompt, or does it know things? Facts that appear from nowhere.

A fact is a number of two or more digits, or a name (a capitalised word within a sentence). One
that stands in the answer but nowhere in the prompt has to come from the model's memory: with
fine-tuning it would have to be learnt by heart, with retrieval it stands in the prompt. What is
worked out (the answer calculates) or written in code is no fact in this sense.

Measured on the words only; works for scripts that tell capitals apart.
"""

from __future__ import annotations

import re

from curate.light_dataclass import dataclass
from curate.patterns import regex

_NUMBER = regex(r"(?<![\w.])\d[\d.,]*\d(?![\w])")
_MARKS = regex(r"(?<=\d)[.,:/-](?=\d)")
# After a letter and a space, so within a sentence.
_NAME = regex(r"(?:(?<=[^\W\d_]\s)|(?<=[^\W\d_][,;:]\s))(?!I\b|I')[^\W\d_a-zß-öø-ÿ][\w'’-]+")
_CALCULATES = regex(r"<<[^<>]*>>|\d\s*[-+*/×÷=]\s*[$€£]?\d")
_CODE = regex(r"```|[;{}][^\S\n]*$|^[^\S\n]*(?:def|import|#include|public|SELECT)\b", re.MULTILINE)
# An answer of so few words to a question ("Lima.") is a name from its first word on.
_BARE_WORDS = 4
_BARE_NAME = regex(r"(?!(?:Yes|No|True|False|None|Not|I|It|The|A|An)\b)[^\W\d_a-zß-öø-ÿ][\w'’-]+")
_WH_WORD = regex(r"(?i)\b(?:who|whom|whose|when|where|which|what)\b[^.!]*\?")
# An answer of this many words or fewer that holds one such fact is mostly that fact.
_SHORT_WORDS = 25


@dataclass(frozen=True, slots=True)
class Grounding:
    """The facts of one answer that its prompt does not hold, in order, each once."""

    from_nowhere: tuple[str, ...]
    words: int

    @property
    def needs_knowledge(self) -> bool:
        """Whether the answer rests on facts that its prompt does not give."""
        count = len(self.from_nowhere)
        return count >= 2 or (count == 1 and self.words <= _SHORT_WORDS)


def ground(prompt: str, answer: str) -> Grounding:
    """Look for the answer's facts in the prompt, however they are written there.

    A name counts as given in any spelling of case, a number with other marks between its digits
    or with noughts before it (9:30 gives 0930, 1,500 gives 1500).
    """
    words = len(answer.split())
    if _CALCULATES.search(answer) or _CODE.search(answer):
        return Grounding((), words)
    given = prompt.casefold()
    digits = f"{given} {_MARKS.sub('', given)}"
    found: dict[str, None] = {}
    for match in _NUMBER.finditer(answer):
        number = _MARKS.sub("", match.group())
        if number not in digits and (number.lstrip("0") or "0") not in digits:
            found[match.group()] = None
    bare = _BARE_NAME.match(answer) if words <= _BARE_WORDS and _WH_WORD.search(prompt) else None
    for match in [*([bare] if bare else []), *_NAME.finditer(answer)]:
        name = match.group().removesuffix("'s").removesuffix("’s")
        if name.casefold() not in given:
            found[name] = None
    return Grounding(tuple(found), words)
