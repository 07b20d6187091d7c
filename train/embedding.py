"""Texts as vectors, by a local embedding model: what is near in meaning shares no words.

Three kinds of folder are understood: a model2vec model (`model_type` in config.json), a
sentence-transformers model (modules.json), and any encoder of transformers, whose hidden states
are averaged over the tokens. Weights are read from safetensors only, and no code out of a folder
is run.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]

_BATCH_ROWS = 32
_MOST_TOKENS = 512
_SHORTEST = 1e-12


class EmbeddingIndex:
    """Texts as unit vectors; the nearest is the one at the smallest angle, ties to the earlier."""

    def __init__(self, embed: Embed, texts: Sequence[str]) -> None:
        self._embed = embed
        self._vectors = _unit(embed(texts)) if texts else np.zeros((0, 0), np.float32)

    def nearest(self, query: str, k: int) -> list[int]:
        """Numbers of the `k` best texts, best first (fewer, where there are fewer texts)."""
        if not len(self._vectors):
            return []
        scores = self._vectors @ _unit(self._embed([query]))[0]
        return [int(i) for i in (-scores).argsort(kind="stable")[:k]]


def load_embedder(spelling: str) -> Embed:
    """The embedding model in a folder, as a function from texts to vectors [texts, width].

    Raises:
        UserError: there is no such folder, no model in it, or the library that reads it is missing.
    """
    folder = Path(spelling)
    if not folder.is_dir():
        raise UserError(f"--embedding {spelling}: no such folder; download the model first")
    if not any(folder.rglob("*.safetensors")):
        raise UserError(f"--embedding {spelling}: no weights here (*.safetensors)")
    layered = (folder / "modules.json").is_file()
    # model2vec's own folders hold a modules.json, too.
    if (not layered or (folder / "config.json").is_file()) and _is_static(folder):
        return _static(folder)
    return _sentence_transformer(folder) if layered else _pooled(folder)


def _is_static(folder: Path) -> bool:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"--embedding {folder}: config.json cannot be read: {error}") from None
    return isinstance(found, dict) and found.get("model_type") == "model2vec"


def _needs(module: str, package: str, folder: Path) -> Any:
    if importlib.util.find_spec(module) is None:
        raise UserError(
            f"--embedding {folder}: this model needs {package}: pip install 'curate-ft[embeddings]'"
        )
    return importlib.import_module(module)


def _static(folder: Path) -> Embed:
    model = _needs("model2vec", "model2vec", folder).StaticModel.from_pretrained(str(folder))

    def embed(texts: Sequence[str]) -> Vectors:
        return np.asarray(model.encode(list(texts), use_multiprocessing=False), np.float32)

    return embed


def _sentence_transformer(folder: Path) -> Embed:
    library = _needs("sentence_transformers", "sentence-transformers", folder)
    model = library.SentenceTransformer(
        str(folder),
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True},
    )

    def embed(texts: Sequence[str]) -> Vectors:
        return np.asarray(model.encode(list(texts), show_progress_bar=False), np.float32)

    return embed


def _pooled(folder: Path) -> Embed:
    import torch
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model: Any = AutoModel.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError) as error:
        raise UserError(f"--embedding {folder}: {str(error).splitlines()[0]}") from None
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train(False)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    most = min(_MOST_TOKENS, int(getattr(model.config, "max_position_embeddings", _MOST_TOKENS)))

    def embed(texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), model.config.hidden_size), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for start in range(0, len(order), _BATCH_ROWS):
            rows = order[start : start + _BATCH_ROWS]
            taken = tokenizer(
                [texts[i] for i in rows],
                padding=True,
                truncation=True,
                max_length=most,
                return_tensors="pt",
            ).to(device)
            with torch.inference_mode():
                hidden_btd = model(
                    input_ids=taken["input_ids"], attention_mask=taken["attention_mask"]
                ).last_hidden_state
            vectors[rows] = _mean_of_tokens(hidden_btd, taken["attention_mask"]).cpu().numpy()
        return vectors

    return embed


def _mean_of_tokens(hidden_btd: torch.Tensor, mask_bt: torch.Tensor) -> torch.Tensor:
    """The mean over the tokens that are no padding, shape [b, d]; zeros where there are none."""
    weights = mask_bt[..., None].to(hidden_btd.dtype)
    return (hidden_btd * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0)


def _unit(vectors: Vectors) -> Vectors:
    """Rows of length one; a text without any known word stays at zero, near to nothing."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = (vectors / np.maximum(lengths, _SHORTEST)).astype(np.float32)
    return unit
