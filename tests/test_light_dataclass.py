"""The light decorator makes what the standard library's makes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from dataclasses import field
from functools import cached_property
from typing import Any

import pytest

from curate.light_dataclass import dataclass as light


def _point(decorator: Any, **settings: Any) -> Any:
    class Point:
        """A place."""

        x: int
        y: list[int] = field(default_factory=list)
        note: str = field(default="", compare=False, repr=False)

    return decorator(**settings)(Point)


SETTINGS = [
    {},
    {"frozen": True},
    {"slots": True},
    {"frozen": True, "slots": True},
    {"frozen": True, "eq": False},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_as_the_standard_librarys(settings: dict[str, bool]) -> None:
    ours, theirs = _point(light, **settings), _point(dataclasses.dataclass, **settings)
    for kind in (ours, theirs):
        assert kind(1) is not kind(1)
        assert (kind(1) == kind(1)) is settings.get("eq", True)
        assert kind(1) != kind(2)
        assert kind(1, [2], "a") != (1, [2], "a")
        assert (kind(1, note="a") == kind(1, note="b")) is settings.get("eq", True)
        assert dataclasses.replace(kind(1, [2]), x=3).x == 3
        assert dataclasses.replace(kind(1, [2]), x=3).y == [2]
        assert [f.name for f in dataclasses.fields(kind)] == ["x", "y", "note"]
        assert hasattr(kind(1), "__dict__") is not settings.get("slots", False)
        assert kind.__match_args__ == ("x", "y", "note")
        assert copy.copy(kind(1, [2], "a")).note == "a"
        with pytest.raises(TypeError):
            kind()
    assert repr(ours(1, [2])) == repr(theirs(1, [2]))
    assert (ours.__hash__ is None) is (theirs.__hash__ is None)


@light(frozen=True, slots=True)
class Key:
    """Stands at the top of a module, where pickle finds it."""

    name: str
    number: int = 0


@light(frozen=True)
class Lazy:
    """Keeps what it works out."""

    name: str

    @cached_property
    def long(self) -> str:
        """Twice the name."""
        return self.name * 2


@light(frozen=True)
class Own:
    """Says itself what is equal to it."""

    name: str

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7


@light
class Nothing:
    """Has no fields."""


def test_keys_of_dictionaries_and_pickles() -> None:
    assert {Key("a", 1): "found"}[Key("a", 1)] == "found"
    assert Key("a") not in {Key("a", 1)}
    assert pickle.loads(pickle.dumps(Key("a", 1))) == Key("a", 1)
    assert Lazy("ab").long == "abab"
    assert hash(Lazy("a")) == hash(Lazy("a"))
    assert Nothing() == Nothing()


def test_what_a_class_says_itself_stands() -> None:
    assert Own("a") == 1
    assert hash(Own("a")) == 7
