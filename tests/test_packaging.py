"""What is built is what is here: the package list, and the wheel's content."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def test_the_package_list_matches_the_folders() -> None:
    tool = PROJECT["tool"]["setuptools"]
    homes = tool["package-dir"]
    found = set()
    for package, folder in homes.items():
        for init in (REPOSITORY / folder).rglob("__init__.py"):
            inner = init.parent.relative_to(REPOSITORY / folder)
            if init.is_relative_to(REPOSITORY / folder) and not _through_link(init):
                found.add(".".join([package, *inner.parts]))
    assert set(tool["packages"]) == found


def _through_link(path: Path) -> bool:
    return any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(REPOSITORY))


def test_the_light_installation_has_no_training_libraries() -> None:
    names = " ".join(PROJECT["project"]["dependencies"])
    for heavy in ("torch", "transformers", "peft", "accelerate"):
        assert heavy not in names


def test_versions_for_development_fit_what_users_may_install() -> None:
    pins = dict(
        line.split("==")
        for line in (REPOSITORY / "constraints.txt").read_text().splitlines()
        if "==" in line
    )
    extras = PROJECT["project"]["optional-dependencies"]
    for requirement in [*PROJECT["project"]["dependencies"], *extras["train"]]:
        name, _, minimum = requirement.partition(">=")
        if name in pins:
            assert _numbers(pins[name]) >= _numbers(minimum.split(",")[0]), requirement


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without isolation: the tests need no network."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # From what git tracks, as a release would be, and so that no build folder appears here.
    source.mkdir()
    archive = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    for name in archive.stdout.decode().split("\0"):
        path = REPOSITORY / name
        if not name or path.is_symlink() or not path.is_file():
            continue
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(path.read_bytes())
    program = "import setuptools.build_meta as b, sys, os; os.chdir(sys.argv[1]); print(b.build_wheel(sys.argv[2]))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(source), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.strip().splitlines()[-1]


def test_the_wheel_holds_every_module_and_nothing_at_the_top(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "curate/train/loop.py" in names
    assert "curate/schemas/records.py" in names
    assert "curate/py.typed" in names
    assert any(n.endswith("chat.schema.json") for n in names)
    assert not {n.split("/")[0] for n in names} & {"train", "schemas", "tests", "benchmarks"}


def test_the_wheel_works_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    """Unpacked and put first on the path, it is what is imported, and it lints."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "data.jsonl").write_text('{"prompt": "Q", "completion": ""}\n')
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "import curate; assert 'site' in curate.__file__, curate.__file__\n"
        "from curate.cli import main; sys.exit(main(['lint', 'data.jsonl']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "TXT001" in done.stdout


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_kernel_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    sources = sorted(map(str, (REPOSITORY / "curate").glob("_*.c")))
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
    made = ["-fPIC", "-shared", "-o", str(tmp_path / "kernel.so")]
    done = subprocess.run(
        [compiler, *flags, *sources, *made], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_without_a_compiler_it_installs_and_says_what_runs(tmp_path: Path) -> None:
    """As `pip install` does on a machine without one: the kernel is left out, the rest works."""
    for name in ("curate", "schemas", "train"):
        shutil.copytree(
            REPOSITORY / name,
            tmp_path / "source" / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("*.so", "__pycache__"),
        )
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, tmp_path / "source")
    program = "import setuptools.build_meta as b, sys, os; os.chdir(sys.argv[1]); print(b.build_wheel(sys.argv[2]))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "source"), str(tmp_path)],
        env={**os.environ, "CC": "/bin/false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / done.stdout.strip().splitlines()[-1]) as archive:
        assert not [n for n in archive.namelist() if n.endswith(".so")]
        archive.extractall(tmp_path / "site")
    (tmp_path / "data.jsonl").write_text('{"text": "a b c"}\n{"text": "A b, c"}\n')
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "from curate.cli import main; sys.exit(main(['dedupe', 'data.jsonl', '--check']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "datasketch (pure Python: the C kernel was not asked for, or not built)" in " ".join(
        done.stdout.split()
    )
