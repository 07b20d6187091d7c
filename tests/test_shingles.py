"""What a shingle is, against the plainest possible reading of the definition."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.shingles import (
    Shingling,
    digest,
    jaccard,
    shingle_hashes,
    shingle_sets,
    tokenise,
)


def plain(text: str, n: int = 5) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    if not words:
        return set()
    return {tuple(words[i : i + n]) for i in range(max(len(words) - n, 0) + 1)}


@settings(deadline=None)
@given(st.text(alphabet="ab Éßſ_1\u0301.,\n", max_size=60), st.integers(1, 6))
def test_words_are_runs_of_word_characters(text: str, n: int) -> None:
    assert Shingling("word", n).shingles(text) == plain(text, n)
    assert Shingling("auto", n).shingles(text) == plain(text, n)


def test_case_punctuation_and_space_make_no_difference() -> None:
    shingling = Shingling()
    one = shingling.shingles("The quick -- brown fox, jumps OVER the Straße!")
    assert one == shingling.shingles("the QUICK brown\n\nfox jumps over the STRASSE")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("plain English", "word"),
        ("", "word"),
        ("😀", "word"),
        ("한국어 문장은 띄어쓰기를 합니다", "word"),
        ("שלום עולם", "word"),
        ("日本語のテキストです", "char"),
        ("中文和一点点英文的句子 English", "char"),
        ("mostly English with 中文", "word"),
        ("ab中文", "word"),  # exactly half is not more than half
        ("สวัสดีครับ", "char"),
        ("ພາສາລາວ", "char"),
        ("ភាសាខ្មែរ", "char"),
        ("မြန်မာဘာသာ", "char"),
    ],
)
def test_auto_chooses_by_script(text: str, unit: str) -> None:
    assert Shingling().tokens(text)[0] == unit


def test_short_texts_are_one_shingle_and_empty_ones_none() -> None:
    shingling = Shingling()
    assert shingling.shingles("one two") == {("one", "two")}
    assert shingling.shingles("…!") == frozenset()
    assert jaccard(frozenset(), frozenset()) == 0.0


def test_words_never_equal_characters() -> None:
    assert not Shingling("word").shingles("a b c") & Shingling("char").shingles("a b c")
    one, two = (tokenise("a b c", Shingling(unit)) for unit in ("word", "char"))
    assert digest(one, shingle_hashes(one, 5)) != digest(two, shingle_hashes(two, 5))


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab 日\u0e01", max_size=25), min_size=2, max_size=6))
def test_hashes_stand_for_shingles(texts: list[str]) -> None:
    shingling = Shingling("auto", 3)
    sets = shingle_sets(texts, shingling)
    for i, left in enumerate(texts):
        for j, right in enumerate(texts):
            common = np.intersect1d(sets.row(i), sets.row(j))
            assert len(common) == len(shingling.shingles(left) & shingling.shingles(right))
            same = shingling.tokens(left) == shingling.tokens(right)
            both = [tokenise(text, shingling) for text in (left, right)]
            digests = [digest(tokens, shingle_hashes(tokens, 3)) for tokens in both]
            assert (digests[0] == digests[1]) == same or not shingling.tokens(left)[1]
