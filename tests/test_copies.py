"""Whether pairs of rows are copies: counts and edits of the kernel against plain Python, and what copies are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import copies
from curate.copies import Pairs, are_copies, overlaps, within_edits
from curate.engines import choose_engine
from curate.label_variants import edit_distance
from curate.shingles import ShingleSets
from curate.texts import I64, ListSource, TextBatch

WORDS = st.lists(st.integers(1, 4), max_size=14)  # the kernel takes the hash 0 for 1


def rows_of(*rows: Sequence[int]) -> ShingleSets:
    values = np.array([word for row in rows for word in row], np.uint64)
    return ShingleSets(values, np.cumsum([0, *map(len, rows)]))


def number(*numbers: int) -> I64:
    return np.array(numbers, np.int64)


@settings(max_examples=600)
@given(WORDS, WORDS, st.integers(0, 8))
def test_few_edits_are_told_as_the_whole_table_tells(
    a: list[int], b: list[int], allowed: int
) -> None:
    near = within_edits(rows_of(a, b), number(0), number(1), number(allowed))
    assert near.tolist() == [edit_distance([*map(str, a)], [*map(str, b)], 99) <= allowed]


@settings(max_examples=200)
@given(st.lists(st.integers(0, 30), max_size=60), st.data(), st.integers(0, 6))
def test_few_edits_in_long_rows(a: list[int], data: st.DataObject, allowed: int) -> None:
    b = list(a)
    for _ in range(data.draw(st.integers(0, 7))):
        at = data.draw(st.integers(0, max(len(b) - 1, 0)))
        what = data.draw(st.sampled_from(["out", "in", "other", "swap"]))
        if what == "in" or not b:
            b.insert(at, 31)
        elif what == "out":
            del b[at]
        elif what == "other":
            b[at] = 32
        elif at + 1 < len(b):
            b[at], b[at + 1] = b[at + 1], b[at]
    near = within_edits(rows_of(a, b), number(0), number(1), number(allowed))
    assert near.tolist() == [edit_distance([*map(str, a)], [*map(str, b)], 99) <= allowed]


@given(WORDS, WORDS)
def test_words_in_common_are_counted_once(a: list[int], b: list[int]) -> None:
    common, either = overlaps(rows_of(a, b), number(0, 1), number(1, 1))
    assert common.tolist() == [len({*a} & {*b}), len({*b})]
    assert either.tolist() == [len({*a} | {*b}), len({*b})]


def test_without_the_kernel_the_answers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of([1, 2, 3, 4], [1, 3, 2, 4], [1, 2, 3, 4, 9, 9], [])
    left, right = number(0, 0, 0, 2), number(1, 2, 3, 3)
    asked = (overlaps(rows, left, right), within_edits(rows, left, right, number(1, 1, 3, 6)))
    monkeypatch.setattr(copies, "_kernel", lambda: None)
    again = (overlaps(rows, left, right), within_edits(rows, left, right, number(1, 1, 3, 6)))
    assert [x.tolist() for x in (*asked[0], asked[1])] == [
        x.tolist() for x in (*again[0], again[1])
    ]
    assert asked[1].tolist() == [True, False, False, True]


class _Rows(ListSource):
    """Texts whose answers are what follows the last line feed."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(texts)
        self._answers = ListSource([text.rpartition("\n")[2] for text in texts])

    def answers(self, rows: I64) -> TextBatch:
        return self._answers.take(rows)


@pytest.mark.parametrize("engine", ["local", "datasketch"])
def test_copies_have_much_the_same_answer_or_hardly_a_word_of_difference(engine: str) -> None:
    prompt = " ".join(f"word{i}" for i in range(60))
    rows = _Rows(
        [
            f"{prompt}\nYes, it is so",
            f"{prompt}\nNo, blue whales never sing",
            f"{prompt} more\nyes it IS so!",
            f"{prompt.replace('word7 ', 'other ')}\nYes, it is not",
            f"{' '.join(f'word{i}' for i in range(0, 60, 2))}\nYes, it was so",
        ]
    )
    sure = Pairs(number(1, 2), number(0, 0), np.array([0.9, 0.9]))
    kind = choose_engine("local" if engine == "local" else "datasketch")
    assert are_copies(sure, rows, 0.8, kind).tolist() == [False, True]
    # Less alike than the threshold: the same answer lets a little less pass, few edits a good deal.
    less = Pairs(
        number(2, 2, 3, 4, 1), number(0, 0, 0, 0, 0), np.array([0.76, 0.7, 0.7, 0.7, 0.76])
    )
    assert are_copies(less, rows, 0.8, kind).tolist() == [True, True, True, False, False]
    assert are_copies(less.at(slice(0, 0)), rows, 0.8, kind).tolist() == []
