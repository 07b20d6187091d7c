"""The shared object that the C sources are built into, where it was built."""

from __future__ import annotations

import ctypes
import functools
import sys
from pathlib import Path

_FILE = Path(__file__).with_name("_minhash.dll" if sys.platform == "win32" else "_minhash.so")


@functools.cache
def library() -> ctypes.CDLL | None:
    """Its functions, during which Python's lock is free; None where it was not built (or does not load)."""
    try:
        return ctypes.CDLL(str(_FILE))
    except OSError:
        return None


@functools.cache
def short_calls() -> ctypes.PyDLL | None:
    """The same for functions that are done within microseconds, and keep the lock."""
    try:
        return ctypes.PyDLL(str(_FILE))
    except OSError:
        return None
