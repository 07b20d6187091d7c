"""SIZ005: few different prompts, each used again and again."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 40


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    prompts = dataset.frame.filter(pl.col("prompt_length").fill_null(0) > 0)["prompt_key"]
    if len(prompts) < _LEAST_ROWS:
        return
    distinct = prompts.n_unique()
    if distinct < options.min_distinct_prompts * len(prompts):
        most = int(prompts.value_counts()["count"].max() or 0)  # type: ignore[arg-type]  # a count
        yield Hit(
            None,
            f"{len(prompts):,} rows share {distinct:,} different prompt{'s' * (distinct > 1)}; "
            f"one of them stands {most:,} times",
        )


RULE = DatasetRule(
    about=About(
        code="SIZ005",
        name="few-distinct-prompts",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="few different prompts, each used again and again",
        reason="A model that meets the same prompts over and over learns these prompts, not the task; "
        "and any split puts the same prompts on both sides.",
        example="2,000 rows with 40 different prompts",
        remedy="Write more prompts, or keep fewer answers to each.",
        options=("min_distinct_prompts",),
    ),
    features=("prompt_key", "prompt_length"),
    check=_check,
    scope="file",
)
