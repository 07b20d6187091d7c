"""A prompt as an order and the text that it is about: what rules on checkable tasks share.

Each check built on this takes a `Task` and the completion, and says what is wrong, or nothing where
the task is another one or the answer cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import reduce
from operator import or_

import polars as pl

from curate.light_dataclass import dataclass
from curate.patterns import Topic, has_any, regex
from curate.word_marks import marked_within

LONGEST_PROMPT = 500
LONGEST_ANSWER = 500
_LABEL = regex(
    r"^(?:given |original |input )?(?:text|words?|sentences?|strings?|inputs?|phrase|statement|numbers?|list|array|set|passage|paragraph|value|data|date|time|question|[a-z_]\w* ?(?==))\s*[:=]\s*",
    re.I,
)
_QUOTED = regex(r"[\"“]([^\"“”\n]{1,300})[\"”]|(?<!\w)['‘]([^'‘’\n]{1,120})['’](?!\w)")
_PROGRAM = regex(
    r"\b(?:functions?|programs?|scripts?|python|java|javascript|typescript|algorithms?|c\+\+|c#|php|ruby|perl|sql|query|regex|regular expression|pseudocode|excel|formula|class|method|html|css|json|xml|markdown|latex)\b|\bcode\b",
    re.I,
)
_CODE = regex(
    r";\s*$|\{\s*$|^[^\S\n]*\}[^\S\n]*$|\bdef |\breturn\b|^[^\S\n]*[a-z_]\w*\s*=\s*[\[\"'({]|=\s*\w+[.(]\w|(?<![A-Za-z])[a-z_]\w{0,60}\(\w{0,60}\)|```|\bprint\b",
    re.M,
)
_QUOTES = frozenset(('""', "“”", "''", "‘’"))
_ANSWERED = regex(
    r"^(?:(?:sure|certainly|of course|here (?:is|are))\b[^:\n]*:|(?:the |your )?(?:correct |final |edited |revised |rewritten |new |modified |resulting |reversed |corrected )?(?:answer|output|result|sentence|text|string|list|word|array|response)(?: is)?:)\s*",
    re.I,
)
_ITEM = regex(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
_WORD = regex(r"\w+(?:['’-]\w+)*")
_NUMBER = regex(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w]|\.\d)")


@dataclass(frozen=True, slots=True)
class Task:
    """What a prompt orders, and the text that it gives, "" where there is none."""

    order: str
    given: str


Check = Callable[[Task, str], str | None]
# Words of which one must stand in the order, in lower case, and what looks at it then.
Table = tuple[tuple[tuple[str, ...], Check], ...]


def order_of(*hints: str, longest_answer: int = LONGEST_ANSWER) -> pl.Expr:
    """Whether a short prompt with a short answer may give one of the orders that these expressions hint at."""
    prompt, completion = pl.col("prompt"), pl.col("completion")
    short = pl.when(
        (prompt.str.len_bytes() <= LONGEST_PROMPT) & (completion.str.len_bytes() <= longest_answer)
    ).then(prompt)
    # Each is found faster alone than all of them together.
    return reduce(or_, [short.str.contains(hint) for hint in hints])


class Checks(Topic):
    """Checks in the order in which they are asked; which of them can say anything, one look at a prompt decides."""

    def __init__(self, table: Table) -> None:
        super().__init__(*(regex("|".join(map(re.escape, words)), re.I) for words, _ in table))
        self._table = table

    def first_wrong(self, prompt: str, completion: str) -> str | None:
        """What the first of the checks says whose words the order holds."""
        if len(prompt) > LONGEST_PROMPT or len(completion) > LONGEST_ANSWER:
            return None
        places = self.which(prompt)
        if not places:
            return None
        task = task_of(prompt)
        lower = task.order.lower()
        marked_within(task.order, prompt)
        for words, check in (self._table[i] for i in places):
            if has_any(lower, words):
                said = check(task, completion)
                # Few answers are found wrong; only then is it asked whether a program was what was wanted.
                if said is not None:
                    return None if _PROGRAM.search(task.order) or _CODE.search(completion) else said
        return None


def task_of(prompt: str) -> Task:
    """The first line and the rest; in one line what is quoted last or follows the first colon."""
    order, newline, rest = prompt.strip().partition("\n")
    if newline:
        rest = rest.strip()
        label = _LABEL.match(rest)
        return Task(order.strip(), bare(rest[label.end() :] if label else rest))
    quoted = list(_QUOTED.finditer(order))
    if quoted and len(quoted[-1][1] or quoted[-1][2]) > 1:
        last = quoted[-1]
        return Task(f"{order[: last.start()]}…{order[last.end() :]}", last[1] or last[2])
    before, colon, after = order.partition(": ")
    if colon and after.strip():
        return Task(before, bare(after.strip()))
    return Task(order, "")


def bare(text: str) -> str:
    """A text without the quotation marks around it."""
    stripped = text.strip()
    if len(stripped) > 1 and stripped[0] + stripped[-1] in _QUOTES:
        inner = stripped[1:-1]
        return stripped if any(mark in inner for mark in '"“”') else inner
    return stripped


def answer_of(completion: str) -> str:
    """A completion without what announces it and without quotation marks around it."""
    text = completion.strip()
    announced = _ANSWERED.match(text)
    return bare(text[announced.end() :] if announced else text)


def quoted_in(text: str) -> list[str]:
    """What stands between quotation marks."""
    return [a or b for a, b in _QUOTED.findall(text)]


def words_in(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def letters_in(text: str) -> str:
    """The letters and digits of a text, in lower case."""
    return "".join(ch for ch in text.lower() if ch.isalnum())


def spaced(text: str) -> str:
    """A text with single spaces and straight quotes, without a full stop at its end."""
    plain = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return re.sub(r"\s+", " ", plain).strip().rstrip(".")


def items_in(text: str) -> list[str]:
    """The items of a list in brackets, commas or lines, without marks and quotes; empty for prose."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if len(lines) > 1:
        parts: Iterable[str] = (_ITEM.sub("", line) for line in lines)
    else:
        inner = re.search(r"[\[{(]([^\[\](){}]*)[\]})]\s*\.?\s*$", text.strip())
        plain = inner[1] if inner else text.strip().rstrip(".")
        parts = re.split(r",\s*(?:and\s+)?|;\s*|\s+and\s+", plain)
    items = [part.strip(" \t\"'“”‘’.,") for part in parts]
    items = [item for item in items if item]
    return items if items and all(len(item.split()) <= 4 for item in items) else []


def numbers_of(text: str) -> list[Fraction]:
    """The numbers that stand by themselves, in order."""
    # Fraction looks for the parts of a text, which a whole number has not.
    return [Fraction(n) if "." in n else Fraction(int(n)) for n in _NUMBER.findall(text)]


def shown_numbers(values: Iterable[Fraction]) -> str:
    """Some numbers for a message."""
    return ", ".join(f"{float(value):g}" for value in values)
