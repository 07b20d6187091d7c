"""The system prompt that a run was trained with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from curate.train.prompts import system_of_run


def run_with(tmp_path: Path, systems: Sequence[str | None]) -> Path:
    (tmp_path / "splits").mkdir()
    rows = []
    for system in systems:
        turns = [{"role": "system", "content": system}] if system is not None else []
        turns += [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]
        rows.append(json.dumps({"messages": turns}))
    (tmp_path / "splits" / "train.jsonl").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_rows_without_one_or_with_many_have_none(tmp_path: Path) -> None:
    assert system_of_run(tmp_path) is None
    assert system_of_run(run_with(tmp_path, [None] * 5)) is None


def test_different_ones_are_none(tmp_path: Path) -> None:
    assert system_of_run(run_with(tmp_path, ["a", "b", "a", "b"])) is None


def test_the_one_that_nearly_all_share(tmp_path: Path) -> None:
    assert system_of_run(run_with(tmp_path, ["Be brief."] * 19 + ["be brief"])) == "Be brief."
