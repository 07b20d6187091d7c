r"""Equations as LaTeX writes them: `\frac{3}{4} + \frac{1}{4} = 1`, `$2^{10} = 1024$`, `7 \cdot 8 = 56`.

Only sides that hold nothing but numbers are compared, each with the next; a side beside which something else
stands (a letter, a function, a modulus) may lack a part and is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction

from curate.patterns import regex
from curate.rules.arithmetic import Unreadable, evaluate

# A dollar sign is LaTeX's where a sum and its result follow.
HINT = r"\\(?:d?frac|tfrac|times|cdot|div|sqrt)\b|[0-9]\^\{?[0-9]|\\\[|\\\(|\$[0-9(](?s:.*)=[-+ ]*[0-9({\\]"
# What a sum is made of. A run of it begins where none was before.
_PIECE = r"(?:\\(?:[dt]?frac|times|cdot|div|left|right|sqrt|quad|qquad|[,;!:%$ ]|displaystyle)(?![a-zA-Z])|[-+*/=^(){}\d ]|(?<=\d)[.,](?=\d))"
_RUN = regex(
    rf"(?<![-+*/=^(){{}}\d ])(?:{_PIECE})++(?:\\(?:text|mathrm|textrm)\{{[^{{}}\n]{{0,30}}\}}(?:\^\{{?[23]\}}?)?)?"
)
_UNIT = regex(r"\\(?:text|mathrm|textrm)\{[^{}\n]{0,30}\}(?:\^\{?[23]\}?)?$")
_FUNCTION = regex(
    r"(?:\\[a-zA-Z]*|\b(?:sin|cos|tan|log|ln|lg|gcd|lcm|max|min|det|exp|mod|abs|lim|or))$"
)
_OPERATION = regex(r"\d\W*[-+*/^(]\W*\d|\\[dt]?frac|\\sqrt|\\times|\\cdot|\\div")
# Before and after a run these may stand; anything else may belong to the sum.
_FREE_BEFORE, _FREE_AFTER = regex(r"(?:^|[$\[(\n:;]|[a-zA-Z]{2}|[.,])$"), regex(r"(?:$|[$\n;:?]|\\[\])]|[.,](?:\s|$|\$|\\))")  # fmt: skip
_SPACES = regex(r"\\(?:left|right|quad|qquad|displaystyle)(?![a-zA-Z])|\\[,;!: ]")
_FRACTION = regex(r"\\[dt]?frac\{([^{}]{1,60})\}\{([^{}]{1,60})\}")
_SHORT_FRACTION = regex(r"\\[dt]?frac(\d)(\d)")
_ROOT = regex(r"\\sqrt\{(\d{1,12})\}")
_POWER = regex(r"\^\{(-?\d{1,3})\}")
_NO_MATTER = {r"\times": "*", r"\cdot": "*", r"\div": "/", r"\%": "%", r"\$": "", "{,}": ""}
_DISCLAIMED = regex(
    r"\b(?:not|wrong|incorrect\w*|mistak\w*|error|false|instead|never|isn['’]t|absurd|contradict\w*|impossible|mod|modul\w*|round\w*|approximat\w*|about|roughly|estimat\w*|base|binary|octal|hex\w*|nearest|if|suppose|student|remainder|integer division)\b|≈|\\approx|\\neq|\\pmod|\\bmod",
    re.I,
)
_DELIMITER = regex(r"\\[()\[\]]")
_BESIDE = 80  # characters


def wrong_latex(text: str) -> Iterator[tuple[str, Fraction]]:
    """Each equation between numbers that does not hold, and the value of its left side."""
    text = _DELIMITER.sub("$ ", text)
    for run in _RUN.finditer(text):
        if "=" not in run[0]:
            continue
        sides = _UNIT.sub("", run[0].strip()).split("=")
        before, after = (
            text[max(0, run.start() - 12) : run.start()],
            text[run.end() : run.end() + 3],
        )
        if not _FREE_BEFORE.search(before.rstrip(" ")) or _FUNCTION.search(before.rstrip(" ")):
            sides = sides[1:]
        if not _FREE_AFTER.match(after):
            sides = sides[:-1]
        values = [_value(side) for side in sides]
        for left, right, a, b in zip(sides, sides[1:], values, values[1:], strict=False):
            if a is None or b is None or _same(a, b, left, right):
                continue
            if not _OPERATION.search(f"{left}={right}"):
                continue
            around = text[max(0, run.start() - _BESIDE) : run.end() + _BESIDE]
            if not _DISCLAIMED.search(around):
                yield f"{left.strip()} = {right.strip()}", a


def _value(side: str) -> Fraction | None:
    """The value of one side; None where it is no expression of numbers."""
    plain = _SPACES.sub(" ", side)
    for written, meant in _NO_MATTER.items():
        plain = plain.replace(written, meant)
    plain = _POWER.sub(r"^(\1)", plain)
    plain = _SHORT_FRACTION.sub(r"((\1)/(\2))", plain)
    plain = re.sub(r"(\d)\s*(?=\\[dt]?frac)", r"\1 + ", plain)  # a mixed number
    for _ in range(4):  # fractions of fractions
        plain = _FRACTION.sub(r"((\1)/(\2))", plain)
    plain = _ROOT.sub(_rooted, plain)
    if "\\" in plain or "{" in plain or re.search(r"\d\s+[\d(]|\)\s*\d|\d,(?!\d{3}(?!\d))", plain):
        return None
    try:
        return evaluate(plain)
    except (Unreadable, ZeroDivisionError, RecursionError, OverflowError):
        return None


def _rooted(match: re.Match[str]) -> str:
    root = math.isqrt(int(match[1]))
    return f"({root})" if root * root == int(match[1]) else "{"


def _same(a: Fraction, b: Fraction, left: str, right: str) -> bool:
    """Whether both are one value; where one is rounded, nearly."""
    if a == b:
        return True
    if "%" in left + right and b in (100 * a, a / 100):
        return True
    decimals = re.fullmatch(r"\D*\d[\d,]*(?:\.(\d+))?\D*", right)
    if decimals is None:  # an expression, of rounded numbers perhaps
        return "." in left + right and abs(a - b) <= max(abs(a), abs(b)) / 50
    places = len(decimals[1] or "")
    return (bool(places) or a.denominator != 1) and abs(a - b) < Fraction(1, 10**places)
