"""TOK007: how many tokens there are, and how long the examples."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.token_limits import limit_of, no_tokenizer
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    counted = dataset.frame.filter(pl.col("tokens").is_not_null())
    if counted.is_empty():
        return
    tokens, learnt = counted["tokens"], int(counted["learnt_tokens"].sum())
    total, longest = int(tokens.sum()), int(tokens.max())  # type: ignore[arg-type]  # not empty, so not None
    marks = [int(tokens.quantile(q, "higher") or 0) for q in (0.5, 0.9, 0.99)]
    limit = limit_of(options)
    over = int((tokens > limit).sum()) if limit else 0
    yield Hit(
        None,
        f"{total:,} tokens an epoch in {len(tokens):,} examples, {learnt:,} of them learnt; an example "
        f"has {marks[0]:,} in the median, 90% have at most {marks[1]:,}, 99% at most {marks[2]:,}, "
        f"the longest {longest:,}" + (f"; {over:,} are longer than {limit:,}" if limit else ""),
    )


RULE = DatasetRule(
    about=About(
        code="TOK007",
        name="token-statistics",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        summary="the number of tokens an epoch, and their distribution",
        reason="Tokens are what training costs: time, memory and money go with them, and the longest examples decide the memory.",
        example="a set of 1,000 examples",
        remedy="Choose --max-tokens and the batch size by it.",
        options=("tokenizer", "max_tokens"),
    ),
    features=("tokens", "learnt_tokens"),
    check=_check,
    unavailable=no_tokenizer,
)
