"""Powers and whole square roots that a text states: "2^10 = 1000", "sqrt(81) = 8"."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from curate.patterns import regex

_ALONE = r"(?![\w%/*^×÷°]|[.,]\d|\s*[-+*/×÷=(])"
ROOT_CALL = regex(rf"(?i:\bsqrt\(|√\(?)(\d{{1,9}})\)? ?= ?(\d[\d,]*){_ALONE}")
_POWER = regex(rf"(?<![\w.^*/+×÷(-])(?<![*/+×÷-] )(\d{{1,3}})\^(\d{{1,2}}) ?= ?(\d[\d,]*){_ALONE}")


def wrong_powers(text: str) -> Iterator[tuple[str, Fraction]]:
    """Each wrong statement, with the true value."""
    for match in _POWER.finditer(text) if "^" in text else ():
        power = int(match[1]) ** int(match[2])
        if power != int(match[3].replace(",", "")):
            yield match[0].strip(), Fraction(power)
    for match in ROOT_CALL.finditer(text):
        root = math.isqrt(int(match[1]))
        if root**2 == int(match[1]) and root != int(match[2].replace(",", "")):
            yield match[0].strip(), Fraction(root)
