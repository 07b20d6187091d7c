"""Regular expressions are compiled at their first use, and then are what `re.compile` gives."""

from __future__ import annotations

import copy
import re
import subprocess
import sys

import pytest

from curate.patterns import regex


def test_nothing_is_compiled_before_the_first_use() -> None:
    broken = regex(r"(unclosed")
    with pytest.raises(re.error):
        broken.search("text")


def test_it_answers_as_re_does() -> None:
    ours, theirs = regex(r"(\w)(\d+)", re.IGNORECASE), re.compile(r"(\w)(\d+)", re.IGNORECASE)
    text = "a12 B3 c 45"
    for _ in range(2):
        assert ours.findall(text) == theirs.findall(text)
        assert ours.sub("x", text) == theirs.sub("x", text)
        assert [m.span(2) for m in ours.finditer(text)] == [
            m.span(2) for m in theirs.finditer(text)
        ]
        assert ours.fullmatch(text) is None
    assert (ours.pattern, ours.flags, ours.groups) == (theirs.pattern, theirs.flags, theirs.groups)


def test_it_can_be_copied_before_and_after_its_first_use() -> None:
    one = regex("a")
    assert copy.deepcopy(one).findall("banana") == ["a"] * 3
    assert one.findall("banana") == copy.copy(one).findall("banana")


def test_importing_the_rules_compiles_next_to_nothing() -> None:
    code = (
        "import re, pydantic, polars, numpy\n"
        "from re import _compiler\n"
        "seen, compile_ = [], _compiler.compile\n"
        "def counted(pattern, flags=0):\n"
        "    seen.append(pattern)\n"
        "    return compile_(pattern, flags)\n"
        "_compiler.compile = counted\n"
        "import curate.linting\n"
        "assert len(seen) < 20, seen\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
