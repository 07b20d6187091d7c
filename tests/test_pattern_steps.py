"""No expression of the linter takes more than twice the work for a text twice as long.

Counted in steps of a matcher (tests/regex_steps.py), not in seconds. One character repeated 100,000 times
stands in real files; what is quadratic hangs there.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import Any

import pytest

import curate
from curate.patterns import _Uncompiled
from tests.regex_steps import TOO_STEEP, Counter, steepness

# Expressions that are steep, and what keeps their texts short. Add none for a text of any length: begin
# a repeat where it cannot have begun before, `(?<!\s)\s*\n` or `\b\w+`, or make it possessive, `\s*+`.
_SUM = "a sum that is asked, at most 200 characters, and its answer, at most 900"
SHORT: dict[str, str] = {
    "caching._PYTHON_OBJECT": "the value of an option",
    "loose_json._COMMENT": "only asked where a comment begins",
    "rules.arithmetic._TOKEN": "only asked where a token begins",
    "rules.asked_values._EXPRESSION": _SUM,
    "rules.asked_values._LABELLED": _SUM,
    "rules.asked_values._PHRASES": _SUM,
    "rules.closed_answers._EQUATION": _SUM,
    "rules.closed_answers._TO_SIMPLIFY": _SUM,
    "rules.conversions._VALUE_FIRST": "a prompt of at most 200 characters",
    "rules.counted_texts._GAP": "the first 2,000 characters of a task",
    "rules.enumerations._ASIDE": "one sentence",
    "rules.number_series._SYSTEM": _SUM,
    "rules.outside_facts._ASKS": "only asked at the start of a prompt",
    "rules.assigned_secret._VALUE": "an assignment, which ends in a value",
    "rules.unlike_form._FIRST_ITEM": "only asked at the start of an answer",
    "rules.word_edits._FOR_WORD": "a prompt of at most 400 characters",
    "rules.worded_forms._FORMS": "a prompt of at most 160 characters",
    "rules.worded_forms._MATRIX": "a prompt of at most 160 characters",
    "rules.worded_forms._WITH_VALUES": "a prompt of at most 160 characters",
    "rules.wordings._PART": "an expression of ours",
    "rules.wrong_item_count._OTHERWISE": "an order of at most 500 characters",
    "token_counting._THOUGHTS": "a text up to its last </think>",
    "rules.wrong_length._EXACT": "a prompt of at most 1,500 bytes",
}


def _found_in(value: Any, depth: int = 0) -> list[tuple[str, int]]:
    if isinstance(value, _Uncompiled):
        pattern, flags = value._arguments
        return [(pattern, int(flags))] if isinstance(pattern, str) else []
    if isinstance(value, re.Pattern):
        return [(value.pattern, value.flags)] if isinstance(value.pattern, str) else []
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, (tuple, list)) and depth < 4:
        return [found for item in value for found in _found_in(item, depth + 1)]
    return []


def _patterns() -> dict[tuple[str, int], str]:
    """Every expression at the top of a module of the data side, and where it first stands."""
    patterns: dict[tuple[str, int], str] = {}
    for module in pkgutil.walk_packages(curate.__path__, "curate."):
        name = module.name
        if name.startswith(("curate.train", "curate.cli", "curate._")) or name.endswith("__main__"):
            continue
        for variable, value in vars(importlib.import_module(name)).items():
            for pattern in _found_in(value):
                patterns.setdefault(pattern, f"{name.removeprefix('curate.')}.{variable}")
    return patterns


PATTERNS = sorted((place, *pattern) for pattern, place in _patterns().items())


@pytest.mark.parametrize("chunk", range(10))
def test_twice_the_text_is_twice_the_work(chunk: int) -> None:
    steep = {}
    for place, pattern, flags in PATTERNS[chunk::10]:
        if place not in SHORT:
            rereadings, text = steepness(pattern, flags & ~re.UNICODE)
            if rereadings > TOO_STEEP:
                steep[place] = (text, pattern[:200])
    assert not steep, "the work grows faster than a text that repeats what stands after |"


def test_what_is_said_to_be_steep_is_still_there() -> None:
    assert {place for place, _, _ in PATTERNS} >= SHORT.keys()


@pytest.mark.parametrize(
    ("pattern", "linear"),
    [
        (r"\b\w+\s*=", True),
        (r"\w+\s*=", False),
        (r"(?:(?<=\n)|^)\s*\d{1,3}[.)]", False),
        (r"(?:(?<=\n)|^)[^\S\n]*\d{1,3}[.)]", True),
        (r"(?:a+)+b", False),
        (r"(?<!\s)\s*\n\s*", True),
        (r"\s*\n\s*", False),
        (r"a{1,40}b", True),
    ],
)
def test_steep_expressions_are_told(pattern: str, linear: bool) -> None:
    assert (steepness(pattern)[0] <= TOO_STEEP) is linear


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(a|ab)(c|bcd)(d*)", "abcd"),
        (r"(?i)x{2,3}?y|z$", "aXXXYz"),
        (r"(?<=a)b(?!c)", "bcabcab"),
        (r"(\w)\1+", "abccd"),
        (r"^\s*+\d", "  1"),
        (r"\bcat\b", "a cat sat"),
    ],
)
def test_the_matcher_finds_what_python_finds(pattern: str, text: str) -> None:
    counter = Counter(pattern, 0, 10_000)
    counter.search_all(text)
    assert counter.spans == [match.span() for match in re.finditer(pattern, text)]
