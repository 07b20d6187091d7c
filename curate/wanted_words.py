"""What texts are asked for before a rule looks at them: words, in clauses, in alternatives; and how rare they are.

Which words a rule asks for follows from its regular expressions (`curate.literals`); which texts hold
them, the kernel says (`curate.screening`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from math import fsum, prod

Clause = frozenset[bytes]
"""Words of which a text must contain one, whatever their case."""
Ways = tuple[tuple[Clause, ...], ...]
"""Alternatives, of one of which all clauses must be fulfilled; none: nothing is demanded."""

BEYOND = b"\x80"
# Bytes that no text holds. To the words, the first stands before a text's first letter, and the second
# after its last character that is no white space.
START, END = b"\xfe", b"\xff"
# The same at an edge of a word, where what stands beside it is no letter, digit or underscore.
BOUND = b"\xfd"
# What kinds of characters a text holds, as words of their own that stand nowhere in it: six capitals and two digits,
# as codes begin; six digits or the like in a row; and of the characters beyond ASCII, from which one on and how often texts hold such.
CODE, CODES = b"\xf5", "[A-Z]{6}[0-9]{2}"
LONG_NUMBER, LONG_NUMBERS = b"\xf6", r"[0-9][0-9 ().:-]{5}"
_KINDS = (
    (0x80, b"\xf7", 0.001),  # control characters
    (0xA0, b"\xf8", 0.01),  # Latin-1's signs
    (0xC0, b"\xf9", 0.02),  # Latin-1's letters
    (0x2010, b"\xfa", 0.05),  # dashes, quotation marks, dots
    (0x2000, b"\xfb", 0.005),  # spaces of all widths, invisible characters
    (0x100, b"\xfc", 0.02),  # all others
)
_KIND_OF = {word: share for _, word, share in _KINDS} | {CODE: 0.0005, LONG_NUMBER: 0.1}
# Characters whose other case is of another kind.
_FOLDED = frozenset(
    "\u00b5\u00c5\u00df\u00e5\u00ff\u0130\u0178\u017f\u039c\u03bc\u1e9e\u212a\u212b"
)
_LONGEST = 12
MOST_WORDS = 128
_MOST_CLAUSES = 3
_MOST_WAYS = 12
_NO_LETTERS = bytes(c for c in range(0x80) if not chr(c).isalpha())
# How often a character stands in English text, roughly; what is not here is rarer.
_OFTEN = dict(zip(b" etaoinsrhldcumfpgwybvk", (
    0.17, 0.10, 0.075, 0.065, 0.06, 0.057, 0.057, 0.053, 0.05, 0.04, 0.034, 0.03, 0.025, 0.024,
    0.022, 0.018, 0.017, 0.016, 0.015, 0.014, 0.011, 0.008, 0.006,
), strict=True))  # fmt: skip
_RARELY, _HARDLY_EVER = 0.001, 1e-6
_BREAKS = b"\t\n\r"
_CHANCES = [
    _OFTEN.get(byte, _RARELY if byte >= 0x20 or byte in _BREAKS else _HARDLY_EVER)
    for byte in range(256)
]
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_OF_WORDS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")
SPACES = b" \t\n\r\x0b\x0c"
# Where letters stand together as words they are more frequent than by chance: the commonest words of
# prompts and answers, by the share of texts that hold them.
_WORDS_OFTEN = {
    word.encode(): share
    for share, words in (
        (0.4, "a i s e the of and to in is"),
        (0.2, "for that with this are on as it or an you your be can by from"),
        (0.1, "not have has at was what which how their they more will write create sentence following"
         " given such these its use help make one"),
        (0.05, "about who like when time other people generate describe explain example name find text story day"
         " data information provide two new between list into also was most many two made first content may"
         " out all if my me we he she do does would should could there them than then only over words word"
         " work learn learning create design need important different world life"),
    )
    for word in words.split()
}  # fmt: skip
_EDGES_OFTEN = {b"." + END: 0.7, b"\n": 0.4}
COMMONEST = frozenset(word for word, share in _WORDS_OFTEN.items() if share > 0.2)
# A word that is written down in a rule is no chance sequence of letters.
_PLAIN = re.compile(rb"[ \xfd-\xff]*[a-z]{3,9}[ \xfd-\xff]*")
_A_WORD = 5e-5
_POSITIONS = 200  # in a text of usual length


def kinds_of(first: str, last: str, *, folded: bool) -> frozenset[bytes]:
    """The words of which a text holds one that holds a character of this range beyond ASCII; `folded`: in any case."""
    if folded and any(first <= character <= last for character in _FOLDED):
        return frozenset({BEYOND})
    edges = sorted({0x80, 0xA0, 0xC0, 0x100, 0x2000, 0x2010, 0x2028, 0x2080, ord(first)})
    return frozenset(_kind(start) for start in edges if ord(first) <= start <= ord(last))


def _kind(code: int) -> bytes:
    if 0x2000 <= code < 0x2080:
        return b"\xfa" if 0x2010 <= code < 0x2028 else b"\xfb"
    return max(kind for kind in _KINDS if kind[0] <= min(code, 0x100))[1]


def both(ones: Ways, others: Ways) -> Ways:
    """What must be there where two demands hold."""
    if not ones or not others:
        return ones or others
    if len(ones) * len(others) <= _MOST_WAYS:
        return _simplified([best((*one, *other)) for one in ones for other in others])
    return min(ones, others, key=how_often)


def either(ones: Iterable[Ways]) -> Ways:
    """What must be there where one of several demands must hold."""
    found: list[tuple[Clause, ...]] = []
    for ways in ones:
        if not ways:
            return ()
        found += ways
    simple = _simplified(found)
    if len(simple) <= _MOST_WAYS:
        return simple
    # Those that demand most keep all of it.
    ordered = sorted(simple, key=lambda way: len(way) == 1)
    return _simplified(
        [*ordered[: _MOST_WAYS - 1], *(way[:1] for way in ordered[_MOST_WAYS - 1 :])]
    )


def _simplified(ways: Iterable[tuple[Clause, ...]]) -> Ways:
    """The same with all ways of one clause made one; nothing where it has too many words."""
    words: set[bytes] = set()
    longer: dict[tuple[Clause, ...], None] = {}
    for way in ways:
        if len(way) == 1:
            words |= way[0]
        else:
            longer[way] = None
    if len(words) > 4 * MOST_WORDS:
        return ()
    return (*longer, *(((frozenset(words),),) if words else ()))


def how_often(ways: Ways) -> float:
    """How often one of the alternatives holds, roughly; more than ever for no demand."""
    if not ways:
        return float("inf")
    return sum(min(map(frequency, way)) * 0.9 ** (len(way) - 1) for way in ways)


def best(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """The clauses that the fewest texts fulfil."""
    return tuple(sorted(set(clauses), key=lambda c: (frequency(c), sorted(c)))[:_MOST_CLAUSES])


@cache
def frequency(clause: Clause) -> float:
    """How often its words stand in a text, roughly; only good for comparing clauses."""
    return fsum(map(_chance, clause))  # whatever the order


@cache
def _chance(word: bytes) -> float:
    if word in _KIND_OF:
        return _KIND_OF[word] / _POSITIONS
    if not word.strip(BEYOND):
        # Every character beyond ASCII is two to four such bytes.
        return (0.06 if len(word) < 4 else 0.03) / _POSITIONS
    if word in _EDGES_OFTEN:
        return _EDGES_OFTEN[word] / _POSITIONS
    share = _WORDS_OFTEN.get(word.strip(SPACES + START + END + BOUND + b".,"))
    edge = 0.05 if word[:1] == START or word[-1:] == END else 1.0
    edge *= 0.5 ** word.count(BOUND)
    if share is not None:
        return share * edge / _POSITIONS
    chance = prod(map(_CHANCES.__getitem__, word.strip(START + END + BOUND)))
    return edge * (max(chance, _A_WORD) if _PLAIN.fullmatch(word) else chance)


def usable(words: Iterable[bytes]) -> Ways:
    """The demand for one of some words, as the kernel looks for them; nothing where one is empty."""
    clause = frozenset(map(_shortened, words))
    return ((clause,),) if clause and b"" not in clause else ()


def _shortened(word: bytes) -> bytes:
    """A word that is found wherever the given one is, with its marks of the edges in their places."""
    if BOUND in word:
        word = _bounded(word)
    first, last = word.rfind(START), word.find(END)
    if last >= 0:
        word = word[:last].rstrip(SPACES) + END
        if len(word) == 1:
            return b""
    if first >= 0:
        rest = word[first + 1 :]
        letters = rest.lstrip(_NO_LETTERS)
        word = START + letters if letters and letters[0] in _LETTERS else rest
        if word == END:
            return b""
    # Either edge is worth more than the middle.
    return word[:_LONGEST] if word[-1:] != END or word[:1] == START else word[-_LONGEST:]


def _bounded(word: bytes) -> bytes:
    """The word with those of its `BOUND`s that stand at its edges, beside what belongs to a word."""
    inner = word.replace(BOUND, b"")
    if not inner or START in word or END in word:
        return inner
    before = BOUND if word[:1] == BOUND and inner[0] in _OF_WORDS else b""
    after = BOUND if word[-1:] == BOUND and inner[-1] in _OF_WORDS else b""
    return before + inner + after
