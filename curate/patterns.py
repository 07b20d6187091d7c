"""Regular expressions that are compiled when they are first used.

Compiling takes Python 0.3 ms each; the rules have two hundred of them, and a small file needs a few.
What stands at the top of a module is therefore written `_ITEM = regex(r"...")`, not `re.compile`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, reduce
from operator import or_
from types import ModuleType
from typing import Any, AnyStr, Generic, cast

from curate.word_marks import (
    ALL,
    BEYOND,
    Words,
    latest,
    mark_of,
    marked,
    unmarked,
    word_table,
)

# From so many calls on, the words of an expression are worth knowing; of more words, finding them is slow.
_OFTEN = 100
_MOST_WORDS = 40
_MOST_LETTERS = 16
_FEW = 6
_LENGTHS = (12, 8, 6, 4)


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, which is called at the first use; an error in the pattern shows then."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(pattern, flags))


class _Uncompiled(Generic[AnyStr]):
    """Takes over each attribute of the compiled expression that is asked for, so that from the second
    time on it is found without a detour.

    What looks for the expression in a text asks for its words first: where no text holds them, the expression
    need not even be compiled.
    """

    def __init__(self, pattern: AnyStr, flags: int) -> None:
        self._arguments: tuple[AnyStr, int] = (pattern, flags)
        self._calls = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return regex, self._arguments

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copying and pickling ask for
            raise AttributeError(name)
        pattern, flags = self._arguments
        if name in _NOTHING and isinstance(pattern, str):
            words = known_words(pattern, flags)
            value = self._counted(name) if words is None else self._with_words(name, words)
        else:
            value = getattr(self._compiled, name)
        setattr(self, name, value)
        return value

    def _with_words(self, name: str, words: Words) -> Callable[..., Any]:
        """The method of this name, called only on texts that hold one of the words."""
        if not words:
            method: Callable[..., Any] = getattr(self._compiled, name)
            return method
        bits, nothing = mark_of(words), _NOTHING[name]
        has_mark = bits != ALL
        looked_for = _fewer(words)
        find: Callable[..., Any] = getattr(re.Pattern, name)

        def found(text: str, *place: int) -> Any:
            known = latest[0]
            if known.text is not text:
                known = latest[1]
                if known.text is not text:
                    if not looked_for:
                        return find(self._compiled, text, *place)
                    known = unmarked(text)
            marks = known.marks
            # Without a mark of its own, an expression asks a marked text for its words as it asks others.
            if marks is not None and (has_mark or marks == ALL):
                return find(self._compiled, text, *place) if marks & bits else nothing()
            lower = known.lower
            for word in looked_for:
                if word in lower:
                    return find(self._compiled, text, *place)
            return nothing() if looked_for else find(self._compiled, text, *place)

        return found

    def _counted(self, name: str) -> Callable[..., Any]:
        """The method of this name; of an expression beyond the table, the words are read once it is used often."""

        def counted(text: str, *place: int) -> Any:
            self._calls += 1
            if self._calls > _OFTEN:
                compiled: Any = self._compiled
                words = words_of(compiled)
                setattr(self, name, self._with_words(name, words))
            return getattr(self._compiled, name)(text, *place)

        return counted

    @cached_property
    def _compiled(self) -> re.Pattern[AnyStr]:
        return re.compile(*self._arguments)


def _fewer(words: Words) -> Words:
    """Words to look for one after another in place of these; none where Python finds the expression as soon by itself.

    The beginning of "<a", "<b", "<c" and so on is looked for alone; of many short words, nearly every text holds one.
    """
    fewer = dict.fromkeys(words)
    for length in (3, 2, 1):
        by_beginning: dict[str, list[str]] = {}
        for word in fewer:
            by_beginning.setdefault(word[:length], []).append(word)
        for beginning, those in by_beginning.items():
            telling = length == 3 or not (beginning[-1].isalnum() or beginning.isspace())
            if len(those) > _FEW and telling:
                fewer = dict.fromkeys([word for word in fewer if word not in those])
                fewer[beginning] = None
    short = all(len(word) <= 2 for word in fewer)
    return () if (short and len(fewer) > _FEW) or " " in fewer or "." in fewer else tuple(fewer)


# What looks for an expression in a text, and what it gives where there is none.
_NOTHING: dict[str, Callable[[], Any]] = {
    "search": lambda: None,
    "finditer": lambda: iter(()),
    "findall": list,
}


class Topic:
    """Several expressions, of which a text is asked at once whether one of them may match."""

    def __init__(self, *patterns: re.Pattern[str]) -> None:
        self.patterns = patterns

    def may_match(self, text: str) -> bool:
        """False only where no expression matches."""
        known = latest[0]
        if known.text is not text:
            known = marked(text)
        if known.marks is None:
            return any(not words or has_any(known.lower, words) for words in self._words)
        return known.marks & self._marks != 0

    def which(self, text: str) -> Sequence[int]:
        """The places of the expressions that may match."""
        known = marked(text)
        marks = known.marks
        if marks is None:
            each = enumerate(self._words)
            return [i for i, words in each if not words or has_any(known.lower, words)]
        if marks == ALL:
            return range(len(self.patterns))
        places = self._places
        found = list(places.get(ALL, ()))
        here = marks & self._own_marks
        while here:
            bit = here & -here
            found += places[bit]
            here ^= bit
        found.sort()
        return found

    @cached_property
    def _words(self) -> list[Words]:
        return [_words_of_any(pattern) for pattern in self.patterns]

    @cached_property
    def _bits(self) -> list[int]:
        return [mark_of(words) if words else ALL for words in self._words]

    @cached_property
    def _marks(self) -> int:
        return reduce(or_, self._bits)

    @cached_property
    def _own_marks(self) -> int:
        return reduce(or_, (bit for bit in self._bits if bit != ALL), 0)

    @cached_property
    def _places(self) -> dict[int, tuple[int, ...]]:
        """Those of the expressions that a mark is about, by its bit."""
        found: dict[int, tuple[int, ...]] = {}
        for i, bit in enumerate(self._bits):
            found[bit] = (*found.get(bit, ()), i)
        return found


def _words_of_any(pattern: re.Pattern[str]) -> Words:
    """As `words_of`, of an expression that need not be compiled for it."""
    one: Any = pattern
    known = known_words(*one._arguments) if isinstance(one, _Uncompiled) else None
    return words_of(pattern) if known is None else known


def has_any(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands in a text; a loop costs a third of `any` with a generator."""
    for word in words:  # noqa: SIM110  # as said above
        if word in text:
            return True
    return False


def may_hold(text: str, *words: str) -> bool:
    """Whether one of these words, in lower case, may stand in a text for an expression where case does not count."""
    return not text.isascii() or has_any(text.lower(), words)


def known_words(pattern: str, flags: int) -> Words | None:
    """The words of an expression as the table has them; None for one that does not stand in it."""
    words = None if flags & re.VERBOSE else word_table().get(pattern)
    return None if words is None else tuple(words)


def words_of(pattern: re.Pattern[str]) -> Words:
    """Some words, in lower case, of which a text must hold one to match; none where that is not known.

    `BEYOND` among them stands for any character beyond ASCII.
    """
    if pattern.flags & re.VERBOSE:
        return ()
    known = known_words(pattern.pattern, 0)
    return _words_in(pattern.pattern) if known is None else known


def patterns_in(*modules: ModuleType) -> set[str]:
    """The expressions of texts that stand at the top of modules, also inside of tuples and tables."""
    found: set[str] = set()
    waiting: list[Any] = [value for module in modules for value in vars(module).values()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, _Uncompiled):
            pattern, flags = value._arguments
            found |= {pattern} if isinstance(pattern, str) and not flags & re.VERBOSE else set()
        elif type(value) in (tuple, list):
            waiting += value
        elif type(value) is dict:
            waiting += value.values()
        elif isinstance(value, Topic):
            waiting += value.patterns
    return found


def written(patterns: Iterable[str]) -> str:
    """The content of the file that says which words these expressions demand."""
    table = {pattern: _words_in(pattern) for pattern in sorted(patterns)}
    return json.dumps(table, indent=0) + "\n"


def _words_in(pattern: str) -> Words:
    """As `words_of`, read from the expression, which takes a millisecond."""
    from curate.literals import ways_of
    from curate.wanted_words import BOUND, CODE, LONG_NUMBER, frequency

    ways = ways_of(pattern, start=False, end=False)
    # A code and a long number are no words; where more is demanded, the rest is.
    ways_in_words = [[clause for clause in way if not clause & {CODE, LONG_NUMBER}] for way in ways]
    if not all(ways_in_words):
        return ()
    found = {word.replace(BOUND, b"") for way in ways_in_words for word in min(way, key=frequency)}
    whole = {word.decode() if word.isascii() else BEYOND for word in found}
    # Of very many, their beginnings are fewer.
    for length in _LENGTHS:
        words = sorted({word[:length] for word in whole})
        # Where one word contains another, the shorter one says it all.
        words = [
            word for word in words if not any(other in word for other in words if other != word)
        ]
        letters = all(len(word) == 1 for word in words)  # of many, nearly every text holds one
        if len(words) <= (_MOST_LETTERS if letters else _MOST_WORDS):
            return tuple(words)
    return ()
