"""A proportion with its confidence interval."""

from __future__ import annotations

import math

_Z = 1.959964  # of a two-sided 95% interval


def wilson(hits: float, count: int) -> tuple[float, float]:
    """The 95% interval of a proportion (Wilson 1927, JASA 22:209-212). (0, 1) when count is 0."""
    if count == 0:
        return 0.0, 1.0
    share, z2 = hits / count, _Z * _Z
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = _Z / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return max(0.0, centre - half), min(1.0, centre + half)
