"""Defaults, file and flags: who wins, where each value came from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.config import Config, find_config, load_config, resolve
from curate.errors import UserError
from curate.schemas.options.base import Options, option

TABLES = frozenset({"lint", "data"})


class Sample(Options):
    """Sample options."""

    min_rows: int = option(5, "How many.", ge=1)
    name: str | None = option(None, "A name.")


def load(tmp_path: Path, text: str, name: str = "curate.toml") -> Config:
    (tmp_path / name).write_text(text)
    return load_config(tmp_path / name, TABLES)


def test_flags_win_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, '[lint]\nmin-rows = 7\nname = "file"\n')
    options, origins = resolve(Sample, config, "lint", {"name": "flag"})
    assert (options.min_rows, options.name) == (7, "flag")
    assert origins == {"min_rows": str(tmp_path / "curate.toml"), "name": "flag"}
    assert resolve(Sample, Config(), "lint", {})[1] == {"min_rows": "default", "name": "default"}


def test_the_closest_file_wins_and_a_pyproject_needs_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "curate.toml").write_text("")
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\n")
    monkeypatch.chdir(inner)
    assert find_config() == tmp_path / "curate.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.curate.lint]\nmin_rows = 3\n")
    found = find_config()
    assert found == tmp_path / "a" / "pyproject.toml"
    assert load_config(found, TABLES).table("lint") == {"min_rows": 3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lint]\nmin_row = 3\n", "unknown option 'min-row'. Did you mean 'min-rows'"),
        ("[lnit]\n", "unknown table 'lnit'. Did you mean 'lint'"),
        ("[lint\n", "not valid TOML"),
        ("lint = 3\n", "should be a table"),
        ("[lint]\nmin_rows = 0\n", "min-rows: expected 1 or more, got 0"),
        ("[lint]\nmin_rows = 'many'\n", "min-rows: expected a whole number, got 'many'"),
    ],
)
def test_mistakes_in_the_file_name_the_file_and_the_place(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        resolve(Sample, load(tmp_path, text), "lint", {})
    assert said in str(caught.value)
    assert "curate.toml" in str(caught.value)


def test_a_mistake_in_a_flag_names_the_flag() -> None:
    with pytest.raises(UserError, match="--min-rows: "):
        resolve(Sample, Config(), "lint", {"min_rows": "0"})


def test_a_general_table_stands_behind_the_commands_own(tmp_path: Path) -> None:
    config = load(tmp_path, '[data]\nname = "general"\nmin_rows = 2\n[lint]\nmin_rows = 7\n')
    options, _ = resolve(Sample, config, "lint", {}, config.table("data"))
    assert (options.min_rows, options.name) == (7, "general")
