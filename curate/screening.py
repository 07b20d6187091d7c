"""Which texts a rule need look at: those that hold the words that its expression demands.

The kernel passes once over the texts of a batch and marks which demands (`curate.demands`) each of them
fulfils; a rule is then evaluated only where all of its own are. Most rules are about something rare, and
most texts fulfil the demands of none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from curate import textkernel
from curate.columns import Batch
from curate.demands import Alternatives
from curate.known_screen import Numbered
from curate.light_dataclass import dataclass
from curate.textkernel import U32, U64, WORDS, Terms, TextKernel
from curate.wanted_words import BOUND, COMMONEST, END, SPACES, Clause, frequency

# The columns that are long enough to be worth it.
TEXTS = ("text", "prompt", "completion", "system", "rejected")
_MOST_MARKS = 64 * WORDS
# Beginnings of words, each a state of the automaton, which has numbers of 15 bits for them.
_MOST_STATES = 32_000
# Bytes of a word: those that follow make it hardly rarer, and each is a state. What a rule asks of the texts that are left
# (`curate.narrowing`) is whole words.
_LONGEST = 9
# Clauses that nearly every text fulfils say nothing, and cost a step at each of their words.
_TOO_OFTEN = 0.012
_VERY_COMMON = frozenset(b"the of and to in is a i".split())
_COMMON = frozenset(bytes([byte]) for byte in b"abcdefghiklmnoprstuvwy .,") | COMMONEST

Mask = tuple[tuple[tuple[str, int], ...], ...]
"""Which marks a rule demands of which columns: those of one of the alternatives."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What one pass over the texts looks for, and what each rule makes of it."""

    kernel: TextKernel
    automaton: textkernel.Automaton
    masks: tuple[Mask, ...]
    columns: frozenset[str]

    @classmethod
    def of(cls, demands: Sequence[Alternatives]) -> Screen | None:
        """For the demands of each rule, in order; None without the kernel."""
        return None if textkernel.load() is None else cls.numbered(numbering(demands))

    @classmethod
    def numbered(cls, numbers: Numbered) -> Screen | None:
        """For clauses that have their marks; None without the kernel."""
        kernel = textkernel.load()
        if kernel is None:
            return None
        clauses, rules = numbers
        words: dict[bytes, int] = {}
        for number, clause in enumerate(clauses):
            bit = 1 << number
            for word in map(_beginning, clause):
                words[word] = words.get(word, 0) | bit
        masks = tuple(
            tuple(
                tuple((column, _together(marks)) for column, marks in sorted(way.items()))
                for way in ways
            )
            for ways in rules
        )
        columns = frozenset(column for mask in masks for way in mask for column, _ in way)
        automaton = kernel.automaton(words) if columns else None
        return None if automaton is None else cls(kernel, automaton, masks, columns)

    def marks(self, batch: Batch) -> dict[str, U64]:
        """The marks of each column of a batch that a rule asks about."""
        found: dict[str, U64] = {}
        if "text" in self.columns:
            found["text"] = self.kernel.marks(self.automaton, batch.segments["text"])
        for column in self.columns - {"text"}:
            texts = batch.rows[column]
            if texts.null_count() == len(texts):
                found[column] = np.zeros((WORDS, len(texts)), np.uint64)
            elif (turn := _turn(column, batch)) is not None and "text" in found:
                found[column] = found["text"][:, turn::2]
            else:
                found[column] = self.kernel.marks(self.automaton, texts)
        return found


class Masks:
    """Several masks, laid out once to be compared with the marks of many texts."""

    def __init__(self, masks: Sequence[Mask]) -> None:
        self._columns = sorted({column for mask in masks for way in mask for column, _ in way})
        number = {column: i for i, column in enumerate(self._columns)}
        self._terms = Terms.of(
            [[(number[column], wanted) for column, wanted in way] for way in mask] for mask in masks
        )

    def candidates(
        self, kernel: TextKernel, marks: Mapping[str, U64], at: U32 | None = None
    ) -> list[U32]:
        """For each mask, where all marks of one of its alternatives are set, ascending.

        With `at`, of these texts only; what is found are places in it.
        """
        columns = [marks[column] for column in self._columns]
        return kernel.candidates(self._terms, columns, at) if columns else []


def _beginning(word: bytes) -> bytes:
    """The first bytes of a word, or the last ones of one that ends where its text does; found wherever the word is."""
    bare = word.strip(BOUND)
    if len(bare) <= _LONGEST:
        return word
    if bare[-1:] == END:
        return bare[-_LONGEST:]
    return word[: _LONGEST + (word[:1] == BOUND)]


def _is_common(word: bytes) -> bool:
    bare = word.strip(BOUND)
    return bare in _COMMON or (len(bare) > 1 and bare.strip(SPACES) in _VERY_COMMON)


def _numbered(demands: Sequence[Alternatives]) -> dict[Clause, int]:
    """The clauses that get a mark: of each alternative the most telling one, then the second, and so on."""
    ranked: dict[Clause, tuple[int, float, list[bytes]]] = {}
    for alternatives in demands:
        for one in alternatives:
            clauses = {
                (frequency(clause), tuple(sorted(clause)))
                for column, several in one.items()
                if column in TEXTS
                for clause in several
                if frequency(clause) <= _TOO_OFTEN and not any(map(_is_common, clause))
            }
            for rank, (often, words) in enumerate(sorted(clauses)):
                key = rank, often, list(words)
                clause = frozenset(words)
                ranked[clause] = min(key, ranked.get(clause, key))
    telling = islice(_fitting(sorted(ranked, key=ranked.__getitem__)), _MOST_MARKS)
    return {clause: number for number, clause in enumerate(telling)}


def _fitting(clauses: Iterable[Clause]) -> Iterator[Clause]:
    """Those of the clauses whose words are not too many for an automaton, with all that came before."""
    states: set[bytes] = set()
    for clause in clauses:
        words = {_beginning(word).strip(BOUND).lower() for word in clause}
        new = {word[:end] for word in words for end in range(1, len(word) + 1)} - states
        if len(states) + len(new) <= _MOST_STATES:
            states |= new
            yield clause


def numbering(demands: Sequence[Alternatives]) -> Numbered:
    """The clauses that get a mark, and what each rule demands in marks (nothing: an empty list)."""
    numbers = _numbered(demands)
    return list(numbers), [_in_marks(one, numbers) for one in demands]


def _in_marks(
    alternatives: Alternatives, numbers: Mapping[Clause, int]
) -> list[dict[str, list[int]]]:
    ways = []
    for one in alternatives:
        wanted = {
            column: sorted({numbers[clause] for clause in clauses if clause in numbers})
            for column, clauses in one.items()
            if column in TEXTS
        }
        ways.append({column: marks for column, marks in wanted.items() if marks})
    return ways if all(ways) else []


def _together(numbers: Iterable[int]) -> int:
    bits = 0
    for number in numbers:
        bits |= 1 << number
    return bits


def _turn(column: str, batch: Batch) -> int | None:
    """Which of two turns a column holds, where every row is one question and one answer."""
    if column not in ("prompt", "completion") or batch.segments.height != 2 * batch.rows.height:
        return None
    if not (batch.rows["roles"] == "ua").all() or batch.rows[column].null_count():
        return None
    turn = 0 if column == "prompt" else 1
    row, text = batch.segments["row"].to_numpy(), batch.segments["text"]
    same = batch.rows[column].str.len_bytes() == text.gather_every(2, turn).str.len_bytes()
    in_order = np.array_equal(row[turn::2], batch.rows["row"].to_numpy())
    return turn if in_order and same.all() else None
