"""What the training benchmark compares: shapes of models, systems, and the examples they see.

Example and prompt lengths are real (`lengths.json`: 2,048 examples of GSM8K and Dolly through
SmolLM2's chat template, 202 tokens on average); token ids are drawn. No example is longer than
TRL's default limit of 1,024 tokens, so nothing is cut.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
LORA_RANK = 16
LEARNING_RATE = 2e-4

SHAPES: dict[str, dict[str, Any]] = {
    "0.5B": {
        "model_type": "qwen2",
        "hidden_size": 896,
        "intermediate_size": 4864,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
    },
    "1.5B": {
        "model_type": "qwen2",
        "hidden_size": 1536,
        "intermediate_size": 8960,
        "num_hidden_layers": 28,
        "num_attention_heads": 12,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "tie_word_embeddings": True,
    },
    "8B": {
        "model_type": "llama",
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 128256,
        "tie_word_embeddings": False,
    },
}
SHAPES["tiny"] = {  # to try the script without a GPU
    **SHAPES["8B"],
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 512,
}
# Examples in one optimiser step, the same for all systems of a shape.
STEP_EXAMPLES = {"0.5B": 80, "1.5B": 80, "8B": 40, "tiny": 8}

# What of curate's choices is forced, by system name.
CURATE: dict[str, dict[str, Any]] = {
    "curate": {},
    "curate eager": {"compile": "off", "cuda_graphs": "off"},
    "curate compile": {"compile": "on", "liger": "off", "cuda_graphs": "off"},
    "curate compile unfused": {
        "compile": "on",
        "liger": "off",
        "cuda_graphs": "off",
        "fused_lora": "off",
    },
    "curate plain": {"liger": "off"},
    "curate unfused": {"fused_lora": "off"},
    "curate recompute": {"gradient_checkpointing": "on"},
    "curate sharded": {"sharding": "sharded"},
    "curate full": {"adapter": "full"},
    "curate full sharded": {"adapter": "full", "sharding": "sharded"},
    "curate qlora": {"adapter": "qlora"},
    "curate qlora eager": {"adapter": "qlora", "cuda_graphs": "off"},
}
# TRL's own defaults but for the batch; then what is known to speed it up, in several mixtures.
TRL: dict[str, dict[str, Any]] = {
    "trl defaults": {},
    "trl no-recompute": {"gradient_checkpointing": False},
    "trl liger": {"gradient_checkpointing": False, "use_liger_kernel": True},
    "trl liger large": {
        "gradient_checkpointing": False,
        "use_liger_kernel": True,
        "micro_batch": 40,
    },
    "trl padding-free": {
        "gradient_checkpointing": False,
        "use_liger_kernel": True,
        "padding_free": True,
        "max_length": None,
        "micro_batch": 40,
    },
    "trl liger recompute": {"use_liger_kernel": True, "micro_batch": 40},
    "trl qlora": {},
    "trl qlora liger": {"use_liger_kernel": True},
}
# Over a base in 4 bits.
QUANTISED = {s for s in (*CURATE, *TRL) if "qlora" in s}
# Measured in one process only.
ALONE = {*TRL, "bare"}
DEFAULT_SYSTEMS = [
    "curate",
    "curate eager",
    "curate compile",
    "trl defaults",
    "trl liger",
    "trl liger large",
    "trl padding-free",
]


def make_examples(vocabulary: int) -> list[tuple[list[int], int]]:
    """(token ids, prompt length) of each example; ids are Zipf-like, so that there is something to learn."""
    rng = np.random.default_rng(0)
    lengths = json.loads((HERE / "lengths.json").read_text())
    drawn = rng.zipf(1.3, size=sum(total for total, _ in lengths)) % vocabulary
    examples, start = [], 0
    for total, prompt in lengths:
        examples.append((drawn[start : start + total].tolist(), max(1, prompt)))
        start += total
    return examples


def configuration(shape: str) -> Any:
    from transformers import AutoConfig

    settings = dict(SHAPES[shape])
    return AutoConfig.for_model(
        settings.pop("model_type"), max_position_embeddings=4096, use_cache=False, **settings
    )


def tokenizer() -> Any:
    """Some tokenizer: TRL wants one, also for data that is tokenised already."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.WordLevel({"<pad>": 0, "<eos>": 1}, unk_token="<pad>"))
    return PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<pad>", eos_token="<eos>")
