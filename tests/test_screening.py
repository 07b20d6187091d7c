"""What texts are screened for: within the limits of the automaton, and for every rule that is dear."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import textkernel
from curate.demands import demands_of
from curate.evaluating import Plan
from curate.rules import RULES
from curate.schemas.options.lint import LintOptions
from curate.screening import Masks, Screen
from curate.textkernel import U64, WORDS

needs_kernel = pytest.mark.skipif(textkernel.load() is None, reason="needs the kernel")


@needs_kernel
def test_more_words_than_an_automaton_holds_leave_the_rarest() -> None:
    texts = pl.col("text")
    words = ["|".join(f"w{n:02}{k:03}{'abcde'[k % 5] * 6}" for k in range(100)) for n in range(60)]
    screen = Screen.of([demands_of(texts.str.contains(some)) for some in words])
    assert screen is not None
    assert any(screen.masks)
    marks = screen.kernel.marks(screen.automaton, pl.Series(["w00000aaaaaa", "nothing"]))
    assert marks[:, 0].any()
    assert not marks[:, 1].any()


@needs_kernel
def test_each_rule_with_long_expressions_is_screened() -> None:
    """Its words may have become too many for a screen: then say what they share, or take the rule apart.

    One rule looks at what stands beside a text, which cannot be screened.
    """
    plan = Plan(RULES, LintOptions())
    screen = plan._screen
    assert screen is not None
    unscreened = {
        condition.rule.about.name
        for condition in plan._conditions
        if condition.is_long and not screen.masks[condition.number]
    }
    assert unscreened <= {"unchanged-text"}


def _fulfilled(mask: list[list[tuple[str, int]]], marks: dict[str, U64], row: int) -> bool:
    held = {
        column: sum(int(word) << 64 * i for i, word in enumerate(several[:, row]))
        for column, several in marks.items()
    }
    return any(all(held[column] & wanted == wanted for column, wanted in way) for way in mask)


_WANTED = st.lists(st.integers(0, 64 * WORDS - 1), min_size=1, max_size=3).map(
    lambda bits: sum(1 << bit for bit in set(bits))
)
_MASK = st.lists(
    st.lists(st.tuples(st.sampled_from(["prompt", "completion"]), _WANTED), min_size=1, max_size=3),
    min_size=1,
    max_size=3,
)


@needs_kernel
@settings(max_examples=60, deadline=None)
@given(
    masks=st.lists(_MASK, min_size=1, max_size=4),
    rows=st.sampled_from([0, 1, 7, 8, 9, 2047, 2048, 2050, 4100]),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_candidates_are_the_texts_with_the_marks(
    masks: list[list[list[tuple[str, int]]]], rows: int, seed: int, data: st.DataObject
) -> None:
    random = np.random.default_rng(seed)
    # As of a conversation's turns: every second text is a prompt.
    both = random.integers(0, 2**63, (WORDS, 2 * rows), dtype=np.uint64) | random.integers(
        0, 2**63, (WORDS, 2 * rows), dtype=np.uint64
    )
    marks = {"prompt": both[:, ::2], "completion": both[:, 1::2]}
    kernel = textkernel.load()
    assert kernel is not None
    laid_out = Masks([tuple(map(tuple, mask)) for mask in masks])
    expected = [[i for i in range(rows) if _fulfilled(mask, marks, i)] for mask in masks]
    assert [found.tolist() for found in laid_out.candidates(kernel, marks)] == expected
    share = data.draw(st.sampled_from([0.0, 0.1, 0.9]))
    at = np.flatnonzero(random.random(rows) < share).astype(np.uint32)
    among = [[i for i, row in enumerate(at.tolist()) if row in set(one)] for one in expected]
    assert [found.tolist() for found in laid_out.candidates(kernel, marks, at)] == among
    places = kernel.places(np.arange(rows, dtype=np.uint32), at)
    assert places is not None
    assert places.tolist() == at.tolist()


@needs_kernel
def test_rows_that_are_not_known_have_no_place() -> None:
    kernel = textkernel.load()
    assert kernel is not None
    known = np.array([1, 4, 9], np.uint32)
    assert kernel.places(known, np.array([1, 9], np.uint32)).tolist() == [0, 2]  # type: ignore[union-attr]
    for other in ([0], [2], [10], [1, 5]):
        assert kernel.places(known, np.array(other, np.uint32)) is None
