"""Rows that say the same in other words: a second pass by embeddings, off unless asked for.

Among the rows that are left after the exact passes, one goes if a *kept* row of better rank has a
cosine similarity at or above the threshold; its keeper is the most similar of those. All pairs are
compared, so nothing is missed and nothing depends on chance; the cost grows with the square of the rows
(and 4 bytes a dimension and row). An embedding is a judgement, not a measurement: this pass has a reason
of its own (`meaning`), and a threshold that has to be chosen with the model.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from curate.errors import UserError
from curate.matching import Progress, Verdicts
from curate.texts import I64, TextSource

F32 = NDArray[np.float32]
Encode = Callable[[list[str]], F32]

_BLOCK = 1024


def by_meaning(
    source: TextSource,
    verdicts: Verdicts,
    encode: Encode,
    threshold: float,
    *,
    rank: I64 | None = None,
    progress: Progress | None = None,
) -> tuple[Verdicts, I64]:
    """The verdicts with the rows that go because of their meaning, and which rows those are.

    A near duplicate of a row that goes here goes for the same reason: its keeper becomes that row's
    keeper, its `link` stays the row that it is a near duplicate of, and its similarity is its own.
    """
    size = len(verdicts.keeper)
    order = np.arange(size, dtype=np.int64) if rank is None else rank
    stays = (verdicts.keeper == np.arange(size)) & (verdicts.tokens > 0)
    rows = order[stays[order]]
    vectors = _embedded(source, rows, encode, progress)
    keeper, similarity = verdicts.keeper.copy(), verdicts.similarity.copy()
    link, link_similarity = verdicts.link.copy(), verdicts.link_similarity.copy()
    gone, compared = [], 0
    for i, j, value in _matches(vectors, threshold, progress):
        gone.append(rows[i])
        keeper[rows[i]] = link[rows[i]] = rows[j]
        similarity[rows[i]] = link_similarity[rows[i]] = value
    compared = len(rows) * (len(rows) - 1) // 2
    moved = np.flatnonzero(
        np.isin(verdicts.keeper, gone) & (verdicts.keeper != np.arange(size))
    ).astype(np.int64)
    if len(moved):
        first = verdicts.keeper[moved]
        link[moved], link_similarity[moved] = first, verdicts.similarity[moved]
        keeper[moved] = keeper[first]
        mine = _normalised(encode(source.take(moved).texts()))
        theirs = _normalised(encode(source.take(keeper[moved]).texts()))
        similarity[moved] = np.sum(mine * theirs, axis=1)
    same = verdicts.same_tokens & (keeper == verdicts.keeper)
    changed = np.sort(np.concatenate([np.array(gone, np.int64), moved]))
    result = replace(
        verdicts,
        keeper=keeper,
        similarity=similarity,
        link=link,
        link_similarity=link_similarity,
        same_tokens=same,
        compared=verdicts.compared + compared,
    )
    return result, changed


def _embedded(source: TextSource, rows: I64, encode: Encode, progress: Progress | None) -> F32:
    parts = []
    for at in range(0, len(rows), _BLOCK):
        parts.append(_normalised(encode(source.take(rows[at : at + _BLOCK]).texts())))
        if progress:
            progress("embedding", min(at + _BLOCK, len(rows)), len(rows))
    return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)


def _normalised(vectors: F32) -> F32:
    """Rows of length one; a text of which the model knows nothing has length zero and matches none."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _matches(
    vectors: F32, threshold: float, progress: Progress | None
) -> Iterator[tuple[int, int, float]]:
    """(row, its keeper, cosine) of the rows that go; rows come in order of rank."""
    kept: list[int] = []
    for at in range(0, len(vectors), _BLOCK):
        block = vectors[at : at + _BLOCK]
        best = np.full(len(block), -1, np.int64)
        cosine = np.full(len(block), threshold, np.float32)
        before = np.array(kept, np.int64)
        for first in range(0, len(before), 8 * _BLOCK):
            some = before[first : first + 8 * _BLOCK]
            values = block @ vectors[some].T
            nearest = values.argmax(axis=1)
            highest = values[np.arange(len(block)), nearest]
            better = (highest > cosine) | ((highest == cosine) & (best < 0))
            best[better], cosine[better] = some[nearest[better]], highest[better]
        within = block @ block.T
        here: list[int] = []
        for i in range(len(block)):
            if here:
                values = within[i, here]
                nearest_ = int(values.argmax())
                value = float(values[nearest_])
                if value > cosine[i] or (value == cosine[i] and best[i] < 0):
                    best[i], cosine[i] = at + here[nearest_], value
            if best[i] >= 0:
                yield at + i, int(best[i]), float(cosine[i])
            else:
                here.append(i)
        kept += [at + i for i in here]
        if progress:
            progress("comparing", at + len(block), len(vectors))


def load_encoder(model: str) -> Encode:
    """The model's function from texts to vectors. Raises UserError when it, or its library, is missing.

    A folder is read by the library that wrote it; a hub name by model2vec, where that is installed.
    """
    wanted = _library(model)
    if importlib.util.find_spec(wanted) is None:
        needed = wanted.replace("_", "-")
        raise UserError(f"--semantic {model}: needs {needed}: pip install {needed}")
    try:
        loaded: Any
        if wanted == "model2vec":
            from model2vec import StaticModel

            loaded = StaticModel.from_pretrained(model)
        else:
            loaded = importlib.import_module(wanted).SentenceTransformer(
                model, trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
    except Exception as error:  # whatever the library, the hub client or the network raises
        raise UserError(f"--semantic {model}: cannot be loaded ({error})") from error

    def encode(texts: list[str]) -> F32:
        # Lone surrogates have no UTF-8; tokenizers refuse them.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        return np.asarray(loaded.encode(clean, show_progress_bar=False), np.float32)

    return encode


def _library(model: str) -> str:
    """The library that reads this model."""
    folder = Path(model)
    if not folder.exists():
        found = importlib.util.find_spec("model2vec") or not importlib.util.find_spec(
            "sentence_transformers"
        )
        return "model2vec" if found else "sentence_transformers"
    if not (folder / "config.json").exists():
        raise UserError(f"--semantic {model}: no embedding model there (no config.json)")
    try:
        modules = orjson.loads((folder / "modules.json").read_bytes())
        static = all(m["type"].endswith(("StaticEmbedding", "Normalize")) for m in modules)
    except (OSError, ValueError, TypeError, KeyError):
        static = True  # a bare model2vec folder
    return "model2vec" if static else "sentence_transformers"
