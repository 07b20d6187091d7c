"""Questions about rows and sets of numbers: what comes next, what solves two equations, what is prime."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from curate.patterns import regex
from curate.rules.arithmetic import Unreadable, evaluate
from curate.rules.numerals import is_prime, only_list, plain_numbers

_NEXT = regex(
    r"\b(?:next (?:number|term|value|two|three|four|five|2|3|4|5|item|element)|comes? next|continue (?:the|this) (?:\w+ )?(?:sequence|series|pattern)|(?:complete|extend|predict) (?:the|this) (?:\w+ )?(?:sequence|series|pattern))",
    re.I,
)
_MISSING = regex(r"\bmissing\b|, ?[_?]+ ?,", re.I)
_LEAST_TERMS = 4
_PRIMES = regex(
    r"^\W*(?:please )?(?:find|list|name|give|generate|identify|what are|write|output|provide)\b[^.\n]*\bprime (?:numbers|factors|divisors)\b(?! and|[^.\n]*\b(?:composite|sum|how many|count|function|code|program|not prime|non-prime)\b)",
    re.I,
)
_PRIMES_BETWEEN = regex(
    r"\bprime numbers?\b[^.]*?\b(?:from|between)\s+(\d{1,4})\s+(?:to|and)\s+(\d{1,4})\b", re.I
)
_LISTED = regex(
    r"(?:^|\bare\b|\bis\b|[:={])\s*(?=\d\D*\d)(\d{1,9}(?:(?:\s*[,x×*&]\s*(?:and\s+)?|\s+and\s+)\d{1,9})*)[}.]?\s*$"
)
_SYSTEM = regex(r"(?<![\w=])([-+\dxy .*()/]*[xy][-+\dxy .*()/]*)=([-+\dxy .*()/]*\d)(?![\w=*/^.]*[\wxy])", re.I)  # fmt: skip


def next_terms(prompt: str) -> Iterator[tuple[str, tuple[Fraction, ...], Fraction]]:
    """ "What comes next: 2, 4, 8, 16?": all the continuations that a simple law gives."""
    values = only_list(prompt)
    if values is None or len(values) < _LEAST_TERMS or not _NEXT.search(prompt):
        return
    if _MISSING.search(prompt):
        return
    right = tuple(dict.fromkeys(_continuations(values)))
    if right:
        told = ", ".join(f"{float(v):g}" for v in values)
        yield f"what comes after {told}", right, Fraction(0)


def _continuations(values: list[Fraction]) -> Iterator[Fraction]:
    """The next term by differences of the first or second order, by a ratio, and by sums of two terms."""
    steps = [b - a for a, b in pairwise(values)]
    if len(set(steps)) == 1:
        yield values[-1] + steps[0]
    turns = [b - a for a, b in pairwise(steps)]
    if len(set(turns)) == 1 and len(turns) >= 2:
        yield values[-1] + steps[-1] + turns[0]
    if 0 not in values and len({b / a for a, b in pairwise(values)}) == 1:
        yield values[-1] * values[-1] / values[-2]
    if all(a + b == c for a, b, c in zip(values, values[1:], values[2:], strict=False)):
        yield values[-1] + values[-2]


def wrong_primes(prompt: str, completion: str) -> Iterator[str]:
    """A number that no prime is, in an answer that lists nothing but prime numbers."""
    if not _PRIMES.search(prompt):
        return
    match = _LISTED.search(completion.strip())
    given = set(plain_numbers(prompt))
    for digits in re.findall(r"\d+", match[1]) if match else ():
        if not is_prime(int(digits)) and Fraction(digits) not in given:
            yield f"the completion counts {digits} among the prime numbers"
            return


def wrong_primes_between(prompt: str, completion: str) -> Iterator[str]:
    """A number in the range asked for that is no prime, among those that an answer lists at its end."""
    asked = _PRIMES_BETWEEN.search(prompt)
    if asked is None:
        return
    low, high = int(asked[1]), int(asked[2])
    listed = re.split(r"\bare\b|\bis\b|:|\{", completion)[-1]
    for digits in re.findall(r"(?<![\d.])\d{1,4}(?![\d.]*\d)", listed):
        value = int(digits)
        if max(low, 2) <= value <= high and not is_prime(value):
            yield f"the completion counts {value} among the prime numbers"
            return


def wrong_solutions(prompt: str, completion: str) -> Iterator[str]:
    """No claimed pair of x and y solves the two equations of the prompt."""
    if prompt.count("=") < 2:
        return
    equations = [(m[1], m[2]) for m in _SYSTEM.finditer(prompt)]
    if len(equations) != 2 or not re.search(r"\b(?:solve|solution|system|simultaneous|find)\b", prompt, re.I):  # fmt: skip
        return
    whole = " ".join(left + right for left, right in equations).lower()
    if "x" not in whole or "y" not in whole:
        return
    xs, ys = (_claimed(letter, completion) for letter in "xy")
    pair = re.search(r"\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\)", completion)
    if pair:
        xs, ys = [*xs, Fraction(pair[1])], [*ys, Fraction(pair[2])]
    if xs and ys and not any(_solve(equations, x, y) for x in xs for y in ys):
        yield f"x = {float(xs[-1]):g} and y = {float(ys[-1]):g} do not solve both equations"


def _claimed(letter: str, text: str) -> list[Fraction]:
    found = re.findall(
        rf"(?<![\w+*/.-])(?<![-+*/] ){letter}\s*=\s*(-?\d+(?:\.\d+)?(?:/[1-9]\d*)?)(?![\w.]*[\dxy]|\s*[-+*/^(])",
        text,
        re.I,
    )
    return [Fraction(value) for value in found]


def _solve(equations: list[tuple[str, str]], x: Fraction, y: Fraction) -> bool:
    """Whether both equations hold, or one cannot be read."""
    for left, right in equations:
        try:
            sides = [evaluate(_with(side.lower(), x, y)) for side in (left, right)]
        except (Unreadable, ZeroDivisionError, RecursionError):
            return True
        if abs(sides[0] - sides[1]) > max(abs(sides[1]) * Fraction(1, 50), Fraction(1, 20)):
            return False
    return True


def _with(side: str, x: Fraction, y: Fraction) -> str:
    for letter, value in (("x", x), ("y", y)):
        sign = "(0-" if value < 0 else "("
        side = side.replace(letter, f"{sign}{abs(value).numerator}/{value.denominator})")
    return side
