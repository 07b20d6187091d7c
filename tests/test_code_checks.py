"""Code out of a data set is read, never run, and no text of it stops the linter or keeps it busy."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from curate.rules.code_checks import broken_python, broken_sql, python_in


def test_nothing_is_executed(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    code = f"import pathlib\npathlib.Path({str(witness)!r}).touch()\ndef f(:\n    pass\n"
    assert "does not compile" in (broken_python(code, "Write it.") or "")
    assert broken_python(code.replace("def f(:", "def f():"), "Write it.") is None
    assert not witness.exists()


@pytest.mark.parametrize(
    "expression",
    [
        "-" * 15_000 + "1",
        "(" * 9_000 + ")" * 9_000,
        "a" + "()" * 9_000,
        "9" * 15_000,
        "f'{" * 100,
        "'\ud800'",
        "lambda:" * 2_500 + "1",
        "1 if 1 else " * 1_500 + "1",
    ],
    ids=["signs", "brackets", "calls", "digits", "f-strings", "surrogate", "lambdas", "conditions"],
)
def test_what_only_this_parser_cannot_read_is_not_called_broken(expression: str) -> None:
    assert broken_python(f"x = 1\ny = {expression}", "Write it.") is None


def test_dubious_code_prints_no_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert broken_python("y = '\\d'\nz = 1 is 1\nassert (1, 2)", "Write it.") is None


@pytest.mark.parametrize(
    "text",
    [
        "import os\n" + "\n" * 19_000 + "x",
        "import os\n" + "\n" * 1_000_000 + "x",
        "def f(" + ")->" * 6_000,
        "def f(:\n" + " " * 19_000 + "x",
        "def f(:\n" + "->" * 9_000 + ":",
        "SELECT " + "(" * 9_000 + ")" * 9_000 + " FROM a",
    ],
    ids=["lines", "many lines", "arrows", "spaces", "results", "brackets"],
)
def test_hostile_texts_are_answered_at_once(text: str) -> None:
    """Each of these took from seconds to hours where a pattern tried every way to divide it."""
    code = python_in(text)
    assert code is None or isinstance(broken_python(code, ""), str | None)
    assert broken_sql(text) is None


def test_clauses_inside_brackets_have_an_order_of_their_own() -> None:
    inner = "SELECT a FROM (SELECT b FROM c WHERE d = 1 ORDER BY e) WHERE f = 2"
    assert broken_sql(inner) is None
    assert broken_sql("SELECT a FROM b ORDER BY c WHERE d = 2") is not None
