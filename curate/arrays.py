"""numpy's arrays as polars columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

_DTYPES: dict[np.dtype[Any], pl.DataType] = {
    np.dtype(np.bool_): pl.Boolean(),
    np.dtype(np.uint8): pl.UInt8(),
    np.dtype(np.uint32): pl.UInt32(),
    np.dtype(np.uint64): pl.UInt64(),
    np.dtype(np.int32): pl.Int32(),
    np.dtype(np.int64): pl.Int64(),
    np.dtype(np.float64): pl.Float64(),
}
_SHORT = 4096


def series_of(values: NDArray[Any], name: str = "") -> pl.Series:
    """As `pl.Series(name, values)`.

    polars first looks whether an array is a masked one, and imports numpy.ma for that, which takes a
    small file 15 ms: short arrays go as lists.
    """
    if len(values) > _SHORT or values.dtype not in _DTYPES:
        return pl.Series(name, values)
    return pl.Series(name, values.tolist(), dtype=_DTYPES[values.dtype])
