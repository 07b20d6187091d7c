"""Columns of a table are there in every row: a null in one of them is no drifting key."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.linting import lint
from curate.schemas.options.lint import LintOptions


def test_nulls_in_a_table_are_neither_missing_nor_stray(tmp_path: Path) -> None:
    rows = [
        {
            "prompt": f"question {i}",
            "completion": f"answer {i}",
            "source": None if i == 0 else "web",
            "note": "checked" if i == 3 else None,
        }
        for i in range(100)
    ]
    path = tmp_path / "data.parquet"
    pl.DataFrame(rows).write_parquet(path)
    report = lint([path], LintOptions(select=("FMT",)))
    assert report.findings == ()


def test_rows_whose_keys_are_all_different_end_in_time(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(
        "".join(f'{{"prompt": "q", "completion": "a", "id-{i}": {i}}}\n' for i in range(21_000))
    )
    assert lint([path], LintOptions(select=("FMT013", "FMT014", "FMT015"))).findings == ()
