"""Memory that nobody needs any more is let go, and what is free given back to the system."""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import TypeVar

import polars as pl
from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)

# From so many rows on it is worth the milliseconds.
MANY_ROWS = 250_000


def on_its_own(frame: pl.DataFrame) -> pl.DataFrame:
    """The same values, their texts copied: for the few that are kept of many.

    A text in polars is a view into the column that it was first in, all of which stays while one such view does.
    """
    texts = frame.select(pl.col(pl.String)).columns
    return frame.with_columns(pl.concat_str(pl.col(name), pl.lit("")) for name in texts)


def lean(model: Model) -> Model:
    """The same frozen model, all of whose fields were given.

    pydantic notes that for each instance by itself, which takes 0.7 KB of a finding; here it is once for the class.
    """
    object.__setattr__(model, "__pydantic_fields_set__", _fields_of(type(model)))
    return model


@cache
def _fields_of(kind: type[BaseModel]) -> set[str]:
    return set(kind.model_fields)


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
