"""What an expression demands of a text must hold wherever the expression matches."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import evaluating, known_literals, textkernel
from curate.batching import in_large_batches
from curate.columns import Batch
from curate.demands import demands_of
from curate.evaluating import conditions_of, expressions_of
from curate.known_screen import known_screen
from curate.literals import ways_of
from curate.rules import RULES
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.screening import Masks, Screen, numbering
from curate.selecting import select_rules
from curate.textkernel import U64
from curate.validating import read_checked
from curate.wanted_words import BOUND, END, START, Ways, frequency, how_often

CASES = Path(__file__).parent / "rules"


def _candidates(screen: Screen, marks: dict[str, U64]) -> list[int]:
    (found,) = Masks(screen.masks).candidates(screen.kernel, marks)
    rows: list[int] = found.tolist()
    return rows


needs_kernel = pytest.mark.skipif(textkernel.load() is None, reason="the kernel is not built")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(?:can(?:no|')t) help", {b"cannot help", b"can't help"}),
        (r"(?i)ABC|d[ef]", {b"abc", b"de", b"df"}),
        (r"n\.?/?a\.*$", {b"na", b"n.a", b"n/a", b"n./a"}),
        (r"x+yz", {b"xyz"}),
        (r"(?P<who>ab)c", {b"abc"}),
        (r"\b(?:pi|tau)\b", {BOUND + b"pi" + BOUND, BOUND + b"tau" + BOUND}),
        (r"\b-a\b", {b"-a" + BOUND}),
        (
            r"\b(?:run|walk)s?\w+",
            {BOUND + b"run", BOUND + b"walk", BOUND + b"runs", BOUND + b"walks"},
        ),
        (r"(?i)^\W*no\b", {START + b"no"}),
        (r"^[^a-zA-Z]*(?:yes|no)", {START + b"yes", START + b"no"}),
        (r"[a-z]+\s(?:the|of)\s*$", {b"the" + END, b"of" + END}),
        (r"(?:\w+ of|\w+ (?:a|,))\s*$", {b" of" + END, b" a" + END, b" ," + END}),
        (r"(?m)^ab$", {b"ab"}),
        (r"^9a", {START + b"a"}),
        (r"[0-9]{3}", {str(d).encode() for d in range(10)}),
        (r"a’b", {b"\xfa"}),
        (r"[\u2060-\u2064\u{200b}]", {b"\xfb"}),
        (r"[\x7f-\u{a0}é]", {b"\x7f", b"\xf7", b"\xf8", b"\xf9"}),
        (r"(?i)[\u{90}-\u{10ffff}]", {b"\x80"}),
        ("(?i)ß|€", {b"\x80", b"\xfc"}),
        ("ß|€", {b"\xf9", b"\xfc"}),
        ("[0-9][0-9 ().:-]{5}", {b"\xf6"}),
        (r"[A-Z]{6}[0-9]{2}[A-Z]", {b"\xf5"}),
    ],
)
def test_the_words_of_an_expression(pattern: str, words: set[bytes]) -> None:
    assert words in [set(clause) for way in ways_of(pattern) for clause in way]


def test_alternatives_keep_all_that_each_demands() -> None:
    ways = ways_of(r"first.*second|third.*fourth")
    assert {frozenset(word for clause in way for word in clause) for way in ways} == {
        frozenset({b"first", b"second"}),
        frozenset({b"third", b"fourth"}),
    }


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a*",
        "a?",
        "(?:ab)?",
        "[^a]",
        r"\w+",
        ".",
        "a|",
        r"(?x) a b",
        "[a&&b]",
        r"\<a",
        "(a",
        r"\p{L}",
    ],
)
def test_what_demands_nothing_or_is_not_understood(pattern: str) -> None:
    assert ways_of(pattern) == ()


_ATOMS = st.sampled_from(
    [
        "a",
        "B",
        "k",
        " ",
        "ab",
        r"\d",
        r"\w",
        r"\s",
        ".",
        "[abc]",
        "[^a]",
        "[a-z]",
        r"\.",
        "é",
        r"\b",
        "ſ",
        "^",
        "$",
        r"\W",
        "[^a-zA-Z]",
        "[a–]",
        r"\s*$",
        r"^\W*",
        r"^\s*",
        "bak",
        "[\u00c0-\u00ff]",
        "[\u0080-\u009f\u00ad]",
        "[\u200b-\u200f]",
        "µ",
        "ß",
        "å",
        "ÿ",
        "€",
        "…",
    ]
)
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda p: f"(?:{'|'.join(p)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,3}?"])).map(
            lambda p: f"(?:{p[0]}){p[1]}"
        ),
    ),
    max_leaves=8,
)


@needs_kernel
@settings(max_examples=120, deadline=None)
@given(
    pattern=_PATTERNS,
    flags=st.sampled_from(["", "(?i)", "(?i-u)", "(?m)"]),
    part=st.sampled_from([None, "head", "tail", "strip_chars", "to_lowercase"]),
    texts=st.lists(
        st.text(
            "aAbBkK\u212as\u017f 1éÉ.-İi_\n–\u00a0\u0085\u00ad\u200b…€ÅåÅŸÿẞßΜµμ\U0001f600",
            max_size=14,
        ),
        min_size=1,
        max_size=30,
    ),
)
def test_no_text_that_matches_is_passed_over(
    pattern: str, flags: str, part: str | None, texts: list[str]
) -> None:
    frame = pl.DataFrame({"text": texts}).with_columns(text_lower=pl.col("text").str.to_lowercase())
    for column in ("text", "text_lower"):
        text = pl.col(column)
        if part is not None:
            text = getattr(text.str, part)(*((9,) if part in ("head", "tail") else ()))
        test = text.str.contains(flags + pattern)
        try:
            matched = frame.select(test.alias("hit"))["hit"]
        except pl.exceptions.ComputeError:
            return  # not an expression
        screen = Screen.of([demands_of(test)])
        if screen is None:
            continue
        marks = {"text": screen.kernel.marks(screen.automaton, frame["text"])}
        let_through = set(_candidates(screen, marks))
        missed = set(matched.arg_true().to_list()) - let_through
        assert not missed, (pattern, [texts[i] for i in missed])


@needs_kernel
@settings(max_examples=120, deadline=None)
@given(texts=st.lists(st.text("0123 ().:-a5", max_size=24), min_size=1, max_size=12))
def test_long_numbers_are_those_of_the_expression(texts: list[str]) -> None:
    test = pl.col("text").str.contains(r"[0-9][0-9 ().:-]{5}")
    screen = Screen.of([demands_of(test)])
    assert screen is not None
    frame = pl.DataFrame({"text": texts})
    marks = {"text": screen.kernel.marks(screen.automaton, frame["text"])}
    found = _candidates(screen, marks)
    assert found == frame.select(test.alias("hit"))["hit"].arg_true().to_list()


def test_an_expression_that_must_see_all_rows_demands_nothing() -> None:
    text = pl.col("text").str.contains("word")
    assert demands_of(text)
    assert not demands_of(text & (pl.col("row") == pl.col("row").shift(1)))
    assert not demands_of(pl.col("row").cum_sum() > 1, text)
    assert not demands_of(~text)
    assert not demands_of(text | (pl.col("row") > 1))


def test_rare_words_tell_more() -> None:
    assert frequency(frozenset({b"language model"})) < frequency(frozenset({b"the"}))
    assert how_often(ways_of("a.*language model")) < how_often(ways_of("language|model"))


def _all_cases(folder: Path) -> Path:
    """The rows of the golden cases of all rules in one file."""
    path = folder / "cases.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for file in sorted(CASES.glob("*.jsonl")):
            for line in file.read_text(encoding="utf-8").splitlines():
                for row in json.loads(line).get("rows", []) if line else []:
                    stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _hits(plan: evaluating.Plan, batch: Batch) -> dict[str, list[int]]:
    found = plan.evaluate(batch, frozenset())
    return {hits.rule.about.code: hits.positions.to_list() for hits in found}


@needs_kernel
def test_rules_find_the_same_with_and_without_looking_for_words_first(
    tmp_path: Path,
) -> None:
    path, plan = str(_all_cases(tmp_path)), evaluating.Plan(RULES, LintOptions())
    without = evaluating.Plan(RULES, LintOptions())
    without.__dict__["_screen"] = None
    rules: set[str] = set()
    for checked in in_large_batches(read_checked(path, DataOptions())):
        for batch in checked.batches:
            everywhere = _hits(without, batch)
            assert _hits(plan, batch) == everywhere
            rules |= everywhere.keys()
    assert len(rules) > 50


def test_what_the_rules_demand_is_known_beforehand(monkeypatch: pytest.MonkeyPatch) -> None:
    live: list[str] = []

    def read(pattern: str, *, literal: bool = False, **edges: bool) -> Ways:
        if not literal:
            live.append(pattern)
        return ways_of(pattern, literal=literal, **edges)

    monkeypatch.setattr("curate.demands.ways_of", read)
    conditions = list(evaluating.conditions_of(RULES, LintOptions()))
    from_file = [condition.demands for condition in conditions]
    assert live == []
    monkeypatch.setattr("curate.demands.known_ways", lambda pattern, **edges: None)
    assert [c.demands for c in evaluating.conditions_of(RULES, LintOptions())] == from_file
    assert len(live) > 50


def test_an_expression_that_is_not_known_beforehand_is_read() -> None:
    demands = demands_of(pl.col("text").str.contains(r"zyzzyva\d"))
    assert demands
    assert demands[0]["text"][0] == frozenset({b"zyzzyva"})


def test_without_the_file_nothing_is_known_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_literals._table.cache_clear()
    monkeypatch.setattr(known_literals, "FILE", tmp_path / "missing.json")
    assert known_literals.known_ways("a", start=True, end=True) is None
    known_literals._table.cache_clear()


def test_what_the_default_rules_look_for_is_known_beforehand_and_nothing_else() -> None:
    options = LintOptions()
    conditions = list(conditions_of(select_rules(options, RULES), options))
    expressions = expressions_of(conditions)
    known = known_screen(expressions)
    assert known == numbering([condition.demands for condition in conditions])
    assert known_screen(expressions[2:]) is None
    assert known_screen([pl.col("text").str.contains("other"), *expressions[1:]]) is None
