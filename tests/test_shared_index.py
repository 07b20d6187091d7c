"""The index in Redis answers as the one in a folder does."""

from __future__ import annotations

import json
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curate.deduping import DedupeResult, dedupe
from curate.errors import UserError
from curate.ledger import read_removed
from curate.schemas.options.dedupe import DedupeOptions

SERVER = shutil.which("redis-server")
WORDS = [f"word{i}" for i in range(500)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of our own, which keeps nothing."""
    pytest.importorskip("redis")
    if SERVER is None:
        pytest.skip("redis-server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [SERVER, "--port", str(port), "--save", "", "--appendonly", "no"]
    folder = tmp_path_factory.mktemp("redis")
    with subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL) as process:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
        process.terminate()


def corpus(path: Path, seed: int) -> Path:
    random_ = random.Random(7)
    texts: list[list[str]] = [random_.choices(WORDS, k=30) for _ in range(60)]
    random_.seed(seed)
    with path.open("w") as stream:
        for n in range(150):
            words = list(random_.choice(texts))
            words[random_.randrange(30)] = random_.choice([*WORDS, "日本", "é"])
            if n % 3 == 0:
                words = random_.choices(WORDS, k=20)
            stream.write(json.dumps({"text": " ".join(words)}) + "\n")
    return path


def run(path: Path, **options: Any) -> DedupeResult:
    return dedupe([path], DedupeOptions(yes=True, **options))


def test_answers_as_the_folder_does(server: str, tmp_path: Path) -> None:
    files = [corpus(tmp_path / f"{n}.jsonl", n) for n in (1, 2, 3)]
    places: dict[str, dict[str, Any]] = {
        "folder": {"index": tmp_path / "index"},
        "redis": {"shared_index": f"{server}/answers"},
    }
    seen: dict[str, list[bytes]] = {name: [] for name in places}
    for path in files:
        for name, place in places.items():
            out, removed = tmp_path / f"{name}.jsonl", tmp_path / f"{name}-removed.jsonl"
            run(path, output=out, removed=removed, **place)
            seen[name] += [out.read_bytes(), removed.read_bytes()]
    assert seen["folder"] == seen["redis"]
    keepers = {row.keeper.path for row in read_removed(tmp_path / "redis-removed.jsonl")}
    assert keepers >= {str(files[0])}
    assert run(files[1], check=True, shared_index=f"{server}/answers").kept == 0
    assert run(files[1], check=True, shared_index=f"{server}/another").kept > 0


def test_other_parameters_are_refused(server: str, tmp_path: Path) -> None:
    path = corpus(tmp_path / "rows.jsonl", 1)
    run(path, shared_index=f"{server}/mine", output=tmp_path / "out.jsonl")
    with pytest.raises(UserError, match=r"ngram 5 .now 4."):
        run(path, shared_index=f"{server}/mine", ngram=4, check=True)
    with pytest.raises(UserError, match="bands"):
        run(path, shared_index=f"{server}/mine", threshold=0.7, check=True)


def test_mistakes(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    path = corpus(tmp_path / "rows.jsonl", 1)
    with pytest.raises(UserError, match="cannot be reached"):
        run(path, shared_index="redis://127.0.0.1:1/0/name", check=True)
    for url in ("redis://localhost", "http://localhost/0/a", "redis://localhost/a/b"):
        with pytest.raises(UserError, match="expected redis://"):
            run(path, shared_index=url, check=True)
    with pytest.raises(ValueError, match="exclude each other"):
        DedupeOptions(index=tmp_path / "i", shared_index="redis://localhost/0/a")
