"""Facts from nowhere: first the answers that hold none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.grounding import ground


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Shorten: Anna Berg paid 1,200 euros in Oslo.", "In Oslo, Anna Berg paid 1200 euros."),
        ("how do i greet", "Hello! It is nice to meet you. I hope all is well."),
        ("Ann has 48 apples and buys 24.", "48 + 24 = <<48+24=72>>72 apples\n#### 72"),
        ("Write a loop", "```python\nfor Item in range(100):\n    print(Item)\n```"),
        ("Who am I?", "That is for you to say, and I'm glad that I may ask."),
        ("Call at 9:30 on 7/4/2025", "0930, 2025-04-07"),
        ("It cost 1500 in 2003", "1,500 (2003)"),
        ("Steps?", "1. Begin.\n2. End."),
        ("", ""),
    ],
)
def test_answers_that_follow_from_their_prompts(prompt: str, answer: str) -> None:
    found = ground(prompt, answer)
    assert found.from_nowhere == ()
    assert not found.needs_knowledge


@pytest.mark.parametrize(
    ("prompt", "answer", "facts"),
    [
        ("When did the mill close?", "It closed in 1931.", ("1931",)),
        ("Who wrote it?", "It was written by Selma Lagerlöf.", ("Selma", "Lagerlöf")),
        ("Where is Anna?", "She met Anna's brother in Øster.", ("Øster",)),
    ],
)
def test_facts_from_nowhere(prompt: str, answer: str, facts: tuple[str, ...]) -> None:
    found = ground(prompt, answer)
    assert found.from_nowhere == facts
    assert found.needs_knowledge


def test_one_name_in_a_long_answer_is_not_what_it_is_about() -> None:
    answer = "You could take the train there, " + "and look out of the window " * 6 + "near Bergen."
    assert ground("How do I travel?", answer).from_nowhere == ("Bergen",)
    assert not ground("How do I travel?", answer).needs_knowledge


@given(st.text(max_size=200))
def test_an_answer_that_repeats_its_prompt_knows_nothing(text: str) -> None:
    assert ground(text, text).from_nowhere == ()
