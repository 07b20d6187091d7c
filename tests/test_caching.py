"""The cache answers only where nothing changed: not the data, not the options, not other files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate import caching
from curate.linting import lint_sources, sources_of
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.report import LintReport

Write = Callable[..., Path]
GOOD = {"prompt": "a", "completion": "b"}
EMPTY = {"prompt": "a", "completion": ""}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that the rules really ran."""
    made: list[int] = []
    real = lint_sources

    def counted(*args: Any, **kwargs: Any) -> Any:
        made.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(caching, "lint_sources", counted)
    return made


def check(path: Path, **options: Any) -> LintReport:
    chosen = LintOptions(**{"select": ("TXT001",), **options})
    return caching.lint_cached(sources_of([path], chosen), chosen, DataOptions())


def test_the_same_is_answered_from_the_cache(write_jsonl: Write, runs: list[int]) -> None:
    path = write_jsonl([EMPTY])
    first, second = check(path), check(path)
    assert len(runs) == 1
    assert second.model_copy(update={"elapsed_s": 0}) == first.model_copy(update={"elapsed_s": 0})
    assert Path(".curate_cache/.gitignore").read_text() == "*\n"


def test_changed_data_is_checked_again(write_jsonl: Write, runs: list[int]) -> None:
    assert check(write_jsonl([EMPTY])).total == 1
    assert check(write_jsonl([GOOD])).total == 0
    assert len(runs) == 2


def test_other_options_are_another_result(write_jsonl: Write, runs: list[int]) -> None:
    path = write_jsonl([EMPTY])
    check(path)
    check(path, min_examples=7)
    check(path, select=("SIZ001",))
    assert len(runs) == 3


def test_how_it_is_shown_does_not_matter(write_jsonl: Write, runs: list[int]) -> None:
    path = write_jsonl([EMPTY])
    check(path)
    check(path, output_format="json", exit_zero=True)
    assert len(runs) == 1


def test_a_changed_suppression_file_is_noticed(write_jsonl: Write, runs: list[int]) -> None:
    path = write_jsonl([EMPTY])
    [finding] = check(path).findings
    Path(".curate-suppressions.jsonl").write_text(f'{{"fingerprint": "{finding.fingerprint}"}}\n')
    assert check(path).total == 0
    assert len(runs) == 2


def test_what_cannot_be_hashed_is_never_answered_from_the_cache(
    write_jsonl: Write, runs: list[int]
) -> None:
    path = write_jsonl([EMPTY])
    # Python code of the user's, which may change unseen.
    for _ in range(2):
        check(path, contract="module:Model")
    assert len(runs) == 2


def test_no_cache_means_no_cache(write_jsonl: Write, runs: list[int]) -> None:
    path = write_jsonl([EMPTY])
    check(path, cache=False)
    check(path, cache=False)
    assert len(runs) == 2
    assert not Path(".curate_cache").exists()


def test_a_damaged_entry_is_made_again(write_jsonl: Write, runs: list[int]) -> None:
    path = write_jsonl([EMPTY])
    check(path)
    for entry in Path(".curate_cache").glob("*.json"):
        entry.write_text("{")
    assert check(path).total == 1
    assert len(runs) == 2


def test_a_cache_that_cannot_be_written_is_no_error(write_jsonl: Write, runs: list[int]) -> None:
    path = write_jsonl([EMPTY])
    blocked = Path("blocked")
    blocked.write_text("a file")
    assert check(path, cache_dir=blocked / "cache").total == 1
