"""For a few texts, expressions are cut down to what these can match; what is found stays the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from curate import wordings
from curate.demands import patterns_in
from curate.evaluating import conditions_of, expressions_of
from curate.few_texts import cut, cut_pattern
from curate.rules import RULES
from curate.rules.protocol import ColumnRule
from curate.schemas.options.lint import LintOptions

CASES = Path(__file__).parent / "rules"


def _patterns(rule: Any) -> set[str]:
    """The long expressions of a rule that are taken apart."""
    found = {rule.pattern} if isinstance(rule, ColumnRule) and rule.pattern else set()
    for test in expressions_of(conditions_of([rule], LintOptions())):
        if test is not None:
            found |= {pattern for pattern, _, _ in patterns_in(test, parts=False)}
    return {pattern for pattern in found if wordings.pieces_of(pattern) is not None}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for inner in value.values() for text in _strings(inner))
    elif isinstance(value, list):
        yield from (text for inner in value for text in _strings(inner))


def _texts(rule: Any, most: int) -> list[str]:
    """Some of the texts of a rule's cases, and the same in other letters."""
    file = CASES / f"{rule.about.name.replace('-', '_')}.jsonl"
    rows = [json.loads(line)["rows"] for line in file.read_text().splitlines()]
    texts = sorted({text for text in _strings(rows) if len(text) < 2000})
    some = texts[:: len(texts) // most + 1]
    return [*some, *(text.upper() for text in some[::4]), *(f"{text} \u212a" for text in some[::8])]


def _table_of(pattern: str) -> dict[bytes, bytes]:
    entry = wordings.entry(pattern)
    return {} if entry is None else dict([entry])


TAKEN_APART = [rule for rule in RULES if _patterns(rule)]


def _match(pattern: str, text: str) -> str | None:
    return pl.Series([text]).str.extract(f"({pattern})", 1).item()  # type: ignore[no-any-return]


@pytest.mark.parametrize("rule", TAKEN_APART, ids=lambda rule: rule.about.name)
def test_the_cases_match_alike(rule: Any) -> None:
    texts = _texts(rule, 16)
    assert texts
    for pattern in _patterns(rule):
        whole = pl.Series(texts).str.extract(f"({pattern})", 1).to_list()
        assert [_match(cut_pattern(pattern, [text]), text) for text in texts] == whole
        some = texts[:12]
        shorter = cut_pattern(pattern, some)
        assert pl.Series(some).str.extract(f"({shorter})", 1).to_list() == whole[:12]


def test_most_of_an_expression_is_left_out() -> None:
    (rule,) = [rule for rule in RULES if rule.about.name == "missing-text"]
    text = "Name the capital of France."
    for pattern in _patterns(rule):
        assert len(cut_pattern(pattern, [text])) < len(pattern) / 4


def test_a_condition_says_the_same() -> None:
    pattern = "(?i-u:" + "|".join(f"word{i} of (?:some|any) text" for i in range(40)) + ")"
    table = _table_of(pattern)
    frame = pl.DataFrame(
        {
            "prompt": [
                "Say word7  of some text",
                "WORD7 of any text",
                "nothing",
                None,
                "word9 of a text",
            ]
        }
    )
    test = pl.col("prompt").str.to_lowercase().str.contains(pattern) & ~pl.col(
        "prompt"
    ).str.contains("z")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wordings, "_table", lambda: table)
        shorter = cut(test, frame)
    assert len(str(shorter)) < len(str(test)) / 4
    assert frame.select(shorter.alias("a")).to_series().to_list() == [
        False,
        True,
        False,
        None,
        False,
    ]
    assert frame.select(test.alias("a")).to_series().to_list() == [False, True, False, None, False]


def test_what_is_no_part_of_the_text_is_left_alone() -> None:
    pattern = "|".join(f"word{i} of some text" for i in range(40))
    table = _table_of(pattern)
    frame = pl.DataFrame({"prompt": ["wordX of some text"]})
    test = pl.col("prompt").str.replace("X", "7").str.contains(pattern)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wordings, "_table", lambda: table)
        assert frame.select(cut(test, frame).alias("a")).item() is True


_ATOM = st.sampled_from(
    ["ab", "cd", " ", "é", r"\b", "x?", "[ab]", r"\|", "[|)]", "(?i:cd)", "(?i)", "^", "(ab)"]
)
_PATTERNS = st.recursive(
    st.lists(_ATOM, max_size=3).map("".join),
    lambda inner: st.builds(
        lambda before, several, after: f"{before}({'|'.join(several)}){after}",
        inner,
        st.lists(inner, min_size=1, max_size=4),
        st.sampled_from(["", "*", "?", "{1,2}"]),
    ),
    max_leaves=8,
)


@given(
    st.lists(_PATTERNS, min_size=1, max_size=3).map("|".join),
    st.lists(st.text("abcdABCDxé |)", max_size=8), min_size=1, max_size=3),
)
@settings(max_examples=400, deadline=None)
def test_other_expressions_match_alike(pattern: str, texts: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        for name in ("_LONG", "_LONG_GROUP"):
            patched.setattr(wordings, name, 0)
        table = _table_of(pattern)
        assume(table)
        patched.setattr(wordings, "_table", lambda: table)
        patched.setattr("curate.few_texts._LONG", 0)
        shorter = cut_pattern(pattern, texts)
    series = pl.Series(texts)
    try:
        whole = series.str.extract(f"({pattern})", 1).to_list()
    except pl.exceptions.ComputeError:  # `^*` and the like
        return
    assert series.str.extract(f"({shorter})", 1).to_list() == whole
