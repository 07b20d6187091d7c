r"""What a text must contain for a regular expression to match it: words, one of which must be there.

After RE2's FilteredRE2. `\b(?:can(?:no|')t|unable to) help` cannot match where none of "cannot help", "can't help"
and "unable to help" stands. The answer may demand too little, never too much: syntax that is not
understood demands nothing. Case is ignored; bytes beyond ASCII count as one byte, `BEYOND`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

Clause = frozenset[bytes]
"""Words of which a text must contain one, whatever their case."""

BEYOND = b"\x80"
_LONGEST = 12
_MOST_WORDS = 128
_MOST_IN_CLASS = 40
_MOST_CLAUSES = 3
# Characters beyond ASCII whose other case is an ASCII letter.
_ASCII_TWINS = {"\u017f": ord("s"), "\u212a": ord("k"), "\u0130": ord("i")}
_DIGITS = frozenset(b"0123456789")
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


class _Unknown(Exception):
    """The expression uses syntax that is not understood here."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of an expression: all that it can match, where that is little; else what it demands."""

    exact: frozenset[bytes] | None
    needs: tuple[Clause, ...] = ()

    def clauses(self) -> tuple[Clause, ...]:
        """What it demands."""
        if self.exact is None:
            return self.needs
        return () if not self.exact or b"" in self.exact else (self.exact,)


_EMPTY = _Part(frozenset({b""}))
_ANYTHING = _Part(None)


def clauses_of(pattern: str, *, literal: bool = False) -> tuple[Clause, ...]:
    """What a text must contain for the pattern (Rust's syntax) to match: a word of each clause."""
    if literal:
        return _usable(_sequence([_characters({c}) for c in pattern]).clauses())
    try:
        parser = _Parser(pattern)
        part = parser.alternatives()
        if parser.at < len(pattern):
            return ()
    except _Unknown:
        return ()
    return _usable(part.clauses())


def either(ones: Iterable[Sequence[Clause]]) -> tuple[Clause, ...]:
    """What a text must contain where one of several demands must hold."""
    words: set[bytes] = set()
    for clauses in ones:
        if not clauses:
            return ()
        words |= best(clauses)[0]
    return (frozenset(words),) if len(words) <= 4 * _MOST_WORDS else ()


def best(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """The clauses that the fewest texts fulfil."""
    return tuple(sorted(set(clauses), key=lambda c: (frequency(c), sorted(c)))[:_MOST_CLAUSES])


@lru_cache(maxsize=4096)
def frequency(clause: Clause) -> float:
    """How often its words stand in a text, roughly; only good for comparing clauses."""
    return sum(prod(map(_CHANCES.__getitem__, word)) for word in clause)


def _usable(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    cut = (frozenset(word[:_LONGEST] for word in clause) for clause in clauses)
    return best(clause for clause in cut if b"" not in clause)


def _characters(characters: Iterable[str]) -> _Part:
    """One character out of several."""
    several = list(characters)
    codes = {ord(c.lower()) if c.isascii() else 0x80 for c in several}
    codes |= {_ASCII_TWINS[c] for c in several if c in _ASCII_TWINS}
    if len(codes) > _MOST_IN_CLASS:
        return _ANYTHING
    words = frozenset(bytes([code]) for code in codes)
    # One character beyond ASCII is several bytes, and how many may depend on its case.
    return _Part(None, (words,)) if BEYOND in words else _Part(words)


def _sequence(parts: Sequence[_Part]) -> _Part:
    """Parts one after the other."""
    needs: list[Clause] = []
    current: frozenset[bytes] | None = frozenset({b""})
    whole = True
    for part in parts:
        if part.exact is None:
            needs += _Part(current).clauses()
            needs += part.needs
            current, whole = frozenset({b""}), False
        elif current is not None and len(current) * len(part.exact) <= _MOST_WORDS:
            current = frozenset(a + b for a, b in product(current, part.exact))
        else:
            needs += _Part(current).clauses()
            current, whole = part.exact, False
    if whole:
        return _Part(current)
    return _Part(None, best([*needs, *_Part(current).clauses()]))


def _one_of(parts: Sequence[_Part]) -> _Part:
    """One of several parts."""
    if len(parts) == 1:
        return parts[0]
    exact: set[bytes] = set()
    for part in parts:
        if part.exact is None or len(exact) > _MOST_WORDS:
            return _Part(None, either([part.clauses() for part in parts]))
        exact |= part.exact
    if len(exact) > _MOST_WORDS:
        return _Part(None, either([part.clauses() for part in parts]))
    return _Part(frozenset(exact))


class _Parser:
    """Reads an expression from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0

    def alternatives(self) -> _Part:
        """Up to the end, or to the bracket that closes the group."""
        branches: list[_Part] = []
        parts: list[_Part] = []
        while self.at < len(self._pattern) and self._peek() != ")":
            if self._peek() == "|":
                self.at += 1
                branches.append(_sequence(parts))
                parts = []
            else:
                parts.append(self._repeated(self._atom()))
        return _one_of([*branches, _sequence(parts)])

    def _peek(self) -> str:
        return self._pattern[self.at : self.at + 1]

    def _next(self) -> str:
        if self.at >= len(self._pattern):
            raise _Unknown
        self.at += 1
        return self._pattern[self.at - 1]

    def _repeated(self, part: _Part) -> _Part:
        while (mark := self._peek()) and mark in "*+?{":
            self.at += 1
            if mark == "{":
                end = self._pattern.find("}", self.at)
                least, _, most = self._pattern[self.at : end].partition(",")
                if end < 0 or not least.isdecimal():
                    raise _Unknown
                self.at = end + 1
                optional, once = int(least) == 0, most == "1"
            else:
                optional, once = mark in "*?", mark == "?"
            if self._peek() == "?":
                self.at += 1
            if optional and once and part.exact is not None:
                part = _Part(part.exact | {b""})
            else:
                part = _Part(None, () if optional else part.clauses())
        return part

    def _atom(self) -> _Part:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == ".":
            return _ANYTHING
        if character in "^$":
            return _EMPTY
        if character == "\\":
            return self._escape(self._next())
        if character in "*+?{":
            raise _Unknown
        return _characters({character})

    def _group(self) -> _Part:
        if self._peek() == "?":
            self.at += 1
            flags = ""
            if self._peek() in ("P", "<"):
                while self._next() != ">":
                    pass
            else:
                while (mark := self._next()) not in ":)":
                    if mark not in "imsuU-":
                        raise _Unknown
                    flags += mark
                if mark == ")":
                    return _EMPTY
        inner = self.alternatives()
        if self._next() != ")":
            raise _Unknown
        return inner

    def _escape(self, kind: str) -> _Part:
        if kind in "bBAz":
            if self._peek() == "{":
                raise _Unknown
            return _EMPTY
        if kind == "d":
            return _Part(None, (frozenset({*(bytes([d]) for d in _DIGITS), BEYOND}),))
        if kind in "wWsSDpP":
            if kind in "pP" and self._next() == "{":
                while self._next() != "}":
                    pass
            return _ANYTHING
        return _characters({self._character(kind)})

    def _character(self, kind: str) -> str:
        """The character that an escape stands for."""
        if kind in "ntrfva":
            return {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}[kind]
        if kind in "xuU":
            if self._peek() == "{":
                end = self._pattern.find("}", self.at)
                digits, self.at = self._pattern[self.at + 1 : end], end + 1
            else:
                length = {"x": 2, "u": 4, "U": 8}[kind]
                digits = self._pattern[self.at : self.at + length]
                self.at += length
            try:
                return chr(int(digits, 16))
            except (ValueError, OverflowError):
                raise _Unknown from None
        if kind.isalnum() or kind in "<>":
            raise _Unknown
        return kind

    def _class(self) -> _Part:
        negated = self._peek() == "^"
        if negated:
            self.at += 1
        members: set[str] = set()
        wide = False  # holds more than can be listed
        first = True
        while (character := self._next()) != "]" or first:
            first = False
            if character == "[" or (character in "&-~" and self._peek() == character):
                raise _Unknown  # nested classes and set operations
            if character == "\\":
                kind = self._next()
                if kind == "d":
                    members |= {*map(chr, _DIGITS), "\x80"}
                    continue
                if kind in "wWsSDpPb":
                    if kind in "pP" and self._next() == "{":
                        while self._next() != "}":
                            pass
                    wide = True
                    continue
                character = self._character(kind)
            last = self._range_end(character)
            if ord(last) - ord(character) > _MOST_IN_CLASS and ord(last) < 0x80:
                wide = True
            elif ord(last) < 0x80:
                members |= {chr(code) for code in range(ord(character), ord(last) + 1)}
            else:
                members |= {chr(code) for code in range(ord(character), 0x80)} | {"\x80"}
        return _ANYTHING if negated or wide else _characters(members)

    def _range_end(self, character: str) -> str:
        """The last character of a range that starts so; of a single character, itself."""
        following = self._pattern[self.at : self.at + 2]
        if len(following) < 2 or following[0] != "-" or following[1] in "]-":
            return character
        self.at += 1
        last = self._next()
        if last == "\\":
            kind = self._next()
            if kind in "dwWsSDpPb":
                raise _Unknown
            last = self._character(kind)
        if last == "[":
            raise _Unknown
        return last
