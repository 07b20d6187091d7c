"""The Daft plan keeps the rows that the local engine keeps, byte for byte."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.candidates import group_edges
from curate.deduping import dedupe
from curate.errors import UserError
from curate.schemas.options.dedupe import DedupeOptions

WORDS = [f"word{i}" for i in range(400)]
needs_daft = pytest.mark.skipif(
    importlib.util.find_spec("daft") is None, reason="daft is not installed (extra `cluster`)"
)


def rows(count: int, seed: int) -> bytes:
    """Chat rows with copies, near copies, non-ASCII ones, blank and broken lines."""
    import json
    import random

    random_ = random.Random(seed)
    texts: list[list[str]] = []
    lines: list[bytes] = []
    for n in range(count):
        if texts and random_.random() < 0.4:
            words = list(random_.choice(texts))
            for _ in range(random_.randrange(4)):
                words[random_.randrange(len(words))] = random_.choice(WORDS)
        else:
            words = random_.choices(WORDS, k=random_.randrange(6, 60))
        texts.append(words)
        text = " ".join(words) + (" été 日本" if n % 7 == 0 else "")
        row = {"prompt": text[: len(text) // 2], "completion": text[len(text) // 2 :], "n": n % 3}
        lines.append(json.dumps(row, ensure_ascii=n % 2 == 0).encode())
        if n % 50 == 7:
            lines += [b"", b"{broken", b'{"prompt": "", "completion": ""}']
    return b"\xef\xbb\xbf" + b"\r\n".join(lines)


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_edges_make_the_groups_that_walking_them_makes(edges: list[tuple[int, int]]) -> None:
    near = {i: {i} for i in range(20)}
    for a, b in edges:
        joined = near[a] | near[b]
        for i in joined:
            near[i] = joined
    expected = sorted({tuple(sorted(g)) for g in near.values() if len(g) > 1})
    left, right = (np.array([e[k] for e in edges], np.int64) for k in (0, 1))
    groups = group_edges(left, right, 20)
    found = [
        tuple(groups.ranks[a:b].tolist())
        for a, b in zip(groups.offsets[:-1], groups.offsets[1:], strict=True)
    ]
    assert found == expected


@needs_daft
@pytest.mark.parametrize(
    "options", [{}, {"linkage": "single"}, {"keep": "longest"}, {"keep": "last", "threshold": 0.7}]
)
def test_the_same_files_as_the_local_engine(
    tmp_path: Path, options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.cluster_engine._PART_BYTES", 20_000)  # many parts of few rows
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_bytes(rows(250, seed=1))
    two.write_bytes(rows(150, seed=1) + b"\n")
    seen = []
    for engine in ("local", "daft"):
        outputs = {n: tmp_path / f"{engine}-{n}" for n in ("output", "removed", "clusters")}
        chosen = DedupeOptions.model_validate({**options, **outputs, "engine": engine, "yes": True})
        result = dedupe([one, two], chosen)
        assert result.removed > 100
        seen.append([path.read_bytes() for path in outputs.values()])
    assert seen[0] == seen[1]


@needs_daft
def test_what_workers_cannot_open_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("prompt,completion\na,b\n")
    with pytest.raises(UserError, match="plain JSONL"):
        dedupe([tmp_path / "rows.csv"], DedupeOptions(engine="daft", check=True))


def test_what_daft_does_without_is_refused() -> None:
    with pytest.raises(ValueError, match="--audit does not go with --engine daft"):
        DedupeOptions(engine="daft", audit=True)
    with pytest.raises(ValueError, match="--address is only used with --engine daft"):
        DedupeOptions(address="auto")


@needs_daft
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")
@pytest.mark.skipif(not os.environ.get("CURATE_TEST_RAY"), reason="starts a Ray cluster: a minute")
def test_the_same_rows_on_ray(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(rows(300, seed=3))
    dedupe([path], DedupeOptions(output=tmp_path / "local.jsonl", yes=True))
    command = [sys.executable, "-m", "curate", "dedupe", str(path), "--yes", "--isolated"]
    on_ray = ["--engine", "daft", "--address", "local", "-o", str(tmp_path / "ray.jsonl")]
    subprocess.run([*command, *on_ray], check=True, timeout=300)
    assert (tmp_path / "ray.jsonl").read_bytes() == (tmp_path / "local.jsonl").read_bytes()
