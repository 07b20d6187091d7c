"""A condition taken apart, each of its parts computed only for the rows that the parts before let through.

polars computes all of an expression for all rows, and a regular expression of thirty wordings slower than the
wordings one by one (`curate.pattern_parts`). So what is cheap is asked first, and of the wordings each only
where the kernel has found the words that it demands: in one pass over the few texts that are still in question.
The rows found are those where the whole expression is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate import textkernel
from curate.arrays import series_of
from curate.demands import ways_in
from curate.light_dataclass import dataclass
from curate.pattern_parts import parts_of
from curate.screening import Mask, Masks
from curate.textkernel import U32, WORDS, Automaton, TextKernel
from curate.wanted_words import Clause, Ways, frequency

Rows = U32
Truths = NDArray[np.bool_]

# Up to so many rows, an expression is computed as a whole.
_FEW = 64
# A part of an expression that may match more than this share of the texts is not told from the others.
_OFTEN = 0.4
_TOO_OFTEN = 0.006  # how often the words of a clause may stand in a text, by `frequency`
_PATTERN = "\0pattern"


class Words:
    """What wordings of a condition demand of one column, to be looked for in one pass."""

    def __init__(self, column: str) -> None:
        self.column = column
        self._numbers: dict[Clause, int] = {}
        self._automaton: Automaton | None = None

    def mask(self, demanded: Ways) -> Mask:
        """The marks that a text must have, one of the alternatives; none: it may have any."""
        ways = [
            tuple(clause for clause in way if frequency(clause) <= _TOO_OFTEN) for way in demanded
        ]
        new = {clause for way in ways for clause in way} - self._numbers.keys()
        if not all(ways) or len(self._numbers) + len(new) > 64 * WORDS:
            return ()
        for clause in sorted(new, key=sorted):
            self._numbers[clause] = len(self._numbers)
        return tuple((("", sum(1 << self._numbers[clause] for clause in way)),) for way in ways)

    def automaton(self) -> Automaton | None:
        """What looks for them; None without the kernel, or words."""
        kernel = textkernel.load()
        if self._automaton is None and kernel is not None:
            words: dict[bytes, int] = {}
            for clause, number in self._numbers.items():
                for word in clause:
                    words[word] = words.get(word, 0) | 1 << number
            self._automaton = kernel.automaton(words) if words else None
        return self._automaton


class _Looked:
    """The marks of those of a frame's rows that words were looked for in."""

    def __init__(self, height: int) -> None:
        self._places = np.full(height, -1, np.int32)
        # Those of a row beside each other: most are looked at for few rows out of many.
        self._marks = np.empty((0, WORDS), np.uint64)

    def unknown(self, rows: Rows) -> Rows:
        """The rows that were not looked at."""
        return rows[self._places[rows] < 0]

    def add(self, kernel: TextKernel, automaton: Automaton, texts: pl.Series, rows: Rows) -> None:
        """Look at the texts of some rows."""
        count = len(self._marks)
        marks = np.empty((count + len(rows), WORDS), np.uint64)
        marks[:count] = self._marks
        kernel.put_marks(automaton, texts, marks[count:].T)
        self._marks = marks
        self._places[rows] = np.arange(count, len(marks), dtype=np.int32)

    def candidates(self, kernel: TextKernel, masks: Masks, rows: Rows) -> list[Rows]:
        """Places among the rows where each mask is fulfilled."""
        return masks.candidates(kernel, {"": self._marks.T}, self._places[rows].view(np.uint32))


@dataclass(slots=True)
class Seen:
    """What has been found out about the rows of a frame while a condition is computed."""

    frame: pl.DataFrame
    _looked: dict[Words, _Looked] = field(default_factory=dict)
    _truths: dict[str, tuple[Rows, pl.Series]] = field(default_factory=dict)

    def gathered(self, names: Iterable[str], rows: Rows) -> pl.DataFrame:
        """Some columns of some rows."""
        if len(rows) == self.frame.height:
            return self.frame.select(names)
        places = series_of(rows)
        return pl.DataFrame([self.frame[name][places] for name in names])

    def candidates(self, words: Words, masks: Masks, rows: Rows) -> list[Rows] | None:
        """Places among the rows where each mask is fulfilled; None where words cannot be looked for."""
        kernel, automaton = textkernel.load(), words.automaton()
        if kernel is None or automaton is None:
            return None
        looked = self._looked.get(words)
        if looked is None:
            looked = self._looked[words] = _Looked(self.frame.height)
        new = looked.unknown(rows)
        if len(new):
            looked.add(kernel, automaton, self.gathered([words.column], new).to_series(), new)
        return looked.candidates(kernel, masks, rows)

    def computed(self, key: str, expression: pl.Expr, names: list[str], rows: Rows) -> pl.Series:
        """What an expression is in some rows; what it was in them, where that was asked before."""
        if key in self._truths:
            known, flags = self._truths[key]
            places = _places(known, rows) if len(known) >= len(rows) else None
            if places is not None:
                return flags[series_of(places)]
        flags = self.gathered(names, rows).select(expression.alias("")).to_series()
        if len(flags) != len(rows):  # a constant
            flags = flags.new_from_index(0, len(rows))
        self._truths[key] = rows, flags
        return flags


class Part:
    """An expression that must be true, or (where that is `wanted`) false; and how dear it is to compute, in steps."""

    def __init__(self, expression: pl.Expr, wanted: bool, cost: int, key: str) -> None:
        self.cost = cost
        self._expression, self._wanted, self._key = expression, wanted, key
        self._names = sorted(set(expression.meta.root_names()))

    def where(self, seen: Seen, rows: Rows) -> Rows:
        """Those of the rows, ascending, where it is so."""
        if not len(rows):
            return rows
        return self._whole(seen, rows) if len(rows) <= _FEW else self._narrowed(seen, rows)

    def _whole(self, seen: Seen, rows: Rows) -> Rows:
        flags = seen.computed(self._key, self._expression, self._names, rows)
        return rows[_true(flags if self._wanted else ~flags)]

    def _narrowed(self, seen: Seen, rows: Rows) -> Rows:
        return self._whole(seen, rows)

    def prepare(self) -> None:
        """Find out which words it asks for."""


class _Several(Part):
    def __init__(self, expression: pl.Expr, wanted: bool, parts: Iterable[Part], key: str) -> None:
        self._parts = sorted(parts, key=lambda part: part.cost)
        super().__init__(expression, wanted, self._costs([part.cost for part in self._parts]), key)

    @staticmethod
    def _costs(ascending: Sequence[int]) -> int:
        """What several cost together, in their order."""
        return ascending[-1]

    def prepare(self) -> None:
        """See `Part`."""
        for part in self._parts:
            part.prepare()


class All(_Several):
    """Several parts that must all hold; the cheap ones come first."""

    @staticmethod
    def _costs(ascending: Sequence[int]) -> int:
        return ascending[0]  # few rows are left for the others

    def _narrowed(self, seen: Seen, rows: Rows) -> Rows:
        for part in self._parts:
            rows = part.where(seen, rows)
        return rows


class Either(_Several):
    """Several parts of which one must hold."""

    def _narrowed(self, seen: Seen, rows: Rows) -> Rows:
        left, found = rows, []
        for part in self._parts:
            here = part.where(seen, left)
            if len(here):
                found.append(here)
                left = np.setdiff1d(left, here, assume_unique=True)
        return np.sort(np.concatenate(found)) if found else rows[:0]


class Wordings(Part):
    """A text that must match a regular expression, one of its parts; or, where that is `wanted`, must not."""

    def __init__(
        self, text: pl.Expr, pattern: str, wanted: bool, cost: int, key: str, words: Words
    ) -> None:
        super().__init__(text.str.contains(pattern), wanted, cost, key)
        self._text, self._pattern, self._own = text, pattern, words
        self._patterns: tuple[str, ...] = ()
        self._demanding: list[int] = []  # the parts that have a mask
        self._masks: Masks | None = None
        self.edges: Mapping[str, bool] = {}

    def prepare(self) -> None:
        """See `Part`."""
        self._patterns = parts_of(self._pattern)
        masks = [self._own.mask(ways_in(part, self.edges)) for part in self._patterns]
        self._demanding = [number for number, mask in enumerate(masks) if mask]
        if self._demanding:
            self._masks = Masks([mask for mask in masks if mask])

    def _narrowed(self, seen: Seen, rows: Rows) -> Rows:
        at = None if self._masks is None else seen.candidates(self._own, self._masks, rows)
        if at is None:
            return self._whole(seen, rows)
        texts = seen.gathered(self._names, rows).to_series()
        found = self._matched(texts, dict(zip(self._demanding, at, strict=True)))
        return rows[found] if self._wanted else rows[~found & texts.is_not_null().to_numpy()]

    def _matched(self, texts: pl.Series, candidates: Mapping[int, Rows]) -> Truths:
        """Whether each text matches; `candidates` of the parts that demand words, by number."""
        found = np.zeros(len(texts), np.bool_)
        places: list[Rows] = []
        numbers: list[int] = []
        together: list[str] = []
        for number in range(len(self._patterns)):
            at = candidates.get(number)
            if at is None or len(at) > _OFTEN * len(texts):
                together.append(self._patterns[number])
            elif len(at):
                places.append(at)
                numbers.append(number)
        if places:
            at, flags = self._one_by_one(texts, numbers, places)
            found[at[flags]] = True
        if together:
            several = len(together) < len(self._patterns)
            pattern = "|".join(together) if several else self._pattern
            left = np.flatnonzero(~found)
            part = texts[series_of(left)] if len(left) < len(texts) else texts
            found[left[_true(self._tested(part, pl.lit(pattern)))]] = True
        return found

    def _one_by_one(
        self, texts: pl.Series, numbers: Sequence[int], places: Sequence[Rows]
    ) -> tuple[Rows, Truths]:
        """Each expression tested with the texts that may match it: which texts, and whether they do."""
        at = np.concatenate(places)
        which = np.repeat(np.array(numbers, np.uint32), [len(place) for place in places])
        patterns = pl.Series(_PATTERN, self._patterns)[series_of(which)]
        return at, _true(self._tested(texts[series_of(at)], patterns))

    def _tested(self, texts: pl.Series, pattern: pl.Expr | pl.Series) -> pl.Series:
        frame = texts.to_frame()
        if isinstance(pattern, pl.Series):
            frame, pattern = frame.with_columns(pattern), pl.col(_PATTERN)
        return frame.select(self._text.str.contains(pattern).alias("")).to_series()


def _places(known: Rows, rows: Rows) -> Rows | None:
    """Where each of the rows stands among the known ones; None where one does not."""
    kernel = textkernel.load()
    if kernel is not None:
        return kernel.places(known, rows)
    places = np.minimum(np.searchsorted(known, rows), len(known) - 1)
    return places.astype(np.uint32) if np.array_equal(known[places], rows) else None


def _true(flags: pl.Series) -> Truths:
    return (flags.fill_null(False) if flags.null_count() else flags).to_numpy()
