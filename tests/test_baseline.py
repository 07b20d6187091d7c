"""A baseline reports only what is new, wherever known rows have moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.baseline import load_baseline, write_baseline
from curate.errors import UserError
from curate.linting import lint
from curate.schemas.options.lint import LintOptions

Write = Callable[..., Path]
GOOD = {"prompt": "a", "completion": "b"}


def empty(prompt: str) -> dict[str, str]:
    return {"prompt": prompt, "completion": ""}


def new_lines(path: Path, baseline: Path) -> list[int | None]:
    report = lint([path], LintOptions(select=("TXT001",), baseline=baseline))
    return [f.line for f in report.findings]


@pytest.fixture
def baseline(write_jsonl: Write, tmp_path: Path) -> Path:
    path = write_jsonl([empty("one"), GOOD, empty("two"), empty("two")], "before.jsonl")
    target = tmp_path / "baseline.json"
    write_baseline(target, lint([path], LintOptions(select=("TXT001",))).findings)
    return target


def test_known_findings_are_not_reported(write_jsonl: Write, baseline: Path) -> None:
    assert new_lines(write_jsonl([empty("one"), empty("two")]), baseline) == []


def test_known_rows_may_move_and_others_change(write_jsonl: Write, baseline: Path) -> None:
    rows = [GOOD, empty("two"), {"prompt": "x", "completion": "y"}, empty("two"), empty("one")]
    assert new_lines(write_jsonl(rows, "renamed.jsonl"), baseline) == []


def test_a_new_finding_is_reported(write_jsonl: Write, baseline: Path) -> None:
    assert new_lines(write_jsonl([empty("one"), empty("three")]), baseline) == [2]


def test_one_more_of_the_same_is_new(write_jsonl: Write, baseline: Path) -> None:
    assert new_lines(write_jsonl([empty("two")] * 3), baseline) == [3]


def test_counts_leave_out_what_is_known(write_jsonl: Write, baseline: Path) -> None:
    path = write_jsonl([empty("one"), empty("three")])
    report = lint([path], LintOptions(select=("TXT001",), baseline=baseline), keep_per_rule=0)
    assert (report.summary.errors, report.baselined) == (1, 1)


def test_the_file_has_one_finding_a_line(baseline: Path) -> None:
    content = json.loads(baseline.read_text())
    assert sorted(entry["count"] for entry in content["findings"]) == [1, 2]
    assert len(baseline.read_text().splitlines()) == 4


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1, "findings": [3]}', "\xff"])
def test_something_else_is_the_users_mistake(tmp_path: Path, content: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(UserError, match="not a baseline"):
        load_baseline(path)


def test_a_missing_or_newer_baseline_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such baseline"):
        load_baseline(tmp_path / "nowhere.json")
    path = tmp_path / "baseline.json"
    path.write_text('{"version": 2, "findings": []}')
    with pytest.raises(UserError, match="version 2"):
        load_baseline(path)
