"""What outputs look like, counted while they go by: the evidence that a contract is inferred from.

Memory does not grow with the number of outputs: of each place in JSON outputs the types are counted,
and its strings until there are too many to be labels; of other outputs only the short ones are.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from dataclasses import field
from typing import Any

import polars as pl

from curate.light_dataclass import dataclass
from curate.loose_json import read_loosely, strict_json
from curate.patterns import regex

LABEL_BYTES = 64
_MOST_STRINGS = 2000
_MOST_KEYS = 200
_DEEPEST = 6
_LOOSE_READINGS = 2000
# Where so many outputs are JSON, others may have text around theirs.
_MOSTLY = 0.4
_EMBEDDED_READINGS = 200
_EMBEDDED = r"\{\s*\""
_SAMPLED = 1000
_LONGEST_DATE = 32
_SHAPE = str.maketrans(
    "0123456789" + string.ascii_letters, "9" * 10 + "A" * len(string.ascii_letters)
)

NUMBER = r"^[-+−]?\s?(?:[$€£¥]\s?)?\d[\d,.  ]*(?:[eE][-+]?\d+)?\s?[%°$€£¥]?$"
UNIT = r"[%°$€£¥]"
# Marks of a final answer on the last line, in sets that are learnt for it.
MARKERS: tuple[str, ...] = ("####", "Answer:", "The answer is", "Final answer:")
# One automaton over literals; Aho-Corasick (`contains_any`) is ten times slower here.
_ANY_MARKER = "|".join(MARKERS)
_CODE_FENCE = regex(r"^```(\w*)", re.MULTILINE)
_CODE_LINE = regex(
    r"^[ \t]*(?:(?:async\s+)?def \w+\s*\(|class \w+\s*[:({]|import [\w.{*\"']|from [\w.]+ import |#include\s*<"
    r"|(?:public|private|protected|static)\s+\w+|(?:const|let|var) \w+\s*=|function\s*\w*\s*\(|SELECT\s.+\sFROM\s"
    r"|for\s*\(|if\s*\(.*\)\s*\{|while\s*\(|return\b.*;?$|[\w.\[\]\"']+ ?[-+*/]?= ?.+;?$|<\w+[^>]*>\s*$|print(?:f|ln)?\()",
    re.MULTILINE | re.IGNORECASE,
)
_ITEM = regex(r"^[ \t]*(?:[-*•]|\d+[.)])\s", re.MULTILINE)
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}


def holds_code(text: str) -> bool:
    """Whether a third of the lines are code, or a fence says so."""
    lines = text.count("\n") + 1
    return bool(_CODE_FENCE.search(text)) or len(_CODE_LINE.findall(text)) * 3 >= lines


def is_list(text: str) -> bool:
    """Whether at least half of several lines are items."""
    lines = text.count("\n") + 1
    return lines > 1 and len(_ITEM.findall(text)) * 2 >= lines


def is_sentence(text: str) -> bool:
    """Whether one line holds the end of one sentence."""
    return "\n" not in text and len(re.findall(r"[.!?](?:\s|$)|[。！？]", text)) == 1


def type_name(value: Any) -> str:
    """JSON's name of a parsed value's type; whole numbers are "integer"."""
    return "null" if value is None else _TYPES.get(type(value), "object")


# Strings that stand for a value that is not there.
STAND_INS = frozenset(
    {
        "",
        "null",
        "none",
        "nil",
        "n/a",
        "na",
        "undefined",
        "unknown",
        "not available",
        "not specified",
    }
    | {"not provided", "not given", "unspecified", "tbd", "-", "--", "?", "...", "no data"}
)


@dataclass(slots=True)
class ValueTally:
    """What stands at one place of the parsed outputs.

    `empty` are strings that stand for nothing, `bare` the lists and objects with nothing in them.
    `shapes` are short strings with digits, each digit a 9 and each letter an A.
    `strings` is None once there were too many different ones to be labels; `items` is what
    stands in lists here, `keys` what stands under the keys of objects here.
    """

    types: Counter[str] = field(default_factory=Counter)
    strings: Counter[str] | None = field(default_factory=Counter)
    keys: dict[str, ValueTally] = field(default_factory=dict)
    items: ValueTally | None = None
    orders: Counter[tuple[str, ...]] = field(default_factory=Counter)
    empty: Counter[str] = field(default_factory=Counter)
    bare: int = 0
    shapes: Counter[str] = field(default_factory=Counter)

    def add(self, value: Any, depth: int = 0, *, words: bool = False) -> None:
        """Count one value and what is in it; of what is no JSON but meant to be, only its `words`."""
        kind = type_name(value)
        if not words:
            self.types[kind] += 1
            if kind == "string" and value.strip().casefold() in STAND_INS:
                self.empty[value] += 1
            elif kind in ("array", "object") and not value:
                self.bare += 1
        if kind == "string":
            self._add_string(value)
        elif depth > _DEEPEST:
            return
        elif kind == "object":
            if len(self.orders) < _MOST_STRINGS and not words:
                self.orders[tuple(value)] += 1
            for key, item in value.items():
                below = self.keys.get(key)
                if below is None:
                    if len(self.keys) >= _MOST_KEYS:
                        continue
                    below = self.keys[key] = ValueTally()
                below.add(item, depth + 1, words=words)
        elif kind == "array":
            if self.items is None:
                self.items = ValueTally()
            for item in value:
                self.items.add(item, depth + 1, words=words)

    def _add_string(self, value: str) -> None:
        if len(value) <= _LONGEST_DATE and any(c.isdigit() for c in value[:6] + value[-4:]):
            shape = value.translate(_SHAPE)
            if len(self.shapes) < _MOST_KEYS or shape in self.shapes:
                self.shapes[shape] += 1
        if self.strings is not None:
            self.strings[value if len(value) <= LABEL_BYTES else value[:LABEL_BYTES]] += 1
            if len(self.strings) > _MOST_STRINGS:
                self.strings = None

    def merge(self, other: ValueTally) -> None:
        """Count all that another tally has counted."""
        self.types += other.types
        self.orders += other.orders
        self.empty += other.empty
        self.bare += other.bare
        self.shapes += other.shapes
        if self.strings is None or other.strings is None:
            self.strings = None
        else:
            self.strings += other.strings
            if len(self.strings) > _MOST_STRINGS:
                self.strings = None
        for key, below in other.keys.items():
            self.keys.setdefault(key, ValueTally()).merge(below)
        if other.items is not None:
            self.items = self.items or ValueTally()
            self.items.merge(other.items)


@dataclass(slots=True)
class OutputTally:
    """What outputs look like, counted.

    Attributes:
        outputs: how many are not blank; `padded` of them have white space around them.
        parsed: how many are JSON objects or lists.
        nearly: how many are meant to be (of `nearly_tried` that start like JSON and are not).
        bracketed: how many start like JSON.
        fenced_json: how many are JSON in a code fence.
        embedded: how many hold something like an object within text (`around` of `around_tried` of them were
            found to hold one with the keys of those that are JSON).
        multiline: of the parsed ones, how many stand on several lines.
        values: what stands in the parsed ones.
        labels: outputs of at most `LABEL_BYTES` bytes on one line; None when too many differ.
        numbers, units, marked: how many are one number, and one with a sign such as $ or %; how many end in each of the `MARKERS`.
        sampled, fenced, coded, listed, single: of the first outputs, how many were looked at, hold
            a code fence, look like code, are lists, are one sentence; `languages` of the fences.
    """

    outputs: int = 0
    padded: int = 0
    parsed: int = 0
    bracketed: int = 0
    nearly: int = 0
    fenced_json: int = 0
    nearly_tried: int = 0
    embedded: int = 0
    around: int = 0
    around_tried: int = 0
    multiline: int = 0
    values: ValueTally = field(default_factory=ValueTally)
    labels: Counter[str] | None = field(default_factory=Counter)
    numbers: int = 0
    units: int = 0
    marked: Counter[str] = field(default_factory=Counter)
    sampled: int = 0
    fenced: int = 0
    coded: int = 0
    listed: int = 0
    single: int = 0
    languages: Counter[str] = field(default_factory=Counter)

    def add(self, completions: pl.Series) -> None:
        """Count the outputs of one batch; null and blank ones are left out."""
        given = completions.drop_nulls()
        texts = given.str.strip_chars().alias("text")
        self.padded += int((given.str.len_bytes() != texts.str.len_bytes()).sum())
        texts = texts.filter(texts.str.len_bytes() > 0)
        if not len(texts):
            return
        self.outputs += len(texts)
        text = pl.col("text")
        short = (text.str.len_bytes() <= LABEL_BYTES) & ~text.str.contains("\n", literal=True)
        marks = [
            text.str.contains(rf"(?:^|\n|\. )(?i:{re.escape(m)})\s*\S[^\n]{{0,80}}$").sum().alias(m)
            for m in MARKERS
        ]
        frame = texts.to_frame().lazy()
        tail = frame.filter(text.str.contains(_ANY_MARKER)).select(marks).collect()
        for marker in MARKERS:
            self.marked[marker] += int(tail[marker][0] or 0)
        looks = frame.select(
            fenced=text.str.contains(r"^```(?:json|JSON)?\s*[\[{]"),
            bracketed=text.str.starts_with("{") | text.str.starts_with("["),
            short=short,
        ).collect()
        self.fenced_json += int(looks["fenced"].sum())
        self._add_short(texts.filter(looks["short"]))
        self._add_bracketed(texts.filter(looks["bracketed"]))
        if self.parsed >= _MOSTLY * self.outputs:
            self._add_embedded(texts.filter(~looks["bracketed"] & ~looks["fenced"]))
        if self.sampled < _SAMPLED:
            self._add_sample(texts.head(_SAMPLED - self.sampled))

    def _add_short(self, texts: pl.Series) -> None:
        if not len(texts):
            return
        numbers = texts.filter(texts.str.contains(NUMBER))
        self.numbers += len(numbers)
        self.units += int(numbers.str.contains(UNIT).sum())
        if self.labels is None:
            return
        counts = texts.value_counts(name="n")
        self.labels.update(dict(zip(counts["text"].to_list(), counts["n"].to_list(), strict=True)))
        if len(self.labels) > _MOST_STRINGS:
            self.labels = None

    def _add_bracketed(self, texts: pl.Series) -> None:
        self.bracketed += len(texts)
        for text in texts.to_list():
            ok, value = strict_json(text)
            if ok:
                self.parsed += 1
                self.multiline += "\n" in text
                self.values.add(value)
            elif self.nearly_tried < _LOOSE_READINGS:
                self.nearly_tried += 1
                loose = read_loosely(text)
                self.nearly += loose.cut or (loose.readable and loose.value not in ([], {}))
                if loose.readable and not loose.cut:
                    self.values.add(loose.value, words=True)

    def _add_embedded(self, texts: pl.Series) -> None:
        embedded = texts.filter(texts.str.contains(_EMBEDDED))
        self.embedded += len(embedded)
        for text in embedded.head(_EMBEDDED_READINGS - self.around_tried).to_list():
            self.around_tried += 1
            loose = read_loosely(text)
            if loose.readable and isinstance(loose.value, dict):
                known = sum(key in self.values.keys for key in loose.value)
                self.around += 2 * known > len(loose.value)

    def _add_sample(self, texts: pl.Series) -> None:
        for text in texts.to_list():
            self.sampled += 1
            fences = _CODE_FENCE.findall(text)
            self.fenced += bool(fences)
            self.languages.update(filter(None, map(str.lower, fences)))
            self.coded += bool(fences) or holds_code(text)
            self.listed += is_list(text)
            self.single += is_sentence(text)

    def merge(self, other: OutputTally) -> None:
        """Count all that another tally has counted."""
        for name in (
            "outputs", "padded", "parsed", "bracketed", "fenced_json", "nearly", "nearly_tried", "embedded", "around",
            "around_tried", "multiline", "numbers", "units",
            "sampled", "fenced", "coded", "listed", "single",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.values.merge(other.values)
        self.marked += other.marked
        self.languages += other.languages
        if self.labels is None or other.labels is None:
            self.labels = None
        else:
            self.labels += other.labels

    @property
    def around_json(self) -> float:
        """How many outputs have text around an object like the others."""
        return self.embedded * self.around / self.around_tried if self.around_tried else 0.0

    @property
    def meant_as_json(self) -> float:
        """How many outputs are JSON, or are meant to be."""
        unparsed = self.bracketed - self.parsed
        share = self.nearly / self.nearly_tried if self.nearly_tried else 0.0
        return self.parsed + unparsed * share
