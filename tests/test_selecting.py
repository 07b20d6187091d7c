"""Rules by code, prefix and name; the longest selector decides."""

from __future__ import annotations

from typing import Any

import pytest

from curate.errors import UserError
from curate.rules import RULES
from curate.schemas.options.lint import LintOptions
from curate.selecting import ignored_in, select_rules

CODES = [rule.about.code for rule in RULES]


def selected(**options: Any) -> list[str]:
    return [r.about.code for r in select_rules(LintOptions.model_validate(options), RULES)]


def test_all_rules_run_when_none_is_named() -> None:
    assert selected() == CODES
    assert selected(select=("ALL",)) == CODES


def test_a_prefix_names_its_rules() -> None:
    assert selected(select=("TXT",)) == [c for c in CODES if c.startswith("TXT")]
    assert selected(select=("txt00",)) == [c for c in CODES if c.startswith("TXT00")]


def test_a_name_names_its_rule() -> None:
    assert selected(select=("empty-completion",)) == ["TXT001"]


def test_ignoring_takes_away() -> None:
    assert "TXT001" not in selected(ignore=("TXT001",))
    assert not [c for c in selected(ignore=("TXT",)) if c.startswith("TXT")]


def test_the_longest_selector_decides() -> None:
    assert selected(select=("TXT001",), ignore=("TXT",)) == ["TXT001"]
    assert selected(select=("TXT",), ignore=("TXT001",)).count("TXT001") == 0
    assert "TXT001" in selected(ignore=("TXT",), extend_select=("empty-completion",))


def test_when_both_are_as_long_the_rule_is_left_out() -> None:
    assert selected(select=("TXT001",), ignore=("empty-completion",)) == []


def test_extending_adds_to_what_was_selected() -> None:
    assert selected(select=("SIZ001",), extend_select=("TXT001",)) == [
        c for c in CODES if c in ("SIZ001", "TXT001")
    ]


@pytest.mark.parametrize("name", ["TXT999", "empty-completions", "nonsense", "X"])
def test_an_unknown_selector_is_the_users_mistake(name: str) -> None:
    with pytest.raises(UserError, match=f"unknown rule '{name}'"):
        selected(select=(name,))


def test_the_nearest_name_is_suggested() -> None:
    with pytest.raises(UserError, match="Did you mean 'empty-completion'"):
        selected(ignore=("empty-completon",))


@pytest.mark.parametrize("glob", ["data.jsonl", "*.jsonl", "sub/*.jsonl", "sub/data.jsonl"])
def test_rules_are_ignored_in_the_files_of_a_glob(glob: str) -> None:
    assert ignored_in("sub/data.jsonl", {glob: ("TXT001",)}, RULES) == {"TXT001"}
    assert ignored_in("sub/data.csv", {glob: ("TXT001",)}, RULES) == frozenset()


def test_an_unknown_rule_is_a_mistake_also_for_files_that_are_not_there() -> None:
    with pytest.raises(UserError, match="unknown rule 'FOO'"):
        ignored_in("data.jsonl", {"old/*": ("FOO",)}, RULES)
