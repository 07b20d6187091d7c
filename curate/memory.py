"""Memory that is free but still the process's is given back to the system, where C's library can do that."""

from __future__ import annotations

import ctypes

# From so many rows on it is worth the milliseconds.
MANY_ROWS = 250_000


def give_back() -> None:
    """After many small pieces were freed between others: glibc keeps their pages until it is asked."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return  # another C library
    trim(0)
