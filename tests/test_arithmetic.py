"""The evaluator against Python's own exact arithmetic."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.rules.arithmetic import Unreadable, agrees, evaluate, numbers_in

_leaf = st.integers(0, 999).map(lambda n: (str(n), Fraction(n)))


def _combine(pair: tuple[tuple[str, Fraction], str, tuple[str, Fraction]]) -> tuple[str, Fraction]:
    (left, a), sign, (right, b) = pair
    if sign == "/" and b == 0:
        sign = "+"
    value = {"+": a + b, "-": a - b, "*": a * b}.get(sign)
    return f"({left} {sign} {right})", a / b if value is None else value


_tree = st.recursive(
    _leaf,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(_combine),
    max_leaves=8,
)


@given(_tree)
def test_trees(tree: tuple[str, Fraction]) -> None:
    text, value = tree
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 x 4", 14),
        ("10 - 4 - 3", 3),
        ("4 + 5(6-3)", 19),
        ("2^3^2", 512),
        ("-3^2", -9),
        ("50% * 300", 150),
        ("1,200 / 3", 400),
        (".5 * 4", 2),
    ],
)
def test_precedence(text: str, value: int) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize("text", ["", "2 +", "(3", "a + b", "1 / 0", "2 ^ 9999", "0 ^ 0", "1..2"])
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(Unreadable):
        evaluate(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_unreadable(text: str) -> None:
    with contextlib.suppress(Unreadable):
        evaluate(text)
    numbers_in(text)


def test_agreement_is_rounding_to_the_digits_shown() -> None:
    third = Fraction(10, 3)
    assert agrees(third, Fraction("3.33"), 2)
    assert agrees(third, Fraction("3.34"), 2)
    assert not agrees(third, Fraction("3.4"), 2)
    assert not agrees(third, Fraction(3), 0)
