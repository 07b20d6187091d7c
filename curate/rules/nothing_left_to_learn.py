"""TOK002: a prompt so long that no token of the answer fits."""

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
    empty = (
        dataset.frame.with_row_index("row")
        .filter((pl.col("learnt_kept") == 0) & (pl.col("tokens") > 0))
        .select("row", "tokens", "learnt_tokens")
    )
    for row, tokens, learnt in empty.iter_rows():
        if learnt:
            yield Hit(
                row, f"none of the {learnt} learnt tokens is among the first {limit} of {tokens}"
            )
        else:
            yield Hit(row, f"none of the {tokens} tokens is learnt")


RULE = DatasetRule(
    about=About(
        code="TOK002",
        name="nothing-left-to-learn",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="once cut to the limit, nothing of the example is learnt",
        reason="The prompt alone fills the context: no learnt token is left, the loss of the row is 0/0, and the run goes on as if all were well.",
        example="a prompt of 5,000 tokens and an answer of 10, with --max-tokens 4096",
        remedy="Shorten the prompt, or raise --max-tokens.",
        options=("tokenizer", "max_tokens"),
    ),
    features=("tokens", "learnt_tokens", "learnt_kept"),
    check=_check,
    unavailable=no_limit,
)
