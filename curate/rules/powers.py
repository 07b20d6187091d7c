"""Equations of other forms that a text states: "2^10 = 1000", "sqrt(81) = 8", "5! = 100", "1/2 + 1/4 = 2/6"."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from curate.patterns import regex

_ALONE = r"(?![\w%/*^×÷°]|[.,]\d|\s*[-+*/×÷=(])"
ROOT_CALL = regex(rf"(?i:\bsqrt\(|√\(?)(\d{{1,9}})\)? ?= ?(\d[\d,]*){_ALONE}")
_POWER = regex(rf"(?<![\w.^*/+×÷(-])(?<![*/+×÷-] )(\d{{1,3}})\^(\d{{1,2}}) ?= ?(\d[\d,]*){_ALONE}")

_FACTORIAL = regex(rf"(?<![\w.^*/+×÷(-])(?<![*/+×÷-] )(\d{{1,2}})! ?= ?(\d[\d,]*){_ALONE}")
_SUM_TIMES = regex(
    rf"(?<![\w.^*/+×÷(-])(?<![*/+×÷-] )\((\d{{1,6}}) ?([+-]) ?(\d{{1,6}})\) ?[*×x] ?(\d{{1,6}}) ?= ?(\d[\d,]*){_ALONE}"
)
_FRACTIONS = regex(
    rf"(?<![\w.^*/+×÷(-])(?<![*/+×÷-] )(\d{{1,4}})/([1-9]\d{{0,3}}) ?([+-]) ?(\d{{1,4}})/([1-9]\d{{0,3}}) ?= ?(\d{{1,6}})/([1-9]\d{{0,5}}){_ALONE}"
)


def wrong_exactly(text: str) -> Iterator[tuple[str, Fraction]]:
    """Wrong statements that nobody rounds: factorials, sums in brackets, fractions."""
    for match in _FACTORIAL.finditer(text) if "!" in text else ():
        product = math.factorial(int(match[1]))
        if product != int(match[2].replace(",", "")):
            yield match[0], Fraction(product)
    for match in _SUM_TIMES.finditer(text) if "(" in text else ():
        term = int(match[3]) if match[2] == "+" else -int(match[3])
        times = (int(match[1]) + term) * int(match[4])
        if times != int(match[5].replace(",", "")):
            yield match[0], Fraction(times)
    for match in _FRACTIONS.finditer(text) if "/" in text else ():
        a, b, said = (Fraction(int(match[i]), int(match[i + 1])) for i in (1, 4, 6))
        true = a + b if match[3] == "+" else a - b
        if true != said:
            yield match[0], true


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
