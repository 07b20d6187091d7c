"""Arabic as people type it, for expressions that look for its words."""

from __future__ import annotations

import re

# Vowels and the stretching mark, which few people write: texts are compared without them.
VOWELS = r"[\u064b-\u0652\u0640]"


def spelled(pattern: str) -> str:
    """The pattern with alef and its hamza, yeh and its dots, teh marbuta and heh taken for each other."""
    for letters in ("اأإآ", "يى", "ةه"):
        pattern = re.sub(f"[{letters}]", f"[{letters}]", pattern)
    return pattern
