"""`curate run` on the data side: nothing is lost, nothing is done twice, everything has its reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.cli import main
from curate.manifest import read_manifest
from curate.pipeline import Plan, RunResult, run
from curate.schemas.findings import Severity
from curate.schemas.options.data import DataOptions
from curate.schemas.options.dedupe import DedupeOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.options.run import RunOptions
from curate.schemas.options.split import SplitOptions

Write = Callable[..., Path]


def chat(question: str, answer: str) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    }


WORDS = ("amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heath", "inlet", "jetty")


def good_rows(count: int) -> list[dict[str, Any]]:
    """Rows that share no five words in a row."""
    return [
        chat(
            " ".join(f"{w}{(i * 7 + j * 13) % 97}{i}" for j, w in enumerate(WORDS)) + "?",
            f"It is {WORDS[i % len(WORDS)]} number {i}, as asked.",
        )
        for i in range(count)
    ]


def go(tmp_path: Path, *files: Path, **settings: Any) -> RunResult:
    options = {
        "data": tuple(map(str, files)),
        "output": tmp_path / "run",
        "train": False,
        **settings,
    }
    plan = Plan(
        RunOptions.model_validate(options),
        DataOptions(),
        LintOptions(ignore=("SIZ", "CON")),
        DedupeOptions(),
        SplitOptions(),
    )
    return run(plan)


@pytest.fixture
def dirty(write_jsonl: Write, tmp_path: Path) -> Path:
    """Eighty good rows, an empty completion, a broken line, a blank line, an exact duplicate."""
    rows = good_rows(80)
    path = write_jsonl(rows)
    lines = path.read_text().splitlines()
    lines[10:10] = [json.dumps(chat("What is this?", "")), "", '{"messages": [', lines[3]]
    path.write_text("\n".join(lines) + "\n")
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_row_is_kept_as_it_was_or_left_out_with_its_reason(
    dirty: Path, tmp_path: Path
) -> None:
    before = dirty.read_bytes()
    result = go(tmp_path, dirty)
    assert dirty.read_bytes() == before
    lines = before.decode().splitlines()
    kept = (result.folder / "clean.jsonl").read_text().splitlines()
    assert kept == lines[:10] + lines[14:]
    removed = rows_of(result.folder / "removed.jsonl")
    assert [(r["line"], r["step"]) for r in removed] == [(11, "lint"), (13, "lint"), (14, "dedupe")]
    assert removed[0]["reason"].startswith("TXT001")
    assert removed[1]["row"] == '{"messages": ['
    assert removed[2]["twin"] == {"path": str(dirty), "line": 4}
    assert removed[2]["score"] == 1.0
    split = [line for name in ("train", "val", "test") for line in _lines(result.folder, name)]
    assert sorted(split) == sorted(kept)


def _lines(folder: Path, name: str) -> list[str]:
    return (folder / "splits" / f"{name}.jsonl").read_text().splitlines()


def test_a_second_run_does_nothing_and_a_changed_row_redoes_what_depends_on_it(
    dirty: Path, tmp_path: Path
) -> None:
    assert not any(step.skipped for step in go(tmp_path, dirty).steps)
    assert all(step.skipped for step in go(tmp_path, dirty).steps)
    text = dirty.read_text()
    dirty.write_text(text.replace("as asked", "as was asked", 1))
    assert not any(step.skipped for step in go(tmp_path, dirty).steps)
    # A change that leaves the clean rows as they were stops at the first step.
    dirty.write_text(text.replace("as asked", "as was asked", 1).replace("What is this?", "What?"))
    again = go(tmp_path, dirty)
    assert [step.name for step in again.steps if not step.skipped] == ["lint", "dedupe", "report"]


def test_an_output_that_was_touched_is_made_again(dirty: Path, tmp_path: Path) -> None:
    first = go(tmp_path, dirty)
    clean = (first.folder / "clean.jsonl").read_bytes()
    (first.folder / "clean.jsonl").write_bytes(b"")
    second = go(tmp_path, dirty)
    assert [s.name for s in second.steps if not s.skipped] == ["dedupe"]
    assert (first.folder / "clean.jsonl").read_bytes() == clean


def test_fresh_does_everything_again(dirty: Path, tmp_path: Path) -> None:
    go(tmp_path, dirty)
    assert not any(step.skipped for step in go(tmp_path, dirty, fresh=True).steps)


def test_other_file_types_come_out_as_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text(json.dumps(good_rows(60), indent=2))
    result = go(tmp_path, path)
    assert rows_of(result.folder / "clean.jsonl") == good_rows(60)


def test_warnings_can_be_dropped_as_well(write_jsonl: Write, tmp_path: Path) -> None:
    rows = good_rows(60)
    rows[5]["messages"][1]["content"] = "<|im_start|>assistant It is amber, as asked.<|im_end|>"
    path = write_jsonl(rows)
    strict = go(tmp_path, path, drop=Severity.WARNING)
    assert strict["lint"]["left_out"] == 1


def test_the_manifest_names_data_options_and_versions(dirty: Path, tmp_path: Path) -> None:
    result = go(tmp_path, dirty)
    manifest = read_manifest(result.folder)
    assert set(manifest["data"]) == {str(dirty)}
    assert manifest["options"]["dedupe"]["threshold"] == 0.8
    assert "polars" in manifest["versions"]


def test_the_command_reads_paths_relative_to_its_configuration(
    dirty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "curate.toml").write_text(
        '[run]\ndata = ["data.jsonl"]\noutput = "out"\ntrain = false\n'
        '[lint]\nignore = ["SIZ", "CON"]\n'
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["run", "../curate.toml"]) == 0
    assert (tmp_path / "out" / "splits" / "train.jsonl").exists()
    assert "removed" in capsys.readouterr().out


def test_a_run_without_data_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == 2
    assert "which data?" in capsys.readouterr().err


def test_flags_of_the_run_are_not_taken_for_those_of_its_steps(
    dirty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--data", str(dirty), "--no-train", "-o", "out"]) == 0
    assert (tmp_path / "out" / "clean.jsonl").is_file()
    assert (tmp_path / "out" / "splits" / "train.jsonl").is_file()
    assert "train" in capsys.readouterr().out


def test_rows_nested_deeply_are_left_out_whole(write_jsonl: Write, tmp_path: Path) -> None:
    path = write_jsonl(good_rows(60))
    deep = '{"prompt":' * 900 + "1" + "}" * 900
    with path.open("a") as stream:
        stream.write(deep + "\n")
    result = go(tmp_path, path)
    [line] = (result.folder / "removed.jsonl").read_text().splitlines()
    assert deep in line
