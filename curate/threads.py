"""Work in other threads: while they are in C or polars, Python goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import polars as pl

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The items of an iterator, each made in another thread while the one before is in use."""
    end = object()
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="curate-ahead")
    try:
        following = pool.submit(next, items, end)
        while (item := following.result()) is not end:
            following = pool.submit(next, items, end)
            yield item  # type: ignore[misc]  # the sentinel is handled above
    finally:
        # Who stops early, as by Ctrl-C, does not wait for an item that nobody will look at.
        pool.shutdown(wait=False, cancel_futures=True)


def side_by_side(tasks: Sequence[Callable[[], T]], purpose: str = "side") -> list[T]:
    """What tasks give, in their order; they run on as many cores as polars uses.

    For work that polars does on one core, such as compiling a regular expression. Tasks wait for others of
    the same purpose only, so none may call this for its own. The first that raises raises here.
    """
    if len(tasks) < 2:
        return [task() for task in tasks]
    return list(_pool(purpose).map(lambda task: task(), tasks))


def meanwhile(task: Callable[[], T]) -> Future[T]:
    """Begins a task in a thread of its own; its result is there for the asking."""
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="curate-meanwhile")
    future = pool.submit(task)
    pool.shutdown(wait=False)
    return future


@cache
def _pool(purpose: str) -> ThreadPoolExecutor:
    name = f"curate-{purpose}"
    return ThreadPoolExecutor(max_workers=pl.thread_pool_size(), thread_name_prefix=name)
