"""The system prompts of a set: which one is usual, and which differ from it by accident."""

from __future__ import annotations

import re
from collections import Counter

import polars as pl

from curate.dataset import Dataset
from curate.label_variants import edit_distance
from curate.light_dataclass import dataclass
from curate.patterns import regex
from curate.schemas.options.lint import LintOptions

_MOST_PROMPTS = 2000
_LONGEST = 20_000
_WORD = regex(r"\w+|[^\w\s]")
# A usual prompt has this many rows, and so many times those of its variant: of one that is only misspelt or laid
# out otherwise, fewer will do.
_USUAL_ROWS = 10
_TIMES, _TIMES_MISSPELT = 15, 4
# So many variants of one prompt are a template with something filled in, unless they are few beside it.
_MOST_VARIANTS = 8
_FEW = 0.08
# A prompt of hardly any words, beside a usual one of so many characters, is a leftover.
_STUB, _WHOLE = 16, 60
_SMALL_WORD = 3
_CONTRACTIONS = (
    ("can't", "can not"), ("cannot", "can not"), ("won't", "will not"), ("n't", " not"), ("you're", "you are"),
    ("it's", "it is"), ("'ll", " will"), ("'ve", " have"), ("that's", "that is"), ("you'd", "you would"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slip:
    """A system prompt that differs from the usual one by accident.

    `only_layout`: by case, white space or punctuation alone.
    """

    usual: str
    what: str
    only_layout: bool
    misspelt: bool = False


class SystemPrompts:
    """Collects the different system prompts and how often each is met."""

    def __init__(self, options: LintOptions) -> None:
        self.counts: Counter[str] | None = Counter()
        self.without = 0

    def add(self, rows: pl.DataFrame, file: int) -> None:
        """Count those of a batch."""
        systems = rows["system"]
        self.without += systems.null_count()
        if self.counts is None or systems.null_count() == len(systems):
            return
        found = systems.drop_nulls().value_counts(name="n")
        self.counts.update(dict(zip(found["system"].to_list(), found["n"].to_list(), strict=True)))
        if len(self.counts) > _MOST_PROMPTS:
            self.counts = None  # every row has its own: nothing is usual

    def add_reference(self, rows: pl.DataFrame, file: int) -> None:
        """Benchmarks do not count."""

    def slips(self) -> dict[str, Slip]:
        """The prompts that differ from a usual one by accident."""
        found: dict[str, Slip] = {}
        per_usual: Counter[str] = Counter()
        rows_of: Counter[str] = Counter()
        counts = self.counts or Counter()
        usual = [s for s, n in counts.most_common(50) if n >= _USUAL_ROWS and len(s) <= _LONGEST]
        for text, count in counts.items():
            for known in usual:
                if known == text or counts[known] < _TIMES_MISSPELT * count:
                    continue
                slip = _slip(text, known)
                sure = slip is not None and (slip.only_layout or slip.misspelt)
                if slip is not None and (sure or counts[known] >= _TIMES * count):
                    found[text] = slip
                    per_usual[known] += 1
                    rows_of[known] += count
                    break
        return {
            t: s
            for t, s in found.items()
            if per_usual[s.usual] <= _MOST_VARIANTS or rows_of[s.usual] <= _FEW * counts[s.usual]
        }

    def usual(self, dataset: Dataset) -> str | None:
        """The one system prompt that nearly all rows have, where there is one."""
        if not self.counts:
            return None
        text, count = self.counts.most_common(1)[0]
        return text if count >= 0.9 * len(dataset) else None


def _slip(text: str, usual: str) -> Slip | None:
    if len(text) > _LONGEST:
        return None
    if " ".join(text.split()) == " ".join(usual.split()):
        return Slip(usual, "its white space", True)
    mine, other = _WORD.findall(text), _WORD.findall(usual)
    if [w.casefold() for w in mine if w.isalnum()] == [w.casefold() for w in other if w.isalnum()]:
        return Slip(usual, "case or punctuation", True)
    bare = [re.sub(r"\W+", "", t).casefold() for t in (text, usual)]
    if bare[0] == bare[1] and "".join(mine).casefold() != "".join(other).casefold():
        return Slip(usual, "punctuation", True)
    if len(usual) >= 40 and len(text) >= 20 and usual.startswith(text.rstrip()):
        return Slip(usual, "its end, which is cut off", False)
    if _in_full(text) == _in_full(usual):
        return Slip(usual, "a contraction", False, True)
    changed = _changed_word(mine, other)
    if changed is not None:
        return Slip(usual, f"{changed[0]!r} for {changed[1]!r}", False, True)
    return _otherwise(text, usual)


def _in_full(text: str) -> list[str]:
    """The words of a prompt without contractions: "do not" for "don't"."""
    text = text.casefold().replace("’", "'")
    for short, full in _CONTRACTIONS:
        text = text.replace(short, full)
    return _WORD.findall(text)


def _otherwise(text: str, usual: str) -> Slip | None:
    """A prompt that is the usual one twice, that is hardly a prompt, or that has a word or two more, less or apart."""
    once = " ".join(usual.split())
    if len(once) >= 40 and " ".join(text.split()) in (f"{once} {once}", once + once):
        return Slip(usual, "standing there twice", False, True)
    if len(text.strip()) <= _STUB and len(usual) >= _WHOLE:
        return Slip(usual, f"saying only {text.strip()!r}", False)
    if len(usual) < _WHOLE or abs(len(text) - len(usual)) > 0.1 * len(usual):
        return None
    a, b = text.casefold(), usual.casefold()
    if a.replace(" ", "") == b.replace(" ", ""):
        return Slip(usual, "a space between words", False, True)
    words, others = Counter(_WORD.findall(a)), Counter(_WORD.findall(b))
    more, less = words - others, others - words
    # One small word more, less or in place of another.
    small = all(len(word) <= _SMALL_WORD and word.isalpha() for word in (*more, *less))
    if small and more.total() <= 1 and less.total() <= 1 and more.total() + less.total():
        said = next(iter(more), None) or next(iter(less))
        return Slip(usual, f"the word {said!r}", False, True)
    return None


def _changed_word(mine: list[str], other: list[str]) -> tuple[str, str] | None:
    """The one word that is a misspelling of the other prompt's, all else being equal."""
    if len(mine) != len(other) or len(other) < 4:
        return None
    changed = [(a, b) for a, b in zip(mine, other, strict=True) if a != b]
    if not 1 <= len(changed) <= 2:
        return None
    for a, b in changed:
        letters = a.isalpha() and b.isalpha() and min(len(a), len(b)) >= 4
        if not letters or edit_distance(a.casefold(), b.casefold(), 2) > 2:
            return None
    return changed[0]
