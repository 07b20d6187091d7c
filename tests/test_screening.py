"""What texts are screened for: within the limits of the automaton, and for every rule that is dear."""

from __future__ import annotations

import polars as pl
import pytest

from curate import textkernel
from curate.demands import demands_of
from curate.evaluating import Plan
from curate.rules import RULES
from curate.schemas.options.lint import LintOptions
from curate.screening import Screen

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

    Two rules look at what stands beside a text, which cannot be screened.
    """
    plan = Plan(RULES, LintOptions())
    screen = plan._screen
    assert screen is not None
    unscreened = {
        condition.rule.about.name
        for condition in plan._conditions
        if condition.is_long and not screen.masks[condition.number]
    }
    assert unscreened <= {"placeholder-input", "unchanged-text"}
