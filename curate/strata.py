"""What to stratify a split by when the user does not say: the label, where completions are labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

import orjson

from curate.light_dataclass import dataclass

_MOST_LABELS = 50
_LONGEST_LABEL = 60  # characters
_ROWS_FOR_A_LABEL = 5  # on average; fewer is no label but a text that happens to repeat
_JSON_SHARE = 0.9


def infer_labels(completions: Iterable[str], count: int) -> tuple[list[str], str | None]:
    """A stratum for each of `count` completions, and what it is: "completion", "completion.KEY", or None.

    Completions are labels when they are short and few are different. For JSON objects, the first
    key whose values are such is taken. Without labels every row is in one stratum; no more completions
    are asked for once that is certain.
    """
    whole, objects, columns = _Values(), 0, dict[str, _Values]()
    for row, completion in enumerate(completions):
        whole.add(row, completion.strip())
        value = _object(completion)
        objects += value is not None
        if not whole.may_be_labels and row + 1 - objects > (1 - _JSON_SHARE) * count + 1:
            return [""] * count, None
        for key, item in (value or {}).items():
            columns.setdefault(key, _Values()).add(row, item if isinstance(item, str) else "")
    if whole.are_labels(count):
        return whole.of_all(count), "completion"
    if objects >= _JSON_SHARE * count:
        for key, values in columns.items():
            if len(values.rows) >= _JSON_SHARE * count and values.are_labels(count):
                return values.of_all(count), f"completion.{key}"
    return [""] * count, None


@dataclass(slots=True)
class _Values:
    """What rows have in one place; nothing more is noted once these can be no labels.

    `rows` are those that have something there, `values` what; equal values are one object.
    """

    rows: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    may_be_labels: bool = True

    def add(self, row: int, value: str) -> None:
        """Note the value of a row; an empty one is none."""
        if not value or not self.may_be_labels:
            return
        self.rows.append(row)
        self.values.append(self.known.setdefault(value, value))
        if len(value) > _LONGEST_LABEL or len(self.known) > _MOST_LABELS:
            self.may_be_labels = False
            for noted in (self.rows, self.values, self.known):
                noted.clear()

    def are_labels(self, count: int) -> bool:
        """Whether these are labels of so many rows."""
        return len(self.known) >= 2 and count >= _ROWS_FOR_A_LABEL * len(self.known)

    def of_all(self, count: int) -> list[str]:
        """The value of each row."""
        values = [""] * count
        for row, value in zip(self.rows, self.values, strict=True):
            values[row] = value
        return values


def _object(text: str) -> dict[str, object] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None
