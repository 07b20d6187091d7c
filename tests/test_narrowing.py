"""Conditions that are taken apart find the rows that they find as a whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import evaluating, narrowing, textkernel
from curate.batching import in_large_batches
from curate.pattern_parts import parts_of
from curate.rules import RULES
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.taking_apart import Narrowing
from curate.validating import read_checked

CASES = Path(__file__).parent / "rules"


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("ab", ("ab",)),
        ("a|b", ("a", "b")),
        ("(?i)a|b c", ("(?i)a", "(?i)b c")),
        ("(?i-u:a|(?:b|c))d", ("(?i-u:a)d", "(?i-u:(?:b))d", "(?i-u:(?:c))d")),
        ("(?:a|b)+|c", ("(?:a|b)+", "c")),
        ("(?:a|b){2}", ("(?:a|b){2}",)),
        (r"[|]|\||[^|\]]", ("[|]", r"\|", r"[^|\]]")),
        ("[]|]|a", ("[]|]", "a")),
        (r"x(?:a|b)|(a|b)", ("x(?:a|b)", "(?:a)", "(?:b)")),
        (r"(?:a|b)\|", (r"(?:a)\|", r"(?:b)\|")),
        # Left together: flags that go on to the next alternative, and syntax that is not known here.
        ("a|(?i)b|c", ("a|(?i)b|c",)),
        ("[a[|]]|b", ("[a[|]]|b",)),
        ("(?x)a|b", ("(?x)a|b",)),
        ("|".join("ab" * 60), ("|".join("ab" * 60),)),
    ],
)
def test_the_parts_of_an_expression(pattern: str, parts: tuple[str, ...]) -> None:
    assert parts_of(pattern) == parts


_ATOMS = st.sampled_from(["a", "b", " ", r"\w", r"\b", "^", "$", "[ab]", "[^a]", "[|]", "é", r"\."])
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map("|".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda p: f"(?:{'|'.join(p)})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda p: f"(?i-u:{'|'.join(p)})"),
        inner.map(lambda p: f"(?:{p})?"),
    ),
    max_leaves=10,
)
_TEXTS = st.lists(
    st.one_of(st.none(), st.text("aAbB é.|1\n", max_size=10)), min_size=1, max_size=24
)


@settings(max_examples=150, deadline=None)
@given(pattern=_PATTERNS, flags=st.sampled_from(["", "(?i)"]), texts=_TEXTS)
def test_one_of_the_parts_matches_where_the_expression_does(
    pattern: str, flags: str, texts: list[str | None]
) -> None:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    text = pl.col("text")
    try:
        whole = frame.select(text.str.contains(flags + pattern).alias("hit"))["hit"]
    except pl.exceptions.ComputeError:
        return  # not an expression
    parts = [text.str.contains(part) for part in parts_of(flags + pattern)]
    assert frame.select(pl.any_horizontal(parts).alias("hit"))["hit"].to_list() == whole.to_list()


_TEXT = pl.col("text")
_TESTS = st.recursive(
    st.sampled_from(
        [
            pl.col("flag"),
            pl.lit(True),
            _TEXT.is_null(),
            _TEXT.str.len_bytes() > 3,
            _TEXT.str.contains("a", literal=True),
            _TEXT.str.starts_with("a"),
            _TEXT.str.strip_chars().str.contains(r"ab|ba|\|"),
            _TEXT.str.contains("(?i)ab|aab|zyx|é"),
            _TEXT.str.contains("zebra|unicorn"),
            _TEXT.str.tail(3).str.contains("^a|b$"),
            _TEXT.str.extract("(a+)", 1).str.contains("aa|b"),
            _TEXT.str.count_matches("a") > 1,
            pl.when(pl.col("flag")).then(_TEXT).str.contains("a|b b|éa"),
            pl.col("other").str.contains("ab|b"),
            _TEXT.str.to_lowercase().str.replace_all("a", "").str.len_bytes() == 1,
        ]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
        inner.map(lambda one: ~one),
        inner.map(lambda one: one.fill_null(False)),
        inner.map(lambda one: one.fill_null(True)),
        st.tuples(inner, inner).map(lambda two: pl.when(two[0]).then(two[1])),
    ),
    max_leaves=7,
)


@settings(max_examples=200, deadline=None)
@given(
    tests=st.lists(_TESTS, min_size=1, max_size=2),
    texts=_TEXTS,
    few=st.sampled_from([0, 4, 64]),
    seed=st.integers(0, 99),
)
def test_a_condition_that_is_taken_apart_holds_where_the_whole_does(
    tests: list[pl.Expr], texts: list[str | None], few: int, seed: int
) -> None:
    random, height = np.random.default_rng(seed), len(texts)
    frame = pl.DataFrame(
        {
            "text": texts,
            "other": random.permutation(np.array(texts, object)).tolist(),
            "flag": random.choice(np.array([True, False, None]), height).tolist(),
        },
        schema={"text": pl.String, "other": pl.String, "flag": pl.Boolean},
    )
    flags = frame.select("text", *(test.alias(f"test {i}") for i, test in enumerate(tests)))
    holds = flags.select(pl.all_horizontal("^test .*$").fill_null(False).alias("hit"))["hit"]
    rows = np.flatnonzero(random.random(height) < 0.8).astype(np.uint32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrowing, "_FEW", few)
        found = Narrowing(*tests).where(frame, rows)
    assert found.tolist() == [row for row in rows.tolist() if holds[row]]


def test_a_condition_without_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textkernel, "load", lambda: None)
    monkeypatch.setattr(narrowing, "_FEW", 0)
    frame = pl.DataFrame({"text": ["a zebra", "a unicorn", "a horse", None]})
    rows = np.arange(4, dtype=np.uint32)
    assert Narrowing(_TEXT.str.contains("zebra|unicorn")).where(frame, rows).tolist() == [0, 1]
    assert Narrowing(~_TEXT.str.contains("zebra|unicorn")).where(frame, rows).tolist() == [2]


def test_the_rules_find_the_same_when_their_conditions_are_taken_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cases.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for file in sorted(CASES.glob("*.jsonl")):
            for line in file.read_text(encoding="utf-8").splitlines():
                for row in json.loads(line).get("rows", []) if line else []:
                    stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    plan = evaluating.Plan(RULES, LintOptions())
    rules: set[str] = set()
    for checked in in_large_batches(read_checked(str(path), DataOptions())):
        for batch in checked.batches:
            found = []
            for worth, few in ((1 << 30, 64), (1, 0)):
                monkeypatch.setattr(evaluating, "_WORTH_NARROWING", worth)
                monkeypatch.setattr(evaluating, "_LONG", 1)
                monkeypatch.setattr(narrowing, "_FEW", few)
                hits = plan.evaluate(batch, frozenset())
                found.append({h.rule.about.code: h.positions.to_list() for h in hits})
            assert found[0] == found[1]
            rules |= found[0].keys()
    assert len(rules) > 50
