"""Work in other threads."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from curate.threads import ahead


def _slow(seconds: float) -> Iterator[int]:
    yield 1
    yield 2
    time.sleep(seconds)
    yield 3


def test_the_items_come_in_their_order() -> None:
    assert list(ahead(_slow(0))) == [1, 2, 3]


def test_an_error_comes_where_the_item_would_have_come() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    items = ahead(failing())
    assert next(items) == 1
    with pytest.raises(OSError, match="gone"):
        next(items)


def _stop_at_two(items: Iterator[int]) -> None:
    for item in items:
        if item == 2:
            raise KeyboardInterrupt


def test_who_stops_early_does_not_wait_for_the_next_item() -> None:
    began = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        _stop_at_two(ahead(_slow(2.0)))
    assert time.perf_counter() - began < 1.5
