"""BM25 search against its formula, and how documents are cut into passages."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path

import pytest

from curate.errors import UserError
from curate.train.retrieval import Index, read_passages

pytest.importorskip("bm25s")

TEXTS = [
    "the red fox runs",
    "the red red fox sleeps near the river",
    "a river runs to the sea",
    "nothing here",
]


def bm25(query: str, k1: float = 1.5, b: float = 0.75) -> list[float]:
    """Lucene's variant, which bm25s takes by default (Kamphuis et al. 2020)."""
    documents = [[w for w in text.split() if len(w) > 1] for text in TEXTS]
    mean = sum(map(len, documents)) / len(documents)
    scores = []
    for words in documents:
        score = 0.0
        for word in query.split():
            holding = sum(word in other for other in documents)
            idf = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            count = words.count(word)
            score += idf * count / (count + k1 * (1 - b + b * len(words) / mean))
        scores.append(score)
    return scores


@pytest.mark.parametrize("query", ["red fox", "river", "fox sleeps", "the sea runs"])
def test_the_order_is_that_of_the_formula(query: str) -> None:
    scores = bm25(query)
    expected = sorted(range(len(TEXTS)), key=lambda i: -scores[i])
    matching = sum(score > 0 for score in scores)
    assert Index(TEXTS).nearest(query, len(TEXTS))[:matching] == expected[:matching]


def test_queries_without_a_known_word() -> None:
    index = Index(TEXTS)
    assert index.nearest("zebra", 2) == [0, 1]
    assert index.nearest("", 2) == [0, 1]
    assert sorted(index.nearest("fox", 99)) == [0, 1, 2, 3]
    assert Index(["", "?"]).nearest("fox", 1) == [0]
    assert Index([]).nearest("fox", 1) == []


def test_passages_are_paragraphs_put_together(tmp_path: Path) -> None:
    long = "word " * 130
    (tmp_path / "a.md").write_text(f"# Title\n\nOne.\r\n\r\nTwo.\n\n{long}\n\nLast.")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.txt").write_text("Only this.")
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    passages = read_passages(tmp_path)
    assert [p.text for p in passages] == [
        "# Title\n\nOne.\n\nTwo.",
        long.strip(),
        "Last.",
        "Only this.",
    ]
    assert passages[0].source.endswith("a.md#1")


def test_folders_without_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        read_passages(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no text"):
        read_passages(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(UserError, match="UTF-8"):
        read_passages(tmp_path)


def test_jax_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Started by bm25s, it would take most of the GPU's memory."""
    (tmp_path / "jax").mkdir()
    (tmp_path / "jax" / "__init__.py").write_text("")
    (tmp_path / "jax" / "lax.py").write_text("raise AssertionError('JAX was started')")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [n for n in sys.modules if n.partition(".")[0] in ("bm25s", "jax")]:
        monkeypatch.delitem(sys.modules, name)
    assert Index(["the red mill", "a lake"]).nearest("lake", 1) == [1]
    # Whoever wants it can still have it.
    assert importlib.import_module("jax").__file__ == str(tmp_path / "jax" / "__init__.py")
    monkeypatch.delitem(sys.modules, "jax")
