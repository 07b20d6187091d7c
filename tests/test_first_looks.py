"""What a rule's first look lets through is all that its condition is about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.linting import lint

_ARTICLE = 'Write a summary of the main concepts of the article "A Guide to Machine Learning".\n\nA Guide to Machine Learning by IBM'


@pytest.mark.parametrize(
    ("rule", "prompt", "completion"),
    [
        ("missing-text", _ARTICLE, "The guide covers supervised learning."),
        ("missing-text", "Classify the message into one of three predefined topics", "Sport"),
        ("missing-text", "Assign this to one of the three labels", "Positive"),
        (
            "refusal",
            "What's your favorite baseball team?",
            "As a Large Language Model (LLM), I don't have any favorite baseball teams.",
        ),
    ],
)
def test_it_finds_what_the_condition_describes(
    tmp_path: Path, rule: str, prompt: str, completion: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"prompt": prompt, "completion": completion}) + "\n")
    names = {result.name for result in lint([path]).rules if result.count}
    assert rule in names
