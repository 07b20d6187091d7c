"""The edge of the program: exit codes, messages, and that no ending is a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import curate
from curate import cli
from curate.cli import COMMANDS, load_command, main, parser_of
from curate.cli.command import Command, Invocation
from curate.errors import UserError


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"curate {curate.__version__}\n"


def test_without_arguments_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_without_the_training_extra(name: str) -> None:
    command = load_command(name)
    assert command.name == name
    assert parser_of(command).format_help()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lnit"], "unknown command 'lnit'. Did you mean 'lint'"),
        (["--hlep"], "unknown option '--hlep'. Did you mean '--help'?"),
        (["lint", "--selct", "X"], "unknown option '--selct'. Did you mean '--select'"),
        (["lint", "--colour"], "unknown option '--colour'. `curate lint --help` shows them all"),
        (["lint", "missing.jsonl"], "missing.jsonl: no such file"),
        (["lint", "--output-format", "jsno"], "got 'jsno'. Did you mean 'json'?"),
        (["lint", "--max-label-share", "80"], "--max-label-share: expected 1 or less, got '80'"),
        (["split", "x", "--val", "0.6", "--test", "0.4"], "curate: --val and --test together"),
        (["rule", "empty"], "'empty-completion', 'empty-prompt' or 'empty-side'?"),
        (["rule", "FOO001"], "unknown rule 'FOO001'. `curate rules` lists them all"),
        (["lint", "--config", "none.toml", "x"], "none.toml: no such configuration file"),
    ],
)
def test_mistakes_exit_2_with_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert "Traceback" not in error


def test_an_interrupt_within_polars_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(column: pl.Series) -> pl.Series:
        raise KeyboardInterrupt

    def run(invocation: Invocation) -> int:
        ones = pl.col("a").map_batches(interrupted, return_dtype=pl.Int64)
        try:
            pl.DataFrame({"a": [1]}).select(ones)
        except pl.exceptions.PolarsError as error:
            raise RuntimeError("a rule failed") from error
        return 0

    monkeypatch.setattr(cli, "load_command", lambda name: Command(name, "help", run))
    assert main(["lint"]) == 130
    assert capsys.readouterr().err == "curate: interrupted\n"


def test_a_missing_file_is_told_from_its_neighbour(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tickets.jsonl").write_text("")
    (tmp_path / "tikets.md").write_text("")
    assert main(["lint", str(tmp_path / "tikets.jsonl")]) == 2
    assert "no such file or folder. Did you mean 'tickets.jsonl'?" in capsys.readouterr().err
    assert main(["lint", str(tmp_path / "invoices.jsonl")]) == 2
    assert capsys.readouterr().err.endswith("invoices.jsonl: no such file or folder\n")
    assert main(["lint", str(tmp_path / "gone" / "tickets.jsonl")]) == 2
    assert f"there is no folder {tmp_path / 'gone'}" in capsys.readouterr().err


def test_json_lines_that_are_called_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, name in (('{"prompt": "a"}\n', ".jsonl"), ('[ {"prompt": "a"}]', ".json")):
        (tmp_path / "rows.csv").write_text(text)
        assert main(["lint", str(tmp_path / "rows.csv")]) == 2
        assert f"which is JSON; name it {name}" in capsys.readouterr().err
    (tmp_path / "rows.csv").write_text('{prompt},"{""a"": 1}"\nx,y\n')
    assert main(["lint", "--select", "FMT", str(tmp_path / "rows.csv")]) == 1


def run_raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    def run(invocation: Invocation) -> int:
        raise error

    monkeypatch.setattr(cli, "load_command", lambda name: Command(name, "help", run))
    return main(["lint"])


def test_the_three_bad_endings_have_their_own_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run_raising(UserError("mend this"), monkeypatch) == 2
    assert capsys.readouterr().err == "curate: mend this\n"
    assert run_raising(KeyboardInterrupt(), monkeypatch) == 130
    assert "Traceback" not in capsys.readouterr().err
    assert run_raising(ZeroDivisionError("oh"), monkeypatch) == 3
    error = capsys.readouterr().err
    assert "bug in curate" in error
    assert "Traceback" not in error
    [log] = tmp_path.glob("curate-bug-*.log")
    assert "ZeroDivisionError: oh" in log.read_text()


def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")
    assert run_raising(error, monkeypatch) == 2
    assert "pip install 'curate-ft[train]'" in capsys.readouterr().err


def test_a_gpu_that_is_full_is_no_bug_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = type("OutOfMemoryError", (RuntimeError,), {"__module__": "torch"})
    assert run_raising(full("CUDA out of memory. Tried to allocate 2 GiB"), monkeypatch) == 2
    said = capsys.readouterr().err
    assert "out of memory" in said
    assert "--micro-batch-tokens" in said


def run_python(program: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_data_commands_import_neither_torch_nor_transformers(
    tmp_path: Path, sample_data: Path
) -> None:
    program = (
        "import sys\nfrom curate.cli import main\n"
        f"main(['lint', {str(sample_data / 'tickets.jsonl')!r}])\n"
        f"main(['dedupe', '--check', {str(sample_data / 'tickets.jsonl')!r}])\n"
        f"main(['split', {str(sample_data / 'clean/tickets.jsonl')!r}, '-o', 'parts'])\n"
        "heavy = {'torch', 'transformers', 'peft', 'accelerate'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = run_python(program, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_version_needs_no_library(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom curate.cli import main\nmain(['--version'])\n"
        "assert not {'polars', 'pydantic', 'numpy', 'rich'} & set(sys.modules)\n"
    )
    done = run_python(program, tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_users_own_train_and_schemas_do_not_get_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("raise RuntimeError('the user own train.py was imported')\n")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "__init__.py").write_text(
        "raise RuntimeError('the user own schemas')\n"
    )
    (tmp_path / "data.jsonl").write_text('{"prompt": "Q", "completion": "A"}\n')
    done = subprocess.run(
        [sys.executable, "-m", "curate", "lint", "data.jsonl", "--exit-zero"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
