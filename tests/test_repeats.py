"""The kernel's first look at loops is that of the expression."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import textkernel
from curate.repeats import repeating, repeating_of

_PIECES = st.text("ab é–😀\n", min_size=1, max_size=9)
_TEXTS = st.one_of(
    st.none(),
    st.text("ab é–😀\n", max_size=90),
    st.tuples(_PIECES, st.integers(1, 30), _PIECES).map(lambda t: t[0] * t[1] + t[2]),
    st.tuples(_PIECES, _PIECES, st.integers(1, 30)).map(lambda t: t[0] + t[1] * t[2]),
    st.text("abcdefgh ", min_size=16, max_size=60).map(lambda t: 3 * t),
)


@pytest.mark.skipif(textkernel.load() is None, reason="the kernel is not built")
@settings(max_examples=250, deadline=None)
@given(texts=st.lists(_TEXTS, min_size=1, max_size=12))
def test_the_kernel_finds_what_the_expression_does(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    text = pl.col("text")
    found = frame.select(repeating(text).alias("a"), repeating_of(text).alias("b"))
    assert found["a"].to_list() == found["b"].to_list()


def test_without_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textkernel, "load", lambda: None)
    frame = pl.DataFrame({"text": ["no " * 30, "A sentence that says one thing, and ends.", None]})
    assert frame.select(repeating(pl.col("text"))).to_series().to_list() == [True, False, None]
