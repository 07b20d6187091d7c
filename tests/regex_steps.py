"""How much work a regular expression is: a backtracking matcher that counts its steps.

It goes through a text as Python's `re` does, alternatives in order and back again, so its count grows as the
time of `re` does, but is the same on every machine. `steepness` makes texts that an expression is
likely to stumble over from the expression itself: what its repeats take, many times, with an end that does
not fit.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from re import _parser  # type: ignore[attr-defined]  # the standard library's own parser has no types
from typing import Any

ENDLESS = 1_000  # a repeat that may go on for longer counts as one without end
MOST = 300_000  # steps
TOO_STEEP = 0.3
# One character of each kind that expressions tell apart.
_LETTERS = "aeZ1 \n.,-'\"()[]{}<>#*=+/\\:;!?|_%$&`@^~\té中\u200b"
_WORD = re.compile(r"\w")
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_NOT_DIGIT": lambda c: not c.isdecimal(),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda c: not c.isspace(),
    "CATEGORY_WORD": lambda c: _WORD.match(c) is not None,
    "CATEGORY_NOT_WORD": lambda c: _WORD.match(c) is None,
}
Continue = Callable[[int], bool]
Node = tuple[Any, Any]


class TooMuch(Exception):
    """The steps went past what is allowed."""


class Counter:
    """Searches texts for one expression and counts the steps."""

    def __init__(self, pattern: str, flags: int, most: int) -> None:
        tree = _parser.parse(pattern, flags)
        self.nodes: list[Node] = list(tree)
        self.flags: int = tree.state.flags
        self._most = most
        self._groups: dict[int, tuple[int, int]] = {}
        self._text = ""
        self.steps = 0
        self.spans: list[tuple[int, int]] = []  # of what was found

    def search_all(self, text: str) -> int:
        """The steps of finding every match. Raises TooMuch."""
        self._text, self.steps, self.spans, at = text, 0, [], 0
        while at <= len(text):
            self._groups = {}
            end = self._alone(self.nodes, at, self.flags)
            if end is not None:
                self.spans.append((at, end))
            at = max(end or 0, at + 1)
        return self.steps

    def _sequence(self, nodes: list[Node], k: int, at: int, flags: int, then: Continue) -> bool:
        if k == len(nodes):
            return then(at)
        self.steps += 1
        if self.steps > self._most:
            raise TooMuch
        op, given = nodes[k]
        return self._node(
            str(op), given, at, flags, lambda i: self._sequence(nodes, k + 1, i, flags, then)
        )

    def _node(self, op: str, given: Any, at: int, flags: int, then: Continue) -> bool:
        if op in _ONE:
            return at < len(self._text) and takes(op, given, self._text[at], flags) and then(at + 1)
        if op == "AT":
            return self._stands(str(given), at, flags) and then(at)
        if op == "BRANCH":
            return any(self._sequence(list(b), 0, at, flags, then) for b in given[1])
        if op == "SUBPATTERN":
            number, added, removed, body = given
            inner = (flags | added) & ~removed

            def close(end: int) -> bool:
                before = self._groups.get(number)
                if number is not None:
                    self._groups[number] = (at, end)
                if then(end):
                    return True
                if before is not None:
                    self._groups[number] = before
                return False

            return self._sequence(list(body), 0, at, inner, close)
        if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, body = given
            # Bounds, however large, make no difference to how the work grows; small ones show it sooner.
            least = min(least, 4)
            most = most if most > ENDLESS else min(most, least + 2)
            return self._repeat(op, least, most, list(body), at, flags, then)
        if op == "ATOMIC_GROUP":
            end = self._alone(list(given), at, flags)
            return end is not None and then(end)
        if op in ("ASSERT", "ASSERT_NOT"):
            behind, body = given
            start = at - body.getwidth()[0] if behind < 0 else at  # what is behind has one width
            found = start >= 0 and self._alone(list(body), start, flags) is not None
            return found == (op == "ASSERT") and then(at)
        if op == "GROUPREF":
            start, end = self._groups.get(given, (0, 0))
            said = self._text[start:end]
            return self._text.startswith(said, at) and then(at + len(said))
        if op == "FAILURE":
            return False
        raise NotImplementedError(op)

    def _alone(self, body: list[Node], at: int, flags: int) -> int | None:
        ends: list[int] = []

        def keep(end: int) -> bool:
            ends.append(end)
            return True

        return ends[0] if self._sequence(body, 0, at, flags, keep) else None

    def _repeat(
        self, op: str, least: int, most: int, body: list[Node], at: int, flags: int, then: Continue
    ) -> bool:
        if len(body) == 1 and str(body[0][0]) in _ONE:
            return self._run(op, least, most, body[0], at, flags, then)

        def more(count: int, at: int) -> bool:
            def again(end: int) -> bool:
                return (end > at or count < least) and more(count + 1, end)

            room = count < most
            if count < least:
                return self._sequence(body, 0, at, flags, again)
            if op == "MIN_REPEAT":
                return then(at) or (room and self._sequence(body, 0, at, flags, again))
            return (room and self._sequence(body, 0, at, flags, again)) or then(at)

        if op != "POSSESSIVE_REPEAT":
            return more(0, at)
        count = 0
        while count < most and (end := self._alone(body, at, flags)) is not None and end > at:
            at, count = end, count + 1
        return count >= least and then(at)

    def _run(
        self, op: str, least: int, most: int, node: Node, at: int, flags: int, then: Continue
    ) -> bool:
        """A repeat of one character: Python counts how far it goes, then tries the ends."""
        one, given = str(node[0]), node[1]
        last = at
        stop = min(len(self._text), at + most)
        if op == "MIN_REPEAT":
            while True:
                if last - at >= least and then(last):
                    return True
                if last >= stop or not takes(one, given, self._text[last], flags):
                    return False
                last += 1
                self._step()
        while last < stop and takes(one, given, self._text[last], flags):
            last += 1
            self._step()
        if op == "POSSESSIVE_REPEAT":
            return last - at >= least and then(last)
        return any(then(end) for end in range(last, at + least - 1, -1))

    def _step(self) -> None:
        self.steps += 1
        if self.steps > self._most:
            raise TooMuch

    def _stands(self, where: str, at: int, flags: int) -> bool:
        text, size = self._text, len(self._text)
        lines = bool(flags & re.MULTILINE)
        if where in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
            return at == 0 or (lines and where == "AT_BEGINNING" and text[at - 1] == "\n")
        if where == "AT_END":
            return at == size or (text[at] == "\n" and (lines or at == size - 1))
        if where == "AT_END_STRING":
            return at == size
        before = at > 0 and _WORD.match(text[at - 1]) is not None
        after = at < size and _WORD.match(text[at]) is not None
        return (before != after) == (where == "AT_BOUNDARY")


_ONE = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN"})


def takes(op: str, given: Any, character: str, flags: int) -> bool:
    """Whether a node for one character takes this one."""
    if op == "ANY":
        return bool(flags & re.DOTALL) or character != "\n"
    if op == "IN":
        return _in(tuple((str(kind), _frozen(what)) for kind, what in given), character, flags)
    folded = character.casefold() if flags & re.IGNORECASE else character
    wanted = chr(given).casefold() if flags & re.IGNORECASE else chr(given)
    return (folded == wanted) == (op == "LITERAL")


def _frozen(what: Any) -> Any:
    return what if isinstance(what, (int, tuple, type(None))) else str(what)


@cache
def _in(items: tuple[tuple[str, Any], ...], character: str, flags: int) -> bool:
    cased = {character}
    if flags & re.IGNORECASE:
        cased |= {character.lower(), character.upper()}
    found, negated = False, False
    for kind, what in items:
        if kind == "NEGATE":
            negated = True
        elif kind == "LITERAL":
            found |= chr(what) in cased
        elif kind == "RANGE":
            found |= any(what[0] <= ord(c) <= what[1] for c in cased if len(c) == 1)
        elif kind == "CATEGORY":
            found |= _CATEGORIES[str(what)](character)
    return found != negated


def samples(nodes: list[Node], flags: int, kinds: int = 1) -> list[str]:
    """Some short texts that a sequence is likely to match, each repeat taken as seldom as it may."""
    texts = [""]
    for op, given in nodes:
        parts = _samples_of(str(op), given, flags, kinds)
        texts = [text + part for text in texts for part in parts][: 2 * kinds]
    return texts


def _samples_of(op: str, given: Any, flags: int, kinds: int) -> list[str]:
    if op == "LITERAL":
        return [chr(given)]
    if op in _ONE:
        fitting = [c for c in _LETTERS if takes(op, given, c, flags)]
        if not fitting and op == "IN":
            kind, what = given[0]
            fitting = [chr(what if str(kind) == "LITERAL" else what[0])] if what else []
        return fitting[:kinds] or [""]
    if op == "BRANCH":
        return [s for branch in given[1] for s in samples(list(branch), flags)][: 3 * kinds]
    if op == "SUBPATTERN":
        return samples(list(given[3]), (flags | given[1]) & ~given[2], kinds)
    if op.endswith("REPEAT"):
        return [s * given[0] for s in samples(list(given[2]), flags, kinds)]
    if op == "ATOMIC_GROUP":
        return samples(list(given), flags, kinds)
    return [""]


def endless(nodes: list[Node], flags: int, before: str = "") -> Iterator[tuple[str, str]]:
    """(what leads to it, what it repeats) for each repeat without an end, and kinds of it."""
    for op, given in nodes:
        name = str(op)
        bodies: list[tuple[list[Node], int]] = []
        if name.endswith("REPEAT"):
            if given[1] > ENDLESS:
                for pump in samples(list(given[2]), flags, 3):
                    if pump:
                        yield before, pump
            bodies = [(list(given[2]), flags)]
        elif name == "SUBPATTERN":
            bodies = [(list(given[3]), (flags | given[1]) & ~given[2])]
        elif name == "BRANCH":
            bodies = [(list(branch), flags) for branch in given[1]]
        elif name in ("ASSERT", "ASSERT_NOT"):
            bodies = [(list(given[1]), flags)]
        elif name == "ATOMIC_GROUP":
            bodies = [(list(given), flags)]
        for body, inner in bodies:
            yield from endless(body, inner, before)
        before += _samples_of(name, given, flags, 1)[0]


def steepness(pattern: str, flags: int = 0, size: int = 20) -> tuple[float, str]:
    """How far the work is from growing with the length of the text, and by which text it is told.

    Of three texts, each longer by as much as the first is long, the work of a linear expression grows by the same
    from one to the next. What is returned is by how much more it grows the second time, in
    rereadings of the text: 0 for linear, about 1 and more for quadratic expressions, infinite for what
    takes more than MOST steps. The first text that is TOO_STEEP ends the search. What leads to the
    repeat stands before | in what is returned.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
    counter = Counter(pattern, flags, MOST)
    worst, at = 0.0, ""
    tried: set[tuple[str, str]] = set()
    for before, pump in endless(counter.nodes, counter.flags):
        for lead, text in {("", pump), (before, pump), ("", before + pump)}:
            if (lead, text) in tried or len(tried) >= 20:
                continue
            tried.add((lead, text))
            times = max(size // len(text), 8)
            texts = [lead + text * (n * times) + "\0" for n in (1, 2, 3)]
            try:
                few, more, most = (counter.search_all(t) for t in texts)
                steep = (most - 2 * more + few) / (times * times * len(text))
            except (TooMuch, RecursionError):
                steep = float("inf")
            if steep > worst:
                worst, at = steep, f"{lead}|{text}"
            if worst > TOO_STEEP:
                return worst, at
    return worst, at
