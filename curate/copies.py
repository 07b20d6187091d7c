"""Whether two rows that look alike are copies, word by word.

Two rows are near when their whole texts are, and their answers have something to do with each other:
two questions about one long passage are no copies. A changed word breaks five shingles, of which a
short text has few: so texts that are a little less alike count too where the answers are the same, and
still less alike ones where hardly a word differs.

Words are compared by 64-bit hashes (`Shingling(unit="word")`), thousands of pairs at once, in the C
kernel where it was built: sets made from templates have as many pairs as rows.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from curate.engines import Engine
from curate.label_variants import edit_distance
from curate.light_dataclass import dataclass
from curate.shared_library import library
from curate.shingles import ShingleSets, Shingling
from curate.texts import I64, TextBatch

# How much less alike than the threshold whole texts may be: where the answers are the same, and where
# hardly a word differs (at most this share of them).
LEEWAY = 0.05
MOST_LEEWAY = 0.2
EDITED_WORDS = 0.04
# The least share of words that the answers of near duplicates have in common.
COMMON_WORDS = 0.5
_WORDS = Shingling(unit="word")
# Pairs are looked at in pieces: of so many, their words take some megabytes.
_AT_ONCE = 8192

Flags = NDArray[np.bool_]


class Texts(Protocol):
    """Rows whose texts can be had again."""

    def take(self, rows: I64) -> TextBatch:
        """The whole texts of these rows."""
        ...

    def answers(self, rows: I64) -> TextBatch:
        """The answers of these rows (of preferences, both)."""
        ...


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows, and how alike their whole texts are."""

    left: I64
    right: I64
    similarity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.left)

    def at(self, which: Flags | slice) -> Pairs:
        """Some of them."""
        return Pairs(self.left[which], self.right[which], self.similarity[which])


def are_copies(pairs: Pairs, texts: Texts, threshold: float, engine: Engine) -> Flags:
    """Which pairs are copies of each other."""
    parts = [
        _judged(pairs.at(slice(start, start + _AT_ONCE)), texts, threshold, engine)
        for start in range(0, len(pairs), _AT_ONCE)
    ]
    return np.concatenate([np.zeros(0, np.bool_), *parts])


def _judged(pairs: Pairs, texts: Texts, threshold: float, engine: Engine) -> Flags:
    rows, left, right = _numbered(pairs)
    answers = engine.tokens(texts.answers(rows), _WORDS).tokens
    close = pairs.similarity >= threshold
    copies = np.zeros(len(pairs), np.bool_)
    common, either = overlaps(answers, left[close], right[close])
    sizes = np.diff(answers.offsets)
    wordless = (sizes[left] == 0) | (sizes[right] == 0)
    copies[close] = (common >= COMMON_WORDS * either) | wordless[close]
    alike = ~close & (pairs.similarity >= threshold - LEEWAY)
    copies[alike] = within_edits(
        answers, left[alike], right[alike], np.zeros(len(left), np.int64)[alike]
    )
    rest = ~close & ~copies
    if rest.any():
        copies[rest] = _hardly_edited(pairs.at(rest), texts, engine)
    return copies


def _hardly_edited(pairs: Pairs, texts: Texts, engine: Engine) -> Flags:
    rows, left, right = _numbered(pairs)
    whole = engine.tokens(texts.take(rows), _WORDS).tokens
    allowed = (EDITED_WORDS * np.diff(whole.offsets)[left]).astype(np.int64)
    return (allowed > 0) & within_edits(whole, left, right, allowed)


def _numbered(pairs: Pairs) -> tuple[I64, I64, I64]:
    """The rows of some pairs, each once and ascending, and both sides as places among them."""
    both = np.sort(np.concatenate([pairs.left, pairs.right]))
    rows = both[
        np.flatnonzero(np.diff(both, prepend=-1))
    ]  # np.unique would import numpy.ma, a while
    return rows, np.searchsorted(rows, pairs.left), np.searchsorted(rows, pairs.right)


def overlaps(words: ShingleSets, left: I64, right: I64) -> tuple[I64, I64]:
    """How many distinct words the rows of each pair have in common, and how many either has."""
    common, either = np.zeros(len(left), np.int64), np.zeros(len(left), np.int64)
    kernel = _kernel()
    if kernel is not None:
        pairs = _arguments(words, left, right)
        if kernel.curate_overlaps(*pairs, len(left), common.ctypes.data, either.ctypes.data):
            raise MemoryError
        return common, either
    for k, (i, j) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        mine, other = set(words.row(i).tolist()), set(words.row(j).tolist())
        common[k], either[k] = len(mine & other), len(mine | other)
    return common, either


def within_edits(words: ShingleSets, left: I64, right: I64, allowed: I64) -> Flags:
    """Which pairs are so few edits apart (`edit_distance`: also a swap of neighbours is one)."""
    near = np.zeros(len(left), np.bool_)
    kernel = _kernel()
    if kernel is not None:
        limits = np.ascontiguousarray(allowed)
        pairs = _arguments(words, left, right)
        status = kernel.curate_within_edits(*pairs, limits.ctypes.data, len(left), near.ctypes.data)
        if status:
            raise MemoryError
        return near
    rows = zip(left.tolist(), right.tolist(), allowed.tolist(), strict=True)
    for k, (i, j, limit) in enumerate(rows):
        near[k] = edit_distance(words.row(i).tolist(), words.row(j).tolist(), limit) <= limit
    return near


class _Arguments(tuple[int, int, int, int]):
    """Addresses of arrays, which live as long as this."""

    arrays: tuple[NDArray[np.generic], ...]


def _arguments(words: ShingleSets, left: I64, right: I64) -> _Arguments:
    arrays = tuple(map(np.ascontiguousarray, (words.values, words.offsets, left, right)))
    addresses = _Arguments(array.ctypes.data for array in arrays)
    addresses.arrays = arrays
    return addresses


@functools.cache
def _kernel() -> ctypes.CDLL | None:
    """The kernel's library, or None where it was not built, or is older than this file."""
    kernel, pointer, number = library(), ctypes.c_void_p, ctypes.c_int64
    try:
        for name, after in (
            ("curate_overlaps", [number, pointer, pointer]),
            ("curate_within_edits", [pointer, number, pointer]),
        ):
            function = getattr(kernel, name)
            function.argtypes, function.restype = [pointer] * 4 + after, ctypes.c_int
    except AttributeError:
        return None
    return kernel
