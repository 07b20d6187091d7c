"""`curate lint --run RUN`: what a training run says about the data it was trained on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.cli import main
from curate.errors import UserError
from curate.linting import lint
from curate.run_dynamics import dynamics_of, of_training
from curate.schemas.findings import Finding
from curate.schemas.options.lint import LintOptions
from tests.dynamics_runs import write_run

WRONG = {7: [3.0, 2.9, 2.8], 30: [5.0, 4.5, 4.0]}


@pytest.fixture
def data(write_jsonl: Callable[..., Path]) -> tuple[Path, Path]:
    """Training and validation files in a run's own folder."""
    train, val = (
        write_jsonl(
            [{"prompt": f"{name} {i}: where is it?", "completion": "delivery"} for i in range(n)],
            f"run/splits/{name}.jsonl",
        )
        for name, n in (("train", 60), ("val", 20))
    )
    return train, val


def dyn(paths: list[Path], run: Path) -> list[Finding]:
    report = lint(paths, LintOptions(run=run, select=("DYN",)))
    assert not report.not_assessed
    return list(report.findings)


def test_without_files_those_of_the_run_are_checked(
    data: tuple[Path, Path], tmp_path: Path, capsys: Any
) -> None:
    run = write_run(tmp_path / "run", *data, odd=WRONG)
    code = main(["lint", "--run", str(run), "--select", "DYN", "--output-format", "json"])
    report = json.loads(capsys.readouterr().out)
    assert code == 0  # warnings
    assert [(f["code"], f["line"]) for f in report["findings"]] == [("DYN001", 7), ("DYN001", 30)]
    assert {f["path"] for f in report["findings"]} == {str(data[0])}
    assert report["summary"]["rows"] == 80


def test_findings_come_with_rank_and_losses(data: tuple[Path, Path], tmp_path: Path) -> None:
    found = dyn([], write_run(tmp_path / "run", *data, odd=WRONG))
    by_line = {f.line: f.message for f in found}
    assert "number 1 of 60" in by_line[30]
    assert "number 2 of 60" in by_line[7]
    assert "3.05 nats a token when met first and 3.00 the last of 3 times" in by_line[7]


def test_rows_are_found_in_the_users_own_file(
    data: tuple[Path, Path], tmp_path: Path, write_jsonl: Callable[..., Path]
) -> None:
    """The file from which the run's was split: other lines, more rows, one of them changed."""
    run = write_run(tmp_path / "run", *data, odd=WRONG)
    rows = [json.loads(line) for line in data[0].read_text().splitlines()]
    rows[6]["completion"] = "corrected since"
    own = write_jsonl([{"prompt": "never trained on", "completion": "x"}, *rows[::-1]], "own.jsonl")
    assert [(f.path, f.line) for f in dyn([own], run)] == [(str(own), 1 + 60 - 29)]


def test_a_run_folder_that_was_moved_is_still_read(data: tuple[Path, Path], tmp_path: Path) -> None:
    write_run(tmp_path / "run", *data, odd=WRONG)
    moved = tmp_path / "elsewhere"
    shutil.move(tmp_path / "run", moved)
    found = dyn([], moved)
    assert {f.path for f in found} == {str(moved / "splits" / "train.jsonl")}


def test_what_is_no_finished_run_on_this_data_is_refused(
    data: tuple[Path, Path], tmp_path: Path, capsys: Any
) -> None:
    def refused(run: Path, match: str) -> None:
        with pytest.raises(UserError, match=match):
            dyn([data[0]], run)

    refused(tmp_path / "missing", "no such folder")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "holds no run")
    run = write_run(tmp_path / "run", *data)
    recorded = (run / "dynamics.parquet").read_bytes()
    (run / "dynamics.parquet").unlink()
    refused(run, "has not ended")
    (run / "dynamics.parquet").write_bytes(recorded[:100])
    refused(run, "cannot be read")
    (run / "dynamics.parquet").write_bytes(recorded)
    data[0].write_text(data[0].read_text().replace("train 3:", "train three:"))
    refused(run, "has changed since")
    assert main(["lint", "--run", str(run)]) == 2
    data[0].unlink()
    with pytest.raises(UserError, match="not there"):
        dyn([data[1]], run)


def test_without_a_run_the_rules_are_not_assessed(data: tuple[Path, Path]) -> None:
    report = lint([data[0]], LintOptions(select=("DYN",)))
    assert {m.code for m in report.not_assessed} == {"DYN001", "DYN002", "DYN003"}
    assert all("--run" in m.reason for m in report.not_assessed)


def test_when_an_example_is_met_within_an_epoch_does_not_matter() -> None:
    """All losses fall while an epoch lasts: the first rows are not odd because they came first."""
    rng = np.random.default_rng(0)
    step = np.arange(400)
    loss = np.exp(-step / 100.0) * 4.0 + 0.2 + rng.normal(0.0, 0.05, 400)
    loss[350] += 0.8  # and is still below what the first ones have
    frame = pl.DataFrame(
        {"line": step + 1, "step": step, "epoch": step / 400, "loss": loss, "tokens": 5}
    )
    found = of_training(frame)
    assert found.filter(rank=1)["line"].to_list() == [351]
    assert found.filter(pl.col("excess") > 4.0).height <= 40


def test_a_wrong_word_counts_the_same_in_answers_of_any_length() -> None:
    rng = np.random.default_rng(1)
    rows = 300
    tokens = np.where(np.arange(rows) % 2, 4, 64)
    nll = 0.5 * tokens + rng.normal(0.0, 1.0, rows) * np.sqrt(tokens)
    nll[[10, 11]] += 60.0  # one long, one short
    frame = pl.DataFrame(
        {
            "line": np.arange(rows) + 1,
            "step": np.arange(rows),
            "epoch": np.arange(rows) / rows,
            "loss": nll / tokens,
            "tokens": tokens,
        }
    )
    assert set(of_training(frame).filter(pl.col("rank") <= 2)["line"]) == {11, 12}


def test_pieces_of_one_example_are_one_example() -> None:
    frame = pl.DataFrame(
        {
            "line": [1, 1, 2, 2],
            "step": [0, 1, 0, 1],
            "epoch": [0.0, 0.5, 0.0, 0.5],
            "loss": [1.0, 3.0, 1.0, 1.0],
            "tokens": [10, 10, 10, 10],
        }
    )
    found = of_training(frame)
    assert found["passes"].to_list() == [1, 1]
    assert found["first"].to_list() == [2.0, 1.0]
    assert found["tokens"].to_list() == [20, 20]


def test_a_run_is_read_once_for_all_rules(data: tuple[Path, Path], tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", *data)
    assert dynamics_of(run) is dynamics_of(run)
