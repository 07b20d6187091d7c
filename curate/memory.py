"""Memory that nobody needs any more is let go, and what is free given back to the system."""

from __future__ import annotations

import ctypes
import gc

import polars as pl

# From so many rows on it is worth the milliseconds.
MANY_ROWS = 250_000


def on_its_own(frame: pl.DataFrame) -> pl.DataFrame:
    """The same values, their texts copied: for the few that are kept of many.

    A text in polars is a view into the column that it was first in, all of which stays while one such view does.
    """
    texts = frame.select(pl.col(pl.String)).columns
    return frame.with_columns(pl.concat_str(pl.col(name), pl.lit("")) for name in texts)


def give_back() -> None:
    """Where C's library can do that. After many small pieces were freed between others, glibc keeps their pages until it is asked."""
    gc.collect(
        1
    )  # linting goes on without the collector; an exception that its frame holds is such garbage
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return  # another C library
    trim(0)
