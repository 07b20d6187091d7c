"""TOK008: text that the tokenizer has no tokens for."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.token_limits import no_tokenizer
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    unknown = (
        dataset.frame.with_row_index("row")
        .filter(pl.col("unknown_tokens") > 0)
        .select("row", "unknown_tokens", "tokens")
    )
    for row, count, tokens in unknown.iter_rows():
        yield Hit(row, f"{count} of {tokens} tokens are the unknown token")


RULE = DatasetRule(
    about=About(
        code="TOK008",
        name="unknown-token",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="a text holds characters that the tokenizer does not know",
        reason="What becomes the unknown token is lost: the model reads, and learns to write, a placeholder.",
        example="Chinese text with a tokenizer that knows only Latin letters",
        remedy="Use a tokenizer that covers the script, or remove the characters.",
        options=("tokenizer",),
    ),
    features=("unknown_tokens", "tokens"),
    check=_check,
    unavailable=no_tokenizer,
)
