"""Exact arithmetic on what a text says: expressions, lists of numbers, and the values claimed.

Values are fractions, so that nothing is lost; a claimed value counts as right when it is the true
one rounded to the digits that it shows.
"""

from __future__ import annotations

from fractions import Fraction

from curate.patterns import regex

_TOKEN = regex(r"\s*(?:(\d[\d,]*(?:\.\d+)?|\.\d+)|([-+*/×÷xX^()%−]))")
_NUMBER = regex(r"(?<![\w.,/])-?\$?(\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s*/\s*(\d+))?(?![\d/])")
_MIXED = regex(r"(?<![\w.,/])(\d{1,6}) (?:and )?(\d{1,3})/([1-9]\d{0,3})(?![\d/])")
_PAIR = regex(r"(\d{1,9})([-+*/])(\d{1,9})")
_LARGEST_EXPONENT = 64


class Unreadable(ValueError):
    """The text is not an expression of arithmetic."""


def number(text: str) -> Fraction:
    """A number as written, with or without thousands separators. Raises Unreadable."""
    plain = text.replace(",", "").replace("$", "").strip()
    try:
        # Of whole numbers, most by far, Fraction need not find the parts first.
        return Fraction(int(plain)) if plain.isascii() and plain.isdigit() else Fraction(plain)
    except (ValueError, ZeroDivisionError) as error:
        raise Unreadable(text) from error


def evaluate(expression: str) -> Fraction:
    """The value of an expression of + - * / ^ % and parentheses. Raises Unreadable."""
    tokens: list[str] = []
    at = 0
    text = expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable(expression)
        tokens.append(match[1] or match[2])
        at = match.end()
    parser = _Parser(tokens)
    value = parser.sum()
    if parser.at != len(tokens):
        raise Unreadable(expression)
    return value


class _Parser:
    """Recursive descent; a number before a parenthesis multiplies, as in school."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def sum(self) -> Fraction:
        value = self.product()
        while self._next() in ("+", "-", "−"):
            sign = self.tokens[self.at]
            self.at += 1
            term = self.product()
            value = value + term if sign == "+" else value - term
        return value

    def product(self) -> Fraction:
        value = self.power()
        while self._next() in ("*", "/", "×", "÷", "x", "X", "("):
            sign = self._next()
            if sign != "(":
                self.at += 1
            factor = self.power()
            if sign in ("/", "÷"):
                if factor == 0:
                    raise Unreadable("division by zero")
                value /= factor
            else:
                value *= factor
        return value

    def power(self) -> Fraction:
        base = self.atom()
        if self._next() == "^":
            self.at += 1
            exponent = self.power()
            if exponent.denominator != 1 or abs(exponent) > _LARGEST_EXPONENT:
                raise Unreadable("exponent")
            if base == 0 and exponent <= 0:
                raise Unreadable("zero to the power of zero or less")
            base = base ** int(exponent)
        return base

    def atom(self) -> Fraction:
        token = self._next()
        if not token:
            raise Unreadable("the expression ends early")
        self.at += 1
        if token == "(":
            value = self.sum()
            if self._next() != ")":
                raise Unreadable("a parenthesis is not closed")
            self.at += 1
        elif token in ("-", "−"):
            return -self.power()
        elif token[0].isdigit() or token[0] == ".":
            value = number(token)
        else:
            raise Unreadable(token)
        if self._next() == "%":
            self.at += 1
            value /= 100
        return value


def numbers_in(text: str) -> list[tuple[Fraction, int]]:
    """(value, decimals shown) of every number in a text; a/b is one number as well as two."""
    # "2 1/2" is one number.
    found = [(int(m[1]) + Fraction(int(m[2]), int(m[3])), 6) for m in _MIXED.finditer(text)]
    for match in _NUMBER.finditer(text):
        digits = match[1].rstrip(",")
        try:
            value = number(digits)
        except Unreadable:
            continue
        if match[0].startswith("-"):
            found.append((-value, _decimals(digits)))
        found.append((value, _decimals(digits)))
        if match[2] and int(match[2]):
            found.append((value / int(match[2]), 6))
    return found


def _decimals(digits: str) -> int:
    return len(digits.partition(".")[2])


def agrees(true: Fraction, claimed: Fraction, decimals: int) -> bool:
    """Whether the claimed value is the true one, rounded or cut to the decimals that it shows."""
    if decimals == 0:
        return true == claimed
    return abs(true - claimed) < Fraction(1, 10**decimals)


def shown(value: Fraction) -> str:
    """A value for a message: whole, or with up to four decimals."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.4f}".rstrip("0").rstrip(".")


def plainly_right(expression: str, claimed: str) -> bool:
    """A quick look at two whole numbers, which most annotations are."""
    match = _PAIR.fullmatch(expression)
    if match is None or not claimed.isdigit():
        return False
    a, b, value = int(match[1]), int(match[3]), int(claimed)
    sign = match[2]
    if sign == "/":
        return a == b * value and b > 0
    return value == (a * b if sign == "*" else a + b if sign == "+" else a - b)
