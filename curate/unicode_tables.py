"""Python's Unicode tables for the C kernel: which characters make words, and what their case folds to.

The tables of all 1.1 million code points take some 60 ms to make. A small file has a hundred different
characters: as long as there is little text, only what it holds is looked up.
"""

from __future__ import annotations

import ctypes
import functools
import re
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from curate.shingles import UNSPACED
from curate.signatures import U32

_WORD, _UNSPACED_BIT, _FOLDS = 1, 2, 4
_CODE_POINTS = 0x110000
_BLOCK = 256
# Up to here, looking at each character of the texts is cheaper than at each code point.
_LITTLE_BYTES = 1 << 20

P, L = ctypes.c_void_p, ctypes.c_int64


class Tables(ctypes.Structure):
    """The kernel's `Tables`; holds on to the arrays that it points into.

    Threads may build one at the same time; each then works with its own, so none may be freed
    while a call is under way.
    """

    _fields_ = (("classes", P), ("fold_from", P), ("fold_to", P), ("folds", L))

    def __init__(self, classes: NDArray[np.uint8], folded: Mapping[int, str]) -> None:
        fold_from = np.array(sorted(folded), np.uint32)
        fold_to = np.zeros((len(folded), 3), np.uint32)
        for i, point in enumerate(fold_from.tolist()):
            classes[point] |= _FOLDS
            text = folded[point]
            fold_to[i, : len(text)] = [ord(c) for c in text]
        self.arrays: tuple[NDArray[np.uint8], U32, U32] = (classes, fold_from, fold_to)
        addresses = (array.ctypes.data for array in self.arrays)
        super().__init__(*addresses, len(fold_from))


class TableMaker:
    """Gives the kernel its tables: of the characters at hand for the first texts, of all later on."""

    def __init__(self) -> None:
        self._left = _LITTLE_BYTES

    def tables_for(self, data: bytes) -> Tables:
        """Tables that know at least the characters of these texts (UTF-8)."""
        self._left -= len(data)
        if self._left < 0 or all_tables.cache_info().currsize:
            return all_tables()
        try:
            return _of(set(data.decode("utf-8", "surrogatepass")))
        except UnicodeDecodeError:  # the kernel makes something of any bytes
            return all_tables()


def _of(characters: Iterable[str]) -> Tables:
    """Tables that know these characters, and what they fold to."""
    classes = np.zeros(_CODE_POINTS, np.uint8)
    folded = {ord(c): f for c in characters if (f := c.casefold()) != c}
    for character in {*characters, *"".join(folded.values())}:
        point = ord(character)
        if re.match(r"\w", character):
            classes[point] |= _WORD
        if any(first <= point <= last for first, last in UNSPACED):
            classes[point] |= _UNSPACED_BIT
    return Tables(classes, folded)


@functools.cache
def all_tables() -> Tables:
    """What `re`'s \\w and `str.casefold` say of every code point."""
    points = np.arange(_CODE_POINTS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    classes = np.zeros(_CODE_POINTS, np.uint8)
    for match in re.finditer(r"\w+", points):
        classes[match.start() : match.end()] |= _WORD
    for first, last in UNSPACED:
        classes[first : last + 1] |= _UNSPACED_BIT
    folded: dict[int, str] = {}
    for start in range(0, _CODE_POINTS, _BLOCK):
        block = points[start : start + _BLOCK]
        if block.casefold() != block:
            folded |= {ord(c): f for c in block if (f := c.casefold()) != c}
    return Tables(classes, folded)
