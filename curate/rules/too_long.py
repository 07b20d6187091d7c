"""TOK001: an example longer than the model or the training allows."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.token_limits import limit_of, no_limit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    limit = limit_of(options)
    long = (
        dataset.frame.with_row_index("row")
        .filter(pl.col("tokens") > limit)
        .select("row", "tokens", "learnt_tokens", "learnt_kept")
    )
    for row, tokens, learnt, kept in long.iter_rows():
        lost = f"; cut there, {learnt - kept} of {learnt} learnt tokens are lost" if learnt else ""
        yield Hit(row, f"{tokens} tokens, {tokens - limit} more than {limit}{lost}")


RULE = DatasetRule(
    about=About(
        code="TOK001",
        name="too-long",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the example is longer than the limit in tokens",
        reason="Trainers drop such rows or cut them, mostly at the end: then the answer stops in the middle, and so will the model.",
        example="a row of 5,000 tokens with --max-tokens 4096",
        remedy="Shorten or split the example, or raise --max-tokens if memory and model allow it.",
        options=("tokenizer", "max_tokens"),
    ),
    features=("tokens", "learnt_tokens", "learnt_kept"),
    check=_check,
    unavailable=no_limit,
)
