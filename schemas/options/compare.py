"""Options of `curate compare` (and of the comparing step of `curate run`)."""

from __future__ import annotations

from pathlib import Path

from curate.schemas.options.base import option
from curate.schemas.options.data import DataOptions


class CompareOptions(DataOptions):
    """What is compared, on which rows, and what a request costs."""

    data: Path | None = option(
        None, "Held-out rows; the run's test split without it.", metavar="FILE"
    )
    examples: Path | None = option(
        None,
        "Training rows, from which examples for prompts are taken; the run's training split "
        "without it.",
        metavar="FILE",
    )
    model: str | None = option(None, "Base model; the run's without it.", metavar="MODEL")
    adapter: Path | None = option(
        None, "Adapter, or folder of a fully tuned model; the run's without it.", metavar="FOLDER"
    )
    methods: tuple[str, ...] = option(
        (),
        "Methods to compare: prompt, few-shot, few-shot-similar, retrieval, fine-tuned, "
        "fine-tuned-retrieval; all that can be run without it.",
        separator=",",
        metavar="NAMES",
    )
    rows: int = option(100, "Test rows, drawn once by the seed.", ge=1)
    shots: int = option(4, "Examples in a few-shot prompt.", ge=1)
    docs: Path | None = option(
        None,
        "Folder of text files (.txt, .md) to retrieve passages from; training examples without it.",
        metavar="FOLDER",
    )
    passages: int = option(3, "Passages in a retrieval prompt.", ge=1)
    embedding: str | None = option(
        None,
        "Folder of an embedding model (model2vec, sentence-transformers, or an encoder of "
        "transformers), by which similar examples and passages are found; BM25 without it.",
        metavar="FOLDER",
    )
    prompt: str | None = option(
        None,
        "System prompt of the methods that only prompt: its text, @FILE, or `contract` to write "
        "one from the training outputs; the data's own without it, and `contract` where the data "
        "has none.",
        metavar="TEXT",
    )
    metric: str | None = option(
        None,
        "A metric of your own, as module:function; called with (output, reference), it returns a "
        "number, higher for better.",
        metavar="MODULE:FUNCTION",
    )
    likelihood: bool = option(
        True, "Measure, too, how likely each method finds the reference answers."
    )
    max_new_tokens: int | None = option(
        None, "Cut answers here; from the length of the training answers without it.", ge=1
    )
    max_context: int | None = option(
        None, "Longest prompt with its answer, in tokens; the model's own limit without it.", ge=8
    )
    latency_rows: int = option(
        3, "Rows that are also answered one at a time, to measure the latency.", ge=0
    )
    price_input: float | None = option(
        None, "Price of a million prompt tokens; by the model's size without it.", ge=0
    )
    price_output: float | None = option(
        None, "Price of a million answer tokens; by the model's size without it.", ge=0
    )
    seed: int = option(0, "Seed of the rows drawn, of random examples and of the bootstrap.", ge=0)
