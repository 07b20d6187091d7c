"""Regular expressions that are compiled when they are first used.

Compiling takes Python 0.3 ms each; the rules have two hundred of them, and a small file needs a few.
What stands at the top of a module is therefore written `_ITEM = regex(r"...")`, not `re.compile`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, AnyStr, Generic, cast

# What `python -m curate.documentation` has read from the expressions of the rules; others are read when needed.
FILE = Path(__file__).with_name("pattern_words.json")

# From so many calls on, the words of an expression are worth knowing; of more words, finding them is slow.
_OFTEN = 100
_MOST_WORDS = 40
_MOST_LETTERS = 16


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, which is called at the first use; an error in the pattern shows then."""
    return cast("re.Pattern[AnyStr]", _Uncompiled(pattern, flags))


class _Uncompiled(Generic[AnyStr]):
    """Takes over each attribute of the compiled expression that is asked for, so that from the second
    time on it is found without a detour."""

    def __init__(self, pattern: AnyStr, flags: int) -> None:
        self._arguments: tuple[AnyStr, int] = (pattern, flags)
        self._calls = 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith(
            "__"
        ):  # what copying and pickling ask for: they make do with the arguments
            raise AttributeError(name)
        value = getattr(self._compiled, name)
        if name in ("search", "finditer") and isinstance(self._compiled.pattern, str):
            value = self._search if name == "search" else self._finditer
        setattr(self, name, value)
        return value

    def _search(self, text: str, *place: int) -> re.Match[str] | None:
        self._count()
        return self._of_text().search(text, *place)

    def _finditer(self, text: str, *place: int) -> Iterator[re.Match[str]]:
        self._count()
        return self._of_text().finditer(text, *place)

    def _count(self) -> None:
        """Once the expression is used often, give way to what looks for its words first.

        Python goes through a text letter by letter for what may be one of many words, but finds a
        single word at once.
        """
        self._calls += 1
        if self._calls > _OFTEN:
            compiled = self._of_text()
            words = words_of(compiled)
            search, finditer = compiled.search, compiled.finditer
            if words:
                search, finditer = (
                    _with_words(search, words, None),
                    _with_words(finditer, words, ()),
                )
            self.__dict__.update(search=search, finditer=finditer)

    def _of_text(self) -> re.Pattern[str]:
        compiled: Any = self._compiled
        return cast("re.Pattern[str]", compiled)

    @cached_property
    def _compiled(self) -> re.Pattern[AnyStr]:
        return re.compile(*self._arguments)


def has_any(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands in a text; a loop costs a third of `any` with a generator."""
    for word in words:  # noqa: SIM110  # as said above
        if word in text:
            return True
    return False


# The two texts that were looked at last, and what they are in lower case: rules look at a prompt and its answer in turns.
_last = (("", ""), ("", ""))


def _with_words(
    find: Callable[..., Any], words: tuple[str, ...], nothing: Any
) -> Callable[..., Any]:
    """`find`, called only on texts that hold one of the words."""

    def found(text: str, *place: int) -> Any:
        global _last
        if not text.isascii():
            return find(text, *place)
        one, other = _last
        if one[0] is text:
            lower = one[1]
        elif other[0] is text:
            lower = other[1]
        else:
            lower = text.lower()
            _last = (text, lower), one
        for word in words:
            if word in lower:
                return find(text, *place)
        return nothing if nothing is None else iter(nothing)

    return found


def words_of(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Some words, in lower case, of which an ASCII text must hold one to match; none where that is not known."""
    if pattern.flags & re.VERBOSE:
        return ()
    known = _table().get(pattern.pattern)
    return _words_in(pattern.pattern) if known is None else tuple(known)


@cache
def _table() -> dict[str, list[str]]:
    try:
        table: dict[str, list[str]] = json.loads(FILE.read_bytes())
    except (OSError, ValueError):
        return {}
    return table


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
    return found


def written(patterns: Iterable[str]) -> str:
    """The content of the file that says which words these expressions demand."""
    table = {pattern: _words_in(pattern) for pattern in sorted(patterns)}
    return json.dumps(table, indent=0) + "\n"


def _words_in(pattern: str) -> tuple[str, ...]:
    """As `words_of`, read from the expression, which takes a millisecond."""
    from curate.literals import ways_of
    from curate.wanted_words import BOUND, LONG_NUMBER, frequency

    ways = ways_of(pattern, start=False, end=False)
    found = {word.replace(BOUND, b"") for way in ways for word in min(way, key=frequency)}
    if LONG_NUMBER in found:
        return ()
    words = sorted(word.decode() for word in found if word.isascii())
    # Where one word contains another, the shorter one says it all.
    words = [word for word in words if not any(other in word for other in words if other != word)]
    letters = all(len(word) == 1 for word in words)  # of many, nearly every text holds one
    return tuple(words) if len(words) <= (_MOST_LETTERS if letters else _MOST_WORDS) else ()
