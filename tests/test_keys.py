"""Texts get the same key where they say the same up to case and white space, whoever computes it."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import features, textkernel

pytestmark = pytest.mark.skipif(textkernel.load() is None, reason="the kernel is not built")
_CHARACTERS = st.sampled_from(
    [
        *"aAbBzZ09.,\t\n  ",
        *"ÀÉéßÿ×÷Þµª–“”’…€é中あ😀",
        *"ΣςĞıİſKŒ\u00a0\u0085\u2028\u202f\u3000\u2003",
    ]
)


def _agrees(texts: pl.Series) -> None:
    frame = texts.alias("text").to_frame()
    frame = frame.select(key=features._key("text", 5), said=features._normalised("text"))
    both, keys, said = (frame.n_unique(columns) for columns in (["key", "said"], "key", "said"))
    assert both == keys == said


def test_every_character_is_known_or_left_to_polars() -> None:
    everything = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    texts = pl.Series("text", everything)
    _agrees(texts)
    _agrees("aB" + texts + "C " + texts)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(_CHARACTERS, max_size=24), min_size=1, max_size=40))
def test_keys_are_equal_where_the_texts_say_the_same(texts: list[str]) -> None:
    _agrees(pl.Series("text", texts))


def test_a_text_in_latin_letters_is_not_left_to_polars() -> None:
    kernel = textkernel.load()
    assert kernel is not None
    texts = pl.Series("text", ["Él dijo “ÁRBOL” – €5…", "Şu İŞ", "a\u00a0b", "中文　か"])
    assert kernel.keys(texts, 5)[1].tolist() == [False, True, True, True]
