"""Labels that mean the same: which spelling is the usual one, and which are variants of it.

`core_labels` tells the labels of a closed set from the strays in its counts; `canonical` finds the
label that a stray stands for. How they are alike decides how sure that is: case, white space and
the marks around it leave no doubt ("alike"); spelling, plural and abbreviation leave a little
("near"), and so does a synonym ("same"); a label inside a longer text leaves more ("inside").
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from curate.light_dataclass import dataclass
from curate.patterns import regex

Likeness = Literal["alike", "near", "same", "inside"]

_SEPARATORS = regex(r"[\s_\-/]+")
_MARKS_AROUND = " \t\r\n.,;:!?\"'`*()[]<>{}。！？，、“”‘’«»"
_WORDS = regex(r"\w+")
# Between the rarest label and the commonest of many strays, where the set is closed; and the strays' share of all.
_GAP, _FEW_STRAYS = 10, 0.08
# Short forms that are no prefix of what they stand for.
_SHORT_FORMS = {"pos": "positive", "neg": "negative", "neu": "neutral", "y": "yes", "n": "no"}
# Labels of other words for the same two classes.
_MEANINGS = {
    **dict.fromkeys(
        ("positive", "pos", "good", "favourable", "favorable", "positiv", "positif", "positivo"),
        "positive",
    ),
    **dict.fromkeys(
        ("negative", "neg", "bad", "unfavourable", "unfavorable", "negativ", "négatif", "negativo"),
        "negative",
    ),
    **dict.fromkeys(("neutral", "neu", "neutre", "neutro"), "neutral"),
    **dict.fromkeys(("yes", "y", "true"), "yes"),
    **dict.fromkeys(("no", "n", "false"), "no"),
}
_CONJUNCTIONS = frozenset(
    {"and", "or", "und", "oder", "et", "ou", "y", "o", "but", "then", "both", "either"}
)
_UNDECIDED = regex(r"/|\||\bor\b|\boder\b|\bou\b")


@dataclass(frozen=True, slots=True)
class Canonical:
    """The usual label that a variant stands for, and how alike they are."""

    label: str
    likeness: Likeness


@lru_cache(maxsize=65536)
def folded(label: str) -> str:
    """A label without what does not change its meaning: case, spaces, underscores, marks around."""
    text = unicodedata.normalize("NFKC", label).casefold().strip(_MARKS_AROUND)
    return _SEPARATORS.sub(" ", text).strip() or label.strip()


def core_labels(
    counts: Mapping[str, int], *, least: int, coverage: float, most: int
) -> tuple[str, ...] | None:
    """The labels of a closed set, the most frequent first; None when the set is not closed.

    Labels that are the same up to case, spaces and marks count together, under the spelling that
    is met most. A rarer one that is a misspelling of a frequent one is no label of its own.

    Args:
        least: how often a label must be met.
        coverage: the share of all that the labels (with their variants) must make up.
        most: how many labels a closed set may have.
    """
    total = sum(counts.values())
    groups: dict[str, Counter[str]] = {}
    for label, count in counts.items():
        groups.setdefault(folded(label), Counter())[label] = count
    sizes = sorted(
        ((sum(g.values()), max(g.items(), key=lambda i: (i[1], i[0]))[0]) for g in groups.values()),
        key=lambda item: (-item[0], item[1]),
    )
    core: list[str] = []
    frequency: dict[str, int] = {}
    covered = 0
    for size, label in sizes:
        if size < least:
            break
        near = canonical(label, core) if core else None
        if near is not None and near.likeness == "near" and size * 5 <= frequency[near.label]:
            covered += size
            continue
        core.append(label)
        frequency[label] = size
        covered += size
        if len(core) > most:
            return None
    return tuple(core) if core and covered >= coverage * total else None


def is_closed(core: Sequence[str], counts: Mapping[str, int]) -> bool:
    """Whether the strays are mistakes, rather than the long tail of an open set.

    Mistakes are few, and far rarer than the rarest label; in an open set (countries, cities) the
    counts run down to one without a gap. Many different strays are mistakes only where the gap is
    wide and they are few beside any of the labels. Variants of the labels are no strays.
    """
    known = set(core)
    strays = [n for label, n in counts.items() if label not in known and not canonical(label, core)]
    if not strays:
        return True
    rarest = min(counts[label] for label in core)
    if len(strays) <= max(3, len(core) // 2):
        return rarest >= 3 * max(strays)
    few = sum(strays) <= min(_FEW_STRAYS * sum(counts.values()), rarest / 2)
    return few and len(core) > 1 and rarest >= _GAP * max(strays)


def canonical(label: str, labels: Iterable[str]) -> Canonical | None:
    """The one of `labels` that `label` is a variant of; None when there is none, or several."""
    return _canonical(label, tuple(labels))


@lru_cache(maxsize=65536)
def _canonical(label: str, labels: tuple[str, ...]) -> Canonical | None:
    key = folded(label)
    keys = {folded(known): known for known in reversed(labels)}
    if key in keys:
        return Canonical(keys[key], "alike")
    near = [known for other, known in keys.items() if _near(key, other)]
    if len(near) == 1:
        return Canonical(near[0], "near")
    same = [known for other, known in keys.items() if same_meaning(key, other)]
    if not near and len(same) == 1:
        return Canonical(same[0], "same")
    if not near and len(label) <= 200:
        inside = _inside(key, keys)
        if inside is not None:
            return Canonical(inside, "inside")
    return None


def same_meaning(a: str, b: str) -> bool:
    """Whether two folded labels are other words for the same class."""
    return a != b and a in _MEANINGS and _MEANINGS[a] == _MEANINGS.get(b)


def combined(label: str, labels: Iterable[str]) -> tuple[str, ...]:
    """The labels between which an answer does not decide ("positive/negative", "yes or no"); empty for others."""
    known = {folded(other): other for other in labels if other != label}
    parts = [known.get(folded(part)) for part in _UNDECIDED.split(label)]
    named = tuple(part for part in parts if part is not None)
    return named if len(named) == len(parts) and len(set(named)) > 1 else ()


def _near(a: str, b: str) -> bool:
    """Whether one is the plural, the short form or a misspelling of the other."""
    if _SHORT_FORMS.get(a) == b:
        return True
    if not a or not b or a[0] != b[0] or any(c.isdigit() for c in a + b):
        return False
    if a.replace(" ", "") == b.replace(" ", ""):
        return True
    short, long = sorted((a, b), key=len)
    if long in (short + "s", short + "es") or (short[-1:] == "y" and long == short[:-1] + "ies"):
        return len(short) > 2
    if len(a) < len(b) and len(a) >= 3 and b.startswith(a) and " " not in a:
        return True
    if len(short) < 4:
        return False
    # One slip in a short word, two in a long one.
    return edit_distance(a, b, 2) <= (2 if len(short) >= 8 else 1)


def named_in(text: str, labels: Iterable[str]) -> tuple[str, ...]:
    """The labels that a short text consists of, beside marks and conjunctions; empty where it says more."""
    rest, named = f" {' '.join(_WORDS.findall(text.casefold()))} ", []
    for label in sorted(labels, key=len, reverse=True):
        words = f" {' '.join(_WORDS.findall(label.casefold()))} "
        if words.strip() and words in rest:
            named.append(label)
            rest = rest.replace(words, "  ")
    return tuple(named) if set(rest.split()) <= _CONJUNCTIONS else ()


def _inside(key: str, keys: Mapping[str, str]) -> str | None:
    words = _WORDS.findall(key)
    text = f" {' '.join(words)} "
    if len(words) > 12 or " not " in text or (" no " in text and len(words) > 1):
        return None
    met = [known for other, known in keys.items() if f" {other} " in text]
    return met[0] if len(met) == 1 else None


def edit_distance(a: Sequence[str], b: Sequence[str], limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours from a to b; above `limit`, more.

    Optimal string alignment (Boytsov 2011, section 2.2).
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        earlier, before, row = before, row, [i] + [0] * len(b)
        for j, y in enumerate(b, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], earlier[j - 2] + 1)
        if min(row) > limit:
            return limit + 1
    return row[-1]
