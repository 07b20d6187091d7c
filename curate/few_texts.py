"""Regular expressions for a few texts, cut down to the alternatives that these can match.

polars compiles an expression of ten thousand characters in ten milliseconds, for one text as for a million: of what a
small file takes, most. So alternatives whose words (`curate.wordings`) no text holds are left out before
anything is compiled.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import polars as pl

from curate.demands import nodes_of, text_of, value_of
from curate.light_dataclass import dataclass
from curate.word_marks import Known
from curate.wordings import Clauses, joined, pieces_of

# Characters from which on an expression may hold one that is worth it.
_LONG = 300
# Up to so many texts, and so many characters of them, looking for words is cheaper than compiling.
FEW = 32
_MOST_CHARACTERS = 1 << 15
_SPACES = re.compile(r"[ \t\n\r\x0b\x0c]+")


def cut(test: pl.Expr, frame: pl.DataFrame) -> pl.Expr:
    """An expression that says the same of the rows of this frame, each of which it must look at by itself."""
    if frame.height > FEW:
        return test
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = test.meta.serialize(format="json")
            if len(said) < _LONG:
                return test
            tree = orjson.loads(said)
            if not _Columns(frame).cut(tree):
                return test
            return pl.Expr.deserialize(io.BytesIO(orjson.dumps(tree)), format="json")
    except (pl.exceptions.PolarsError, ValueError, TypeError, KeyError):
        return test


def cut_pattern(pattern: str, texts: Sequence[str | None]) -> str:
    """A regular expression that matches the same in these texts."""
    pieces = pieces_of(pattern) if len(texts) <= FEW and len(pattern) >= _LONG else None
    held = None if pieces is None else _Texts.of(texts)
    return pattern if pieces is None or held is None else joined(pieces, held.hold)


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts in lower case, each white space one space; and all in one piece."""

    texts: Sequence[str]
    together: str

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> _Texts | None:
        """None for texts that are too long, or hold characters that count as ASCII letters."""
        known = [Known(text) for text in texts if text]
        if any(one.marks is not None for one in known):
            return None
        lower = [_SPACES.sub(" ", one.lower) for one in known]
        together = "\n".join(lower)
        return None if len(together) > _MOST_CHARACTERS else cls(lower, together)

    def hold(self, clauses: Clauses) -> bool:
        """Whether one of the texts holds a word of each clause."""
        if not _holds(self.together, clauses):
            return False
        return len(clauses) == 1 or any(_holds(text, clauses) for text in self.texts)


def _holds(text: str, clauses: Clauses) -> bool:
    for words in clauses:
        for word in words:
            if word in text:
                break
        else:
            return False
    return True


class _Columns:
    """The texts of a frame, by column."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self._known: dict[str, _Texts | None] = {}

    def cut(self, tree: Any) -> bool:
        """Cut down the expressions in a tree (as polars writes it down), in place; whether there were any."""
        changed = [self._cut_test(node) for node in nodes_of(tree)]
        return any(changed)

    def _cut_test(self, node: dict[str, Any]) -> bool:
        """Cut down one test of a text with an expression."""
        function = node.get("function")
        test = function.get("StringExpr") if isinstance(function, dict) else None
        if not isinstance(test, dict) or test.get("Contains", {}).get("literal") is not False:
            return False
        text, literal = node["input"]
        pattern = value_of(literal)
        if not isinstance(pattern, str) or len(pattern) < _LONG:
            return False
        pieces = pieces_of(pattern)
        column = None if pieces is None else text_of(text)[0]
        held = None if column is None else self._held(column)
        if pieces is None or held is None:
            return False
        shorter = joined(pieces, held.hold)
        node["input"][1] = _replaced(literal, shorter)
        return shorter != pattern

    def _held(self, column: str) -> _Texts | None:
        if column not in self._known:
            name = column if column in self._frame.columns else f"{column}_lower"
            texts = self._frame.get_column(name, default=None)
            is_text = texts is not None and texts.dtype == pl.String
            self._known[column] = _Texts.of(texts) if is_text and texts is not None else None
        return self._known[column]


def _replaced(literal: Any, pattern: str) -> Any:
    """A literal (as polars writes it down) with another value."""
    if not isinstance(literal, dict):
        return pattern
    ((kind, value),) = literal.items()
    return {kind: _replaced(value, pattern)}
