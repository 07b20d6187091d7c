"""Texts straight from lines of JSON, without parsing them in Python, where the C kernel can.

`curate.rowtexts` is the definition. The kernel handles a line whose keys are, in order, those of a row
that was parsed before (`learn`), with values of the plain kinds; it leaves every other line to Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from curate import kernel
from curate.kernel import KernelEngine, Lines, LineShapes
from curate.linefiles import LineFile
from curate.rowtexts import RowTexts
from curate.schemas.turns import RecordFormat
from curate.shingles import ShingleSets, Shingling
from curate.signatures import Banding, Sketches
from curate.texts import I64, TextBatch

_STRING, _TURNS, _SIDE = 0, 1, 2
_WHICH = {"prompt": 1, "completion": 2}
_MOST_SHAPES = 8

# The fields of a format in the order of the text: (before the answer), (the answer).
_FIELDS: dict[RecordFormat, tuple[tuple[str, ...], tuple[str, ...]]] = {
    RecordFormat.INSTRUCTION: (("system", "instruction", "input"), ("output",)),
    RecordFormat.QUESTION_ANSWER: (("system", "context", "question"), ("answer",)),
    RecordFormat.PROMPT_COMPLETION: (("system", "prompt"), ("completion",)),
    RecordFormat.UNPAIRED_PREFERENCE: (("system", "prompt", "prompt_input"), ("completion",)),
    RecordFormat.PROMPT_ONLY: (("system", "prompt"), ()),
    RecordFormat.TEXT: ((), ("text",)),
}
_SIDES = ("prompt", "completion")


class LineTexts:
    """What has been learnt about the lines of one run."""

    def __init__(self, engine: KernelEngine, texts: RowTexts) -> None:
        self._engine = engine
        self._texts = texts
        self._known: dict[tuple[str, ...], list[tuple[str, int, int]] | None] = {}
        self._shapes: LineShapes | None = None

    @classmethod
    def of(cls, texts: RowTexts) -> LineTexts | None:
        """None where there is no kernel, or where `texts` is more than plain `RowTexts`."""
        engine = kernel.load()
        return cls(engine, texts) if engine is not None and type(texts) is RowTexts else None

    def learn(self, row: Any) -> None:
        """Look at a parsed row, so that later lines with its keys need not be parsed."""
        if not isinstance(row, dict):
            return
        keys = tuple(row)
        if keys in self._known or len(self._known) > 64:
            return
        self._known[keys] = self._plan(row)
        shapes = [plan for plan in list(self._known.values()) if plan]
        if shapes and len(shapes) <= _MOST_SHAPES:
            which = _WHICH.get(self._texts.field, 0)
            self._shapes = LineShapes(shapes, which, self._texts.system)

    def extract(self, file: LineFile, indices: I64) -> tuple[TextBatch, list[int]]:
        """The texts of these lines, and which of them (by position, empty here) are left to Python."""
        if self._shapes is None:
            return TextBatch.of([""] * len(indices)), list(range(len(indices)))
        batch, done = self._engine.extract(self._shapes, _lines(file, indices))
        return batch, np.flatnonzero(~done).tolist()

    def sketch(
        self, file: LineFile, start: int, stop: int, shingling: Shingling, banding: Banding
    ) -> tuple[Sketches, list[int]] | None:
        """The sketches of lines `start` to `stop`, and which of them (undefined) are left to Python.

        None where no line can be read here.
        """
        if self._shapes is None:
            return None
        lines = Lines(file.array, file.starts[start:stop], file.ends[start:stop])
        sketches, done = self._engine.sketch_lines(self._shapes, lines, shingling, banding)
        return sketches, np.flatnonzero(~done).tolist()

    def sets(
        self, file: LineFile, indices: I64, shingling: Shingling, tokens: int
    ) -> ShingleSets | None:
        """The shingle sets of these lines (of so many tokens); None if one of them is left to Python."""
        if self._shapes is None:
            return None
        sets, done = self._engine.sets_lines(self._shapes, _lines(file, indices), shingling, tokens)
        return sets if done.all() else None

    def _plan(self, row: dict[str, Any]) -> list[tuple[str, int, int]] | None:
        """What becomes of each value, in the order of the keys; None: always parse such rows."""
        if any("\\" in key or '"' in key or not key.isprintable() for key in row):
            return None
        field = self._texts.field
        if field not in ("all", "prompt", "completion"):
            return [(k, 0 if k == field else -1, _STRING) for k in row] if field in row else None
        shape = self._texts.shape(row)
        if shape is None:
            return None
        if any(name in row and name != column for name, column in shape.columns):
            return None  # two columns for one field; rare, and Python knows which counts
        names = {column: name for name, column in shape.columns}
        slots = self._slots(shape.format, {names.get(key, key) for key in row})
        if slots is None:
            return None
        return [(key, *slots.get(names.get(key, key), (-1, _STRING))) for key in row]

    def _slots(self, format_: RecordFormat, present: set[str]) -> dict[str, tuple[int, int]] | None:
        """Place and kind of each field that is part of the text."""
        field, system = self._texts.field, self._texts.system
        judged = format_ is RecordFormat.UNPAIRED_PREFERENCE and "completion" not in present
        if format_ is RecordFormat.CHAT or judged:
            return None if system and "system" in present else {"messages": (0, _TURNS)}
        if format_ is RecordFormat.SHAREGPT:
            turns = {"conversations": (1, _TURNS)}
            return turns | ({"system": (0, _STRING)} if system and field != "completion" else {})
        if format_ not in _FIELDS or "history" in present:
            return None
        before, answer = _FIELDS[format_]
        wanted = answer if field == "completion" else before
        wanted = before + answer if field == "all" else wanted
        return {
            name: (place, _SIDE if name in _SIDES else _STRING)
            for place, name in enumerate(wanted)
            if name != "system" or system
        }


def _lines(file: LineFile, indices: I64) -> Lines:
    return Lines(file.array, file.starts[indices], file.ends[indices])
