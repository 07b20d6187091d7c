"""What nearly all prompts of a set say alike: the order that its outputs are answers to.

A system prompt, an instruction, the lines or the words around a text that differs from row to row. Where it lists labels
or the keys of an object, it says what outputs have to be, whatever a part of them is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import field

import polars as pl

from curate.light_dataclass import dataclass
from curate.patterns import regex

# Of each batch, and in all, so many rows are looked at; of each, so much.
_BATCH, _ROWS = 60, 600
_CHARACTERS, _LINES, _ENDS = 4000, 80, 400
_SHARED = 0.9
_LEAST_ROWS = 20
_SHORTEST = 8

# What may stand between two items of a list of labels, and an item beside them.
_BETWEEN = regex(
    r"[\s\"'`*_“”‘’()\[\]{}<>.:;,/|•\d-]{0,12}(?:\b(?:or|and|oder|und|ou|et|o|y|e)\b)?[\s\"'`*_“”‘’(\[{<-]{0,6}"
)
_ITEM_AFTER = regex(
    r"[\"'`*”’]{0,3}\s{0,2}(?:[,/|;]\s{0,3}(?:(?:or|and|oder|und|ou|et|o|y|e)\s)?|\s(?:or|and|oder|und|ou|et|o|y|e)\s)[\"'`*“‘]{0,3}((?!(?:or|and) )[\w+#-]{1,30}(?: (?!(?:or|and) )[\w+#-]{1,30}){0,2})(?=[\"'`*”’]{0,3}\s{0,2}(?:[,/|;.)\]}\n]|(?:or|and)\s|$))"
)
_ITEM_BEFORE = regex(
    r"(?:^|[:(\[{\n.,/|;\"'`“‘]|\b(?:of|as|between|is|into|either)\b)\s{0,2}[\"'`*“‘]{0,3}((?!(?:or|and) )[\w+#-]{1,30}(?: (?!(?:or|and) )[\w+#-]{1,30}){0,2})[\"'`*”’]{0,3}\s{0,2}[,/|;]\s{0,3}[\"'`*“‘]{0,3}$"
)
_EXAMPLES_BEFORE = regex(
    r"\b(?:such as|like|e\.? ?g\.?|for (?:example|instance)|examples?|including|z\. ?b\.|par exemple)\W{0,8}$",
    re.IGNORECASE,
)
_OPEN_AFTER = regex(
    r"^\W{0,8}(?:etc\b|…|\.\.\.|and so on|(?:or|and) (?:any |all )?(?:others?|similar|more|something)\b|usw\b)",
    re.IGNORECASE,
)
_LAST = regex(r"\w")  # a conjunction before the last item
_AROUND = 40
_JSON = regex(r"\bjson\b", re.IGNORECASE)
_CONDITION = regex(
    r"\b(?:if|unless|otherwise|when|whenever|either|tools?|functions?|sometimes|may|or)\b",
    re.IGNORECASE,
)
_SENTENCE = regex(r"(?<=[.!?])\s|\n")
_MAY_LACK = regex(
    r"\b(?:optional\w*|omit\w*|leave (?:\w+ ){0,2}out|skip|only include|include only"
    r"|(?:if|when(?:ever)?|where) (?:any|present|known|given|available|applicable|mentioned|stated|provided|possible|there|found|it|they|needed|relevant|appropriate))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Order:
    """What nearly all prompts of a set say; empty where they say nothing alike."""

    text: str = ""

    def names(self, word: str) -> bool:
        """Whether a word, or several, stands in it by itself, whatever its case."""
        return _place(self.text, word, 0) is not None

    @property
    def wants_json(self) -> bool:
        """Whether it asks for JSON without a condition."""
        asked = [s for s in _SENTENCE.split(self.text) if _JSON.search(s)]
        return bool(asked) and not any(_CONDITION.search(s) for s in asked)

    @property
    def allows_lacks(self) -> bool:
        """Whether it says that something may be left out."""
        return _MAY_LACK.search(self.text) is not None

    def lists(self, labels: Sequence[str]) -> tuple[str, ...] | None:
        """Those of the labels that it lists, and what else it lists beside them; None where it lists no labels.

        A list that only gives examples is none.
        """
        places = sorted(
            (place, label)
            for label in labels
            if label.strip() and (place := _place(self.text, label, 0)) is not None
        )
        run = _longest_run(self.text, labels)
        if run is None:
            return None
        start, end = run
        if _EXAMPLES_BEFORE.search(
            self.text[max(0, start - _AROUND) : start].rstrip("\"'`*([{<“‘ ")
        ):
            return None
        if _OPEN_AFTER.search(self.text[end : end + _AROUND]):
            return None
        known = {label.casefold() for _, label in places}
        beside = [item for item in _beside(self.text, start, end) if item.casefold() not in known]
        return (*(label for _, label in places), *beside)


@dataclass(slots=True)
class OrderTally:
    """Some rows of a set, and how many of them each line stands in."""

    rows: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    prompts: list[str] = field(default_factory=list)

    def add(self, rows: pl.DataFrame) -> None:
        """Look at some of the rows of a batch."""
        if self.rows >= _ROWS or not rows.height:
            return
        some = (
            rows.lazy()
            .select("system", "prompt")
            .gather_every(max(1, rows.height // _BATCH))
            .head(_BATCH)
        )
        texts = some.select(pl.all().fill_null("").str.head(_CHARACTERS)).collect()
        for system, prompt in texts.iter_rows():
            self.rows += 1
            lines = [*system.splitlines(), *prompt.splitlines()][:_LINES]
            self.lines.update(list(dict.fromkeys(map(str.strip, lines))))
            self.prompts.append(prompt.strip())

    def merge(self, other: OrderTally) -> None:
        """Count what another tally has counted."""
        self.rows += other.rows
        self.lines += other.lines
        self.prompts += other.prompts

    def order(self) -> Order:
        """The lines that nearly all rows have, and the words that nearly all prompts begin or end with."""
        if self.rows < _LEAST_ROWS:
            return Order()
        # In the order in which they stand; the counter keeps that of the first row.
        shared = [line for line, n in self.lines.items() if line and n >= _SHARED * self.rows]
        ends = (_common(self.prompts), _common([p[::-1][:_ENDS] for p in self.prompts])[::-1])
        shared += [end for end in ends if len(end) >= _SHORTEST and end not in "\n".join(shared)]
        return Order("\n".join(shared))


def _common(texts: Sequence[str]) -> str:
    """What nearly all of the texts begin with, as whole words."""
    ordered = sorted(text[:_ENDS] for text in texts)
    rest = round((1 - _SHARED) / 2 * len(ordered))
    first, last = ordered[rest], ordered[-1 - rest]
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    if length is None:
        return min(first, last, key=len)
    return re.sub(r"\w+$", "", first[:length])


def _place(text: str, word: str, start: int) -> int | None:
    found = re.compile(rf"(?<!\w){re.escape(word.strip())}(?!\w)", re.IGNORECASE).search(
        text, start
    )
    return found.start() if found else None


def _longest_run(text: str, labels: Sequence[str]) -> tuple[int, int] | None:
    """Where the most labels stand beside each other with nothing but marks between them; two at least."""
    wanted = [
        re.escape(label.strip()) for label in sorted(labels, key=len, reverse=True) if label.strip()
    ]
    if len(wanted) < 2:
        return None
    met = list(re.finditer(rf"(?<!\w)(?:{'|'.join(wanted)})(?!\w)", text, re.IGNORECASE))
    best, most, first, said = None, 1, 0, set[str]()
    for i, match in enumerate(met):
        if i and not _BETWEEN.fullmatch(text, met[i - 1].end(), match.start()):
            first, said = i, set()
        said.add(match[0].casefold())
        if len(said) > most:
            best, most = (met[first].start(), match.end()), len(said)
    return best


def _beside(text: str, start: int, end: int) -> list[str]:
    """The items of a list that stand next to those that are known."""
    items = []
    while (found := _ITEM_AFTER.match(text, end)) is not None:
        items.append(found[1])
        if _LAST.search(text[end : found.start(1)]):
            break
        end = found.end(1)
    while (before := _ITEM_BEFORE.search(text[max(0, start - 120) : start])) is not None:
        items.append(before[1])
        start = max(0, start - 120) + before.start(1)
    return items
