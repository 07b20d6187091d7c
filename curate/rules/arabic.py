"""Arabic as people type it, for expressions that look for its words."""

from __future__ import annotations

# Vowels and the stretching mark, which few people write: texts are compared without them.
VOWELS = r"[\u064b-\u0652\u0640]"
# Each of these letters as any of those that it is taken for.
_ALIKE = str.maketrans(
    {letter: f"[{letters}]" for letters in ("اأإآ", "يى", "ةه") for letter in letters}
)


def spelled(pattern: str) -> str:
    """The pattern with alef and its hamza, yeh and its dots, teh marbuta and heh taken for each other."""
    return pattern.translate(_ALIKE)
