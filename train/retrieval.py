"""The nearest texts to a query, by BM25 (bm25s; Lù 2024, arXiv 2407.03618)."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import UserError

# Words of one passage, about: long enough to hold a fact with its context.
_PASSAGE_WORDS = 120
_TEXT_ENDINGS = (".txt", ".md", ".markdown", ".rst")


@dataclass(frozen=True)
class Passage:
    """A piece of a document; `source` is its file, with the piece's number."""

    source: str
    text: str


def has_bm25() -> bool:
    """Whether bm25s is installed."""
    return importlib.util.find_spec("bm25s") is not None


def _import_bm25s() -> Any:
    """bm25s without JAX, which it would start for a faster top-k that is not used here.

    Where JAX can see a GPU, its start takes three quarters of the memory for itself, and the
    language model runs out.
    """
    if "bm25s" in sys.modules:
        return sys.modules["bm25s"]
    names = ("jax", "jax.lax")
    held = {name: sys.modules[name] for name in names if name in sys.modules}
    # None makes an import of the name fail, as where it is not installed.
    hidden: dict[str, Any] = dict.fromkeys(names)
    sys.modules.update(hidden)
    try:
        return importlib.import_module("bm25s")
    finally:
        for name in names:
            del sys.modules[name]
        sys.modules.update(held)


def read_passages(folder: Path) -> list[Passage]:
    """All text files below `folder`, cut at blank lines into passages of about 120 words.

    Raises:
        UserError: no folder, no text in it, or a file that is not UTF-8.
    """
    if not folder.is_dir():
        raise UserError(f"--docs {folder}: no such folder")
    passages: list[Passage] = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in _TEXT_ENDINGS):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: cannot be read as UTF-8 text: {error}") from None
        passages += [
            Passage(f"{path}#{number}", piece) for number, piece in enumerate(_pieces(text), 1)
        ]
    if not passages:
        raise UserError(
            f"--docs {folder}: no text; expected files ending in {', '.join(_TEXT_ENDINGS)}"
        )
    return passages


def _pieces(text: str) -> list[str]:
    """Paragraphs, joined while they stay short; a paragraph that is long by itself stays whole."""
    pieces: list[str] = []
    held: list[str] = []
    for paragraph in (p.strip() for p in text.replace("\r\n", "\n").split("\n\n")):
        if not paragraph:
            continue
        if held and sum(len(p.split()) for p in [*held, paragraph]) > _PASSAGE_WORDS:
            pieces.append("\n\n".join(held))
            held = []
        held.append(paragraph)
    return [*pieces, "\n\n".join(held)] if held else pieces


class Index:
    """Texts, ready to be searched; ties go to the earlier text."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._bm25s: Any = _import_bm25s()
        self._count = len(texts)
        self._bm25: Any = self._bm25s.BM25()
        tokens = self._tokens(texts)
        # A collection without a single word cannot be indexed, and has nothing to find.
        self._empty = not tokens.vocab or not any(len(ids) for ids in tokens.ids)
        if not self._empty:
            self._bm25.index(tokens, show_progress=False)

    def nearest(self, query: str, k: int) -> list[int]:
        """Numbers of the `k` best texts, best first (fewer, where there are fewer texts)."""
        k = min(k, self._count)
        if k == 0:
            return []
        words = self._bm25s.tokenize(
            [query], stopwords=None, show_progress=False, return_ids=False
        )[0]
        if self._empty or not words:
            return list(range(k))
        scores = self._bm25.get_scores(words)
        return [int(i) for i in (-scores).argsort(kind="stable")[:k]]

    def _tokens(self, texts: Sequence[str]) -> Any:
        return self._bm25s.tokenize(list(texts), stopwords=None, show_progress=False)
