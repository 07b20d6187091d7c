"""Rows of like meaning go only when asked, only near a row that stays, and with a reason of their own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.deduping import dedupe
from curate.duplicates import find_duplicates
from curate.errors import UserError
from curate.ledger import read_removed
from curate.matching import Settings
from curate.schemas.options.dedupe import DedupeOptions
from curate.semantic import by_meaning
from curate.texts import ListSource

SAME = {"car": "automobile", "buy": "purchase", "quick": "fast", "big": "large"}


def model(folder: Path) -> Path:
    """A model2vec model in which synonyms have one vector."""
    model2vec = pytest.importorskip("model2vec")
    tokenizers = pytest.importorskip("tokenizers")
    words = ["[UNK]", *SAME, *SAME.values(), *(f"word{i}" for i in range(200))]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    vectors = np.random.default_rng(0).standard_normal((len(words), 64)).astype(np.float32)
    for word, other in SAME.items():
        vectors[words.index(other)] = vectors[words.index(word)]
    model2vec.StaticModel(vectors, tokenizer).save_pretrained(folder)
    return folder


def test_synonyms_go_and_other_rows_stay(tmp_path: Path) -> None:
    texts = [
        "buy a big quick car word1 word2",
        "purchase a large fast automobile word1 word2",
        "word3 word4 word5 word6 word7 word8",
        "purchase a large fast automobile word1 word2 .",
        "word9 word10 word11 word12 word13 word14",
    ]
    path, out, removed = (tmp_path / n for n in ("rows.jsonl", "out.jsonl", "removed.jsonl"))
    path.write_text("".join(json.dumps({"text": t}) + "\n" for t in texts))
    plain = dedupe([path], DedupeOptions(output=out, yes=True))
    assert plain.reasons == {"normalised": 1}
    name = str(model(tmp_path / "model"))
    result = dedupe([path], DedupeOptions(output=out, removed=removed, yes=True, semantic=name))
    assert result.reasons == {"meaning": 2}
    assert [json.loads(x)["text"] for x in out.read_text().splitlines()] == [
        texts[i] for i in (0, 2, 4)
    ]
    first, second = read_removed(removed)
    assert (first.line, first.keeper.line, first.reason) == (2, 1, "meaning")
    assert first.similarity >= 0.9
    # Line 4 was a copy of line 2, which goes: both stand behind line 1.
    assert (second.line, second.keeper.line) == (4, 1)
    assert second.link is not None
    assert (second.link.line, second.link_similarity) == (2, 1.0)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=40), st.sampled_from([0.3, 0.7, 0.95]))
def test_every_removed_row_is_near_a_kept_one_and_no_two_kept_rows_are(
    names: list[int], threshold: float
) -> None:
    vectors = np.random.default_rng(1).standard_normal((41, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    source = ListSource([f"text{n}" for n in names])
    verdicts = find_duplicates(source, Settings())

    def encode(texts: list[str]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        return np.stack([vectors[int(t.removeprefix("text"))] for t in texts])

    found, changed = by_meaning(source, verdicts, encode, threshold)
    kept = [i for i, k in enumerate(found.keeper.tolist()) if k == i]
    for i, keeper in enumerate(found.keeper.tolist()):
        assert keeper in kept
        cosine = float(vectors[names[i]] @ vectors[names[keeper]])
        assert abs(found.similarity[i] - cosine) < 1e-5 or i not in changed
        assert cosine >= threshold - 1e-5
    for a, i in enumerate(kept):
        for j in kept[:a]:
            assert float(vectors[names[i]] @ vectors[names[j]]) < threshold + 1e-5


def test_a_missing_model_is_refused_before_any_work(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a"}\n')
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no embedding model there"):
        dedupe([path], DedupeOptions(check=True, semantic=str(tmp_path / "empty")))
