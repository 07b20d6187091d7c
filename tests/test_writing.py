"""Outputs are whole or not there, and what they replace survives every failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from curate.errors import UserError
from curate.writing import atomic_write, write_json, write_lines


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"precious\n")

    def fail() -> None:
        with atomic_write(path) as stream:
            stream.write(b"half of")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_bytes() == b"precious\n"
    assert os.listdir(tmp_path) == ["data.jsonl"]


def test_a_killed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"precious\n")
    program = (
        "import os, signal\nfrom curate.writing import atomic_write\n"
        f"with atomic_write({str(path)!r}) as stream:\n"
        "    stream.write(b'half of'); stream.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert path.read_bytes() == b"precious\n"


def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "data.jsonl", tmp_path / "link.jsonl"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    write_lines(link, [b"new"])
    assert link.is_symlink()
    assert path.read_bytes() == b"new\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_ordinary_permissions(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": 1})
    (tmp_path / "b").write_text("x")
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_missing_folder_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"), atomic_write(tmp_path / "no" / "a.json"):
        pass
