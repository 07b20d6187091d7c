"""Accepted findings stay accepted while the row stays the same, and unused ones are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from curate.errors import UserError
from curate.linting import lint
from curate.schemas.options.lint import LintOptions
from curate.schemas.report import LintReport
from curate.suppressions import add_suppressions

Write = Callable[..., Path]
GOOD = {"prompt": "a", "completion": "b"}
EMPTY = {"prompt": "one", "completion": ""}
OTHER = {"prompt": "two", "completion": ""}
OPTIONS = LintOptions(select=("TXT001",), reason="silence is meant here")


def check(path: Path, **changes: object) -> LintReport:
    return lint([path], OPTIONS.model_copy(update=changes))


@pytest.fixture
def accepted(write_jsonl: Write) -> Path:
    path = write_jsonl([EMPTY, GOOD])
    assert add_suppressions(OPTIONS, check(path).findings) == 1
    return path


def test_accepted_findings_are_counted_apart(accepted: Path) -> None:
    report = check(accepted)
    assert report.total == 0
    assert report.suppressed == 1
    assert report.unused_suppressions == ()


def test_they_hold_wherever_the_row_moves(accepted: Path, write_jsonl: Write) -> None:
    write_jsonl([GOOD, GOOD, OTHER, EMPTY])
    assert [f.line for f in check(accepted).findings] == [3]


def test_a_changed_row_is_reported_again(accepted: Path, write_jsonl: Write) -> None:
    write_jsonl([{**EMPTY, "prompt": "One"}, GOOD])
    report = check(accepted)
    assert report.total == 1
    assert len(report.unused_suppressions) == 1
    assert "silence is meant here" in report.unused_suppressions[0]


def test_unused_is_only_said_of_what_was_checked(accepted: Path, write_jsonl: Write) -> None:
    other = write_jsonl([GOOD], "other.jsonl")
    assert check(other).unused_suppressions == ()
    write_jsonl([GOOD])
    assert check(accepted, select=("SIZ001",)).unused_suppressions == ()
    assert len(check(accepted).unused_suppressions) == 1


def test_adding_again_adds_nothing_and_keeps_reasons(accepted: Path, write_jsonl: Write) -> None:
    write_jsonl([EMPTY, OTHER])
    later = OPTIONS.model_copy(update={"reason": "later"})
    assert add_suppressions(later, check(accepted).findings) == 1
    text = OPTIONS.suppressions.read_text()
    assert text.count("silence is meant here") == 1
    assert text.count("later") == 1


def test_a_named_file_must_exist(write_jsonl: Write) -> None:
    with pytest.raises(UserError, match="no such file of suppressions"):
        check(write_jsonl([GOOD]), suppressions=Path("nowhere.jsonl"))


@pytest.mark.parametrize("line", ["{", "[]", '{"reason": "x"}'])
def test_a_broken_line_is_the_users_mistake(write_jsonl: Write, line: str) -> None:
    OPTIONS.suppressions.write_text(f'{{"fingerprint": "TXT001:0"}}\n\n{line}\n')
    with pytest.raises(UserError, match=":3: expected an object"):
        check(write_jsonl([GOOD]))
