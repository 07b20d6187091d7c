"""Search by embeddings, with tiny models of each kind that a folder may hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.contract import infer_contract
from curate.errors import UserError
from curate.schemas.options.compare import CompareOptions
from curate.schemas.records import ChatRecord
from curate.train.embedding import EmbeddingIndex, load_embedder
from curate.train.methods import METHODS, Materials, cases_of, choose_methods

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

WORDS = ["[PAD]", "[UNK]", "boat", "ship", "sails", "bread", "cake", "is", "baked", "a", "the"]


def word_tokenizer() -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    core = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    core.normalizer = normalizers.Lowercase()
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    return core


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=32,
    )
    transformers.BertModel(config).save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=word_tokenizer(), pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Words of the sea point one way, words of the kitchen another."""
    model2vec = pytest.importorskip("model2vec")
    vectors = np.full((len(WORDS), 4), 0.01, np.float32)
    for word in ("boat", "ship", "sails"):
        vectors[WORDS.index(word), 0] = 1.0
    for word in ("bread", "cake", "baked"):
        vectors[WORDS.index(word), 1] = 1.0
    folder = tmp_path_factory.mktemp("static")
    config = {"model_type": "model2vec"}  # as its distilled models have it
    model2vec.StaticModel(vectors, word_tokenizer(), config).save_pretrained(folder)
    return folder


TEXTS = ["the boat sails", "bread", "the cake is baked", "ship"]


def test_pooled_states_are_the_mean_over_real_tokens(encoder: Path) -> None:
    model = transformers.BertModel.from_pretrained(encoder).train(False)
    vectors = load_embedder(str(encoder))(TEXTS)
    assert vectors.shape == (4, 16)
    for text, vector in zip(TEXTS, vectors, strict=True):
        ids = torch.tensor([[WORDS.index(w) for w in text.split()]])
        with torch.no_grad():
            expected = model(input_ids=ids).last_hidden_state[0].mean(dim=0)
        np.testing.assert_allclose(vector, expected.numpy(), rtol=1e-4, atol=1e-5)


def test_sentence_transformers_folders_give_what_the_library_gives(
    encoder: Path, tmp_path: Path
) -> None:
    library = pytest.importorskip("sentence_transformers")
    modules = pytest.importorskip("sentence_transformers.models")
    word = modules.Transformer(str(encoder))
    pooling = modules.Pooling(16, "mean")
    made = library.SentenceTransformer(modules=[word, pooling], device="cpu")
    made.save(str(tmp_path / "st"))
    vectors = load_embedder(str(tmp_path / "st"))(TEXTS)
    np.testing.assert_allclose(vectors, made.encode(TEXTS), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(vectors, load_embedder(str(encoder))(TEXTS), rtol=1e-3, atol=1e-4)


def test_the_nearest_in_meaning_needs_no_word_in_common(static: Path) -> None:
    index = EmbeddingIndex(load_embedder(str(static)), TEXTS)
    assert index.nearest("ship", 2) == [3, 0]
    assert set(index.nearest("cake", 2)) == {1, 2}
    assert index.nearest("boat", 99)[:2] == [3, 0]
    assert len(index.nearest("boat", 99)) == 4
    assert EmbeddingIndex(load_embedder(str(static)), []).nearest("ship", 3) == []


def test_the_order_is_that_of_the_cosines() -> None:
    rng = np.random.default_rng(0)
    held = {f"t{i}": rng.normal(size=5).astype(np.float32) * (i + 1) for i in range(20)}
    query = rng.normal(size=5).astype(np.float32)
    index = EmbeddingIndex(
        lambda texts: np.stack([held.get(text, query) for text in texts]), list(held)
    )
    cosines = [v @ query / np.linalg.norm(v) / np.linalg.norm(query) for v in held.values()]
    assert index.nearest("q", 7) == np.argsort(-np.array(cosines))[:7].tolist()


def chat_case(question: str, answer: str) -> Any:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return cases_of([ChatRecord.model_validate({"messages": turns}).example()])[0]


def test_similar_examples_and_passages_are_found_by_it(static: Path, tmp_path: Path) -> None:
    training = [chat_case("boat", "sea"), chat_case("bread", "kitchen")]
    (tmp_path / "a.txt").write_text("the cake is baked")
    (tmp_path / "b.txt").write_text("a ship sails")
    options = CompareOptions(embedding=str(static), shots=1, passages=1, docs=tmp_path)
    prepared = Materials(options, training, infer_contract(["sea", "kitchen"]))
    case = chat_case("ship", "?")
    said = [m.text for m in METHODS["few-shot-similar"].write(case, prepared)]
    assert said == ["boat", "sea", "ship"]
    [retrieved] = METHODS["retrieval"].write(chat_case("boat", "?"), prepared)
    assert "a ship sails" in retrieved.text
    assert "cake" not in retrieved.text


def test_with_embeddings_no_bm25_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.train.methods.has_bm25", lambda: False)
    settings = {"has_tuned": False, "has_base": True, "has_training": True, "has_passages": True}
    chosen, _ = choose_methods((), **settings, has_embedding=True)
    assert "retrieval" in [method.name for method in chosen]
    chosen, skipped = choose_methods((), **settings)
    assert "curate-ft[compare]" in skipped["retrieval"]


def test_what_cannot_be_used_is_refused(
    static: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="no such folder"):
        load_embedder(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="no weights"):
        load_embedder(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match=r"config\.json"):
        load_embedder(str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"curate-ft\[embeddings\]"):
        load_embedder(str(static))
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(UserError, match="sentence-transformers"):
        load_embedder(str(tmp_path))


def test_a_pickle_is_never_read(encoder: Path, tmp_path: Path) -> None:
    for path in encoder.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(UserError, match="no weights"):
        load_embedder(str(tmp_path))
