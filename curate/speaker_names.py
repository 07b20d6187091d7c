"""What the speakers of conversations are called, as far as some rows of a file tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from curate.faults import Fault
from curate.light_dataclass import dataclass
from curate.schemas.turns import SHAREGPT_ROLES
from curate.texts import I64

# Of each batch so many rows are looked at; in so many a name has to be met.
_LOOKED_AT, _LEAST = 50, 3


def some_of(count: int) -> I64:
    """The places of the rows that are looked at, evenly spread."""
    return np.arange(0, count, max(1, -(-count // _LOOKED_AT)), dtype=np.int64)


@dataclass(slots=True)
class SpeakerNames:
    """The names that users and assistants have in a file's conversations; tells once where both have several."""

    # Role: name: the first line, and in how many rows it was met.
    _met: dict[str, dict[str, tuple[int, int]]] = field(
        default_factory=lambda: {"user": {}, "assistant": {}}
    )
    _told: bool = False

    def look(self, values: Sequence[Any], lines: Iterable[int]) -> list[Fault]:
        """Look at rows; a fault where they, with those before, have two names for one role."""
        if self._told:
            return []
        for value, line in zip(values, lines, strict=True):
            for name in _names_in(value):
                role = SHAREGPT_ROLES.get(name, "")
                if role in self._met:
                    first, count = self._met[role].get(name, (line, 0))
                    self._met[role][name] = (first, count + 1)
        several = [self._often(role) for role in self._met]
        if not any(len(names) > 1 for names in several):
            return []
        self._told = True
        said = "; ".join(
            f"{role}s are called "
            + " and ".join(f"{name!r} (first in row {line:,})" for name, line in names)
            for role, names in zip(self._met, several, strict=True)
            if len(names) > 1
        )
        return [Fault("mixed-speaker-names", None, f"the speakers have several names: {said}")]

    def _often(self, role: str) -> list[tuple[str, int]]:
        found = [(name, line) for name, (line, count) in self._met[role].items() if count >= _LEAST]
        return sorted(found, key=lambda item: item[1])


def _names_in(value: Any) -> set[str]:
    turns = (
        value.get("conversations") or value.get("conversation") if isinstance(value, dict) else None
    )
    if not isinstance(turns, list):
        return set()
    names = (turn.get("from") for turn in turns if isinstance(turn, dict))
    # Calls and results of tools have names of their own.
    return {n for n in names if isinstance(n, str) and n not in ("function_call", "tool_call")}
