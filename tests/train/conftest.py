"""A tiny language model with a real tokenizer and chat template, made on the spot."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")

torch = pytest.importorskip("torch")

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def make_tokenizer(template: str | None = CHATML, **special: str) -> Any:
    """A byte-level tokenizer: 256 bytes and a few special tokens, pad the same as EOS."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(
        [AddedToken(t, special=True) for t in ("<|im_start|>", "<|im_end|>", "<s>", "</s>")]
    )
    names = {"eos_token": "<|im_end|>", "pad_token": "<|im_end|>", **special}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, **names)
    tokenizer.chat_template = template
    return tokenizer


def make_model(seed: int = 0, **changes: Any) -> Any:
    """A two-layer Llama, 32 wide, with grouped heads and tied embeddings, float32."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    shape: dict[str, Any] = {
        "vocab_size": 260,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": 257,
        "pad_token_id": 257,
        "initializer_range": 0.1,
    }
    return LlamaForCausalLM(LlamaConfig(**{**shape, **changes})).eval()


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Tiny products only wait for each other's threads."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a tiny model and its tokenizer, as `--model` takes it."""
    folder = tmp_path_factory.mktemp("tiny-base")
    make_model().save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return str(folder)


@pytest.fixture
def chat_file(write_jsonl: Callable[..., Path]) -> Path:
    """Forty short conversations with one system prompt, of uneven lengths."""
    words = ["sun", "moon", "rain", "wind", "snow"]
    rows = [
        {
            "messages": [
                {"role": "system", "content": "Say the word twice."},
                {"role": "user", "content": f"{words[i % 5]} {'!' * (i % 7)}{i}"},
                {"role": "assistant", "content": f"{words[i % 5]} {words[i % 5]}"},
            ]
        }
        for i in range(40)
    ]
    return write_jsonl(rows, "chat.jsonl")


@pytest.fixture
def pair_file(write_jsonl: Callable[..., Path]) -> Path:
    """Forty pairs of which the chosen answer says a word twice, the rejected one once."""
    words = ["sun", "moon", "rain", "wind", "snow"]
    rows = [
        {
            "prompt": f"Say the word twice: {words[i % 5]} {'!' * (i % 7)}{i}",
            "chosen": f"{words[i % 5]} {words[i % 5]} {i}",
            "rejected": f"{words[i % 5]} {i}",
        }
        for i in range(40)
    ]
    return write_jsonl(rows, "pairs.jsonl")


def interrupt_at(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Ctrl-C come when the loop looks for it for the `call`th time (between two packs)."""
    from curate.train import interrupts

    calls = 0
    check = interrupts.Interrupts.check

    def counting(self: interrupts.Interrupts) -> None:
        nonlocal calls
        calls += 1
        self.requested = self.requested or calls == call
        check(self)

    monkeypatch.setattr(interrupts.Interrupts, "check", counting)
