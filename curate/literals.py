r"""What a text must contain for a regular expression to match it: words, one of which must be there.

After RE2's FilteredRE2. `\b(?:can(?:no|')t|unable to) help` cannot match where none of "cannot help", "can't help"
and "unable to help" stands. The answer may demand too little, never too much: syntax that is not
understood demands nothing. Case is ignored; bytes beyond ASCII count as one byte, `BEYOND`, or by their kinds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import product

from curate.light_dataclass import dataclass
from curate.wanted_words import (
    BEYOND,
    BOUND,
    CODE,
    CODES,
    END,
    LONG_NUMBER,
    LONG_NUMBERS,
    MOST_WORDS,
    SPACES,
    START,
    Ways,
    both,
    either,
    kinds_of,
    usable,
)

_MOST_IN_CLASS = 40
# Characters beyond ASCII whose other case is an ASCII letter.
_ASCII_TWINS = {"\u017f": ord("s"), "\u212a": ord("k"), "\u0130": ord("i")}
_ASCII_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = frozenset(b"0123456789")


class _Unknown(Exception):
    """The expression uses syntax that is not understood here."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of an expression: all that it can match, where that is little; else what it demands.

    `gap` says of what it consists where it matches characters of one kind or none: "space" or "sign"
    (no letter, but maybe white space). `head` are words with one of which all that it matches begins;
    `last`, of one character, those with which it ends.
    """

    exact: frozenset[bytes] | None
    needs: Ways = ()
    gap: str = ""
    head: frozenset[bytes] | None = None
    last: frozenset[bytes] | None = None

    def ways(self) -> Ways:
        """What it demands."""
        if self.exact is None:
            return self.needs
        return usable(self.exact)


_EMPTY = _Part(frozenset({b""}))
_ANYTHING = _Part(None)
_THE_END = frozenset({END})


@cache
def ways_of(pattern: str, *, literal: bool = False, start: bool = True, end: bool = True) -> Ways:
    """What a text must contain for the pattern (Rust's syntax) to match.

    `start` and `end` say whether the pattern is matched against the text's own beginning and end.
    """
    if literal:
        return _sequence([_character(c, False) for c in pattern]).ways()
    rest = pattern.removeprefix(CODES)
    if rest != pattern and "|" not in rest and not rest.startswith(tuple("*+?{")):
        return ((frozenset({CODE}),),)
    if pattern == LONG_NUMBERS:
        return ((frozenset({LONG_NUMBER}),),)
    several_lines = re.search(r"\(\?[a-zA-Z]*m", pattern) is not None
    folded = re.search(r"\(\?[a-zA-Z]*i", pattern) is not None
    try:
        parser = _Parser(pattern, start and not several_lines, end and not several_lines, folded)
        part = parser.alternatives()
        if parser.at < len(pattern):
            return ()
    except _Unknown:
        return ()
    return part.ways()


def _characters(characters: Iterable[str], folded: bool, beyond: Iterable[bytes] = ()) -> _Part:
    """One character out of several, in any case where they are `folded`; and those of the kinds `beyond` ASCII."""
    several, kinds = list(characters), frozenset(beyond)
    codes = {ord(c.lower()) for c in several if c.isascii()}
    codes |= {_ASCII_TWINS[c] for c in several if c in _ASCII_TWINS}
    kinds = kinds.union(*(kinds_of(c, c, folded=folded) for c in several if not c.isascii()))
    if len(codes) > _MOST_IN_CLASS:
        return _ANYTHING
    words = frozenset(bytes([code]) for code in codes)
    # One character beyond ASCII is several bytes, and how many may depend on its case.
    if kinds:
        edge = words | {BEYOND}
        return _Part(None, ((words | kinds,),), head=edge, last=edge)
    return _Part(words, gap="space" if all(word in SPACES for word in words) else "")


@cache
def _character(character: str, folded: bool) -> _Part:
    return _characters(character, folded)


def _sequence(parts: Sequence[_Part]) -> _Part:
    """Parts one after the other."""
    if len(parts) == 1:
        return parts[0]
    needs: Ways = ()
    current, head = frozenset({b""}), None
    for i, part in enumerate(parts):
        before_end = i + 1 < len(parts) and parts[i + 1].exact == _THE_END
        if part.gap and (
            all(word.endswith(START) for word in current) or (part.gap == "space" and before_end)
        ):
            continue  # the words' own marks of the edges stand beyond such a gap
        beginning = part.head if part.exact is None else part.exact
        together = None if beginning is None else _joined(current, beginning)
        if part.exact is not None and together is not None:
            current = together
            continue
        needs = both(both(needs, usable(current if together is None else together)), part.needs)
        head = head or (current if together is None else together)
        ending = part.last if part.last and (before_end or len(part.last) <= 12) else None
        current = part.exact or ending or frozenset({b""})
    if head is None:
        return _Part(current)
    return _Part(None, both(needs, usable(current)), head=None if b"" in head else head)


def _joined(ones: frozenset[bytes], others: frozenset[bytes]) -> frozenset[bytes] | None:
    """Each followed by each; None where these are too many."""
    if len(ones) * len(others) > MOST_WORDS:
        return None
    if len(ones) == 1:
        (one,) = ones
        return frozenset(one + other for other in others)
    return frozenset(a + b for a, b in product(ones, others))


def _one_of(parts: Sequence[_Part]) -> _Part:
    """One of several parts."""
    if len(parts) == 1:
        return parts[0]
    beginnings = [part.head if part.exact is None else part.exact for part in parts]
    heads = frozenset().union(*(head or () for head in beginnings))
    known = all(beginnings) and len(heads) <= MOST_WORDS
    if known and all(part.exact is not None for part in parts):
        return _Part(heads)
    needs = either([part.ways() for part in parts])
    return _Part(None, needs, head=heads if known and b"" not in heads else None)


# The end of the text, with white space before it or not; `english` writes the white space out.
_AT_END = re.compile(r"(?:(?:\\s|\[ \\t\\r\\n\\x0b\\x0c\])\*)?\$")


class _Parser:
    """Reads an expression from left to right."""

    def __init__(self, pattern: str, start: bool, end: bool, folded: bool) -> None:
        self._pattern = pattern
        self._folded = folded
        self._start, self._end = start, end
        self._ends = False  # whether the alternatives that are being read end where the text does
        self.at = 0

    def alternatives(self, *suffix: _Part) -> _Part:
        """Up to the end, or to the bracket that closes the group; `suffix` follows on each."""
        branches: list[_Part] = []
        parts: list[_Part] = []
        while self.at < len(self._pattern) and self._peek() != ")":
            if self._peek() == "|":
                self.at += 1
                branches.append(_sequence([*parts, *suffix]))
                parts = []
            else:
                parts.append(self._repeated(self._atom()))
        return _one_of([*branches, _sequence([*parts, *suffix])])

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
                head = part.head if part.exact is None else part.exact
                unknown = optional or head is None or b"" in head
                single = part.exact is not None and all(len(word) == 1 for word in part.exact)
                last = part.exact if single else part.last
                part = _Part(
                    None,
                    () if optional else part.ways(),
                    part.gap,
                    head=None if unknown else head,
                    last=None if optional else last,
                )
        return part

    def _atom(self) -> _Part:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == ".":
            return _ANYTHING
        if character == "^":
            return _Part(frozenset({START})) if self._start else _EMPTY
        if character == "$":
            return _Part(frozenset({END})) if self._end else _EMPTY
        if character == "\\":
            return self._escape(self._next())
        if character in "*+?{":
            raise _Unknown
        return _character(character, self._folded)

    def _group(self) -> _Part:
        if self._peek() == "?":
            self.at += 1
            flags = ""
            if self._pattern.startswith(("=", "!", "<=", "<!"), self.at):
                # What stands beside (Python's syntax): not part of what matches.
                self.at += 1 if self._peek() != "<" else 2
                self._beside()
                return _EMPTY
            if self._pattern.startswith("P=", self.at):
                raise _Unknown
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
        outer, start = self._ends, self.at
        self._ends = False
        inner = self.alternatives()
        if self._next() != ")":
            raise _Unknown
        ends = _AT_END.match(self._pattern, self.at) or (outer and self._peek() in ("|", ")"))
        if self._end and ends:
            # Each of the alternatives stands at the end of the text: once more, with that in mind.
            self.at, self._ends = start, True
            inner = self.alternatives(_Part(frozenset({END})))
            self._next()
        self._ends = outer
        return inner

    def _beside(self) -> None:
        outer, self._ends = self._ends, False
        self.alternatives()
        if self._next() != ")":
            raise _Unknown
        self._ends = outer

    def _escape(self, kind: str) -> _Part:
        if kind in "bBAz":
            if self._peek() == "{":
                raise _Unknown
            return _Part(frozenset({BOUND})) if kind == "b" else _EMPTY
        if kind == "d":
            return _Part(None, ((frozenset({*(bytes([d]) for d in _DIGITS), BEYOND}),),))
        if kind in "wWsSDpP":
            if kind in "pP" and self._next() == "{":
                while self._next() != "}":
                    pass
            return _Part(None, gap={"s": "space", "W": "sign"}.get(kind, ""))
        return _character(self._escaped(kind), self._folded)

    def _escaped(self, kind: str) -> str:
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
        beyond: set[bytes] = set()
        wide = False  # holds more than can be listed
        first = True
        while (character := self._next()) != "]" or first:
            first = False
            if character == "[" or (character in "&-~" and self._peek() == character):
                raise _Unknown  # nested classes and set operations
            if character == "\\":
                kind = self._next()
                if kind == "d":
                    members |= set(map(chr, _DIGITS))
                    beyond.add(BEYOND)
                    continue
                if kind in "wWsSDpPb":
                    if kind in "pP" and self._next() == "{":
                        while self._next() != "}":
                            pass
                    wide = True
                    continue
                character = self._escaped(kind)
            last = self._range_end(character)
            if ord(last) - ord(character) > _MOST_IN_CLASS and ord(last) < 0x80:
                wide = True
            elif ord(last) < 0x80:
                members |= {chr(code) for code in range(ord(character), ord(last) + 1)}
            else:
                members |= {chr(code) for code in range(ord(character), 0x80)}
                beyond |= kinds_of(max(character, "\x80"), last, folded=self._folded)
        if negated:
            # What is not a letter may stand before the first letter.
            no_letters = members >= _ASCII_LETTERS
            return _Part(None, gap="sign" if no_letters and not wide else "")
        return _ANYTHING if wide else _characters(members, self._folded, beyond)

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
            last = self._escaped(kind)
        if last == "[":
            raise _Unknown
        return last
