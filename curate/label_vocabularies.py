"""One set of labels beside another for the same classes: pos and neg beside positive and negative, numbers beside words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curate.label_variants import combined, folded, same_meaning
from curate.patterns import regex

_NUMERIC = regex(r"[-+]?\d{1,3}(?:\.\d)?")
# So few answers may name two labels; where there are more, naming several is the task.
_COMBINED = 0.1
# The pairs make up so much of the labels.
_PAIRED = 0.6
_SHORT, _WHOLE = 4, 6


def one_vocabulary(
    core: tuple[str, ...], counts: Mapping[str, int], *, ordered: bool
) -> tuple[str, ...]:
    """The labels without those of a second vocabulary, and without answers that name two of them.

    Args:
        core: the labels that are met often, the most frequent first.
        counts: how often each string is met.
        ordered: all prompts ask the same, so that the labels are those of one task.
    """
    undecided = {label for label in core if len(combined(label, core)) > 1}
    if sum(counts[label] for label in undecided) <= _COMBINED * sum(
        counts[label] for label in core
    ):
        core = tuple(label for label in core if label not in undecided)
    pairs = _pairs(core, counts)
    if len(pairs) >= 2 and 2 * len(pairs) >= _PAIRED * len(core):
        return tuple(label for label in core if label not in pairs)
    return _without_numbers(core, counts) if ordered else core


def _pairs(core: Sequence[str], counts: Mapping[str, int]) -> dict[str, str]:
    """Rarer labels that mean what another says, and that other; each stands in one pair."""
    pairs: dict[str, str] = {}
    for i, usual in enumerate(core):
        if usual in pairs or usual in pairs.values():
            continue
        for other in core[i + 1 :]:
            if other not in pairs and _mean_the_same(folded(usual), folded(other), core):
                pairs[other] = usual
                break
    return pairs


def _mean_the_same(a: str, b: str, core: Sequence[str]) -> bool:
    short, long = sorted((a, b), key=len)
    if same_meaning(a, b):
        return True
    if 3 <= len(short) <= _SHORT and len(long) >= _WHOLE and " " not in long:
        return long.startswith(short)
    initials = [folded(label)[:1] for label in core if len(folded(label)) > 1]
    return (
        len(short) == 1
        and long.startswith(short)
        and short.isalpha()
        and initials.count(short) == 1
    )


def _without_numbers(core: tuple[str, ...], counts: Mapping[str, int]) -> tuple[str, ...]:
    """The commoner of numbers and words, where about as many numbers as words are labels of one task."""
    numbers = tuple(label for label in core if _NUMERIC.fullmatch(label))
    words = tuple(label for label in core if label not in numbers and any(map(str.isalpha, label)))
    if min(len(numbers), len(words)) < 2 or len(numbers) + len(words) < len(core):
        return core
    if abs(len(numbers) - len(words)) > 1:
        return core
    return max(numbers, words, key=lambda labels: sum(counts[label] for label in labels))
