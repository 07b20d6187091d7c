"""Work that is done ahead, in other threads: while they are in C or polars, Python goes on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The items of an iterator, each made in another thread while the one before is in use."""
    end = object()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="curate-ahead") as pool:
        following = pool.submit(next, items, end)
        while (item := following.result()) is not end:
            following = pool.submit(next, items, end)
            yield item  # type: ignore[misc]  # the sentinel is handled above
