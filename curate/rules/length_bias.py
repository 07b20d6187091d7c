"""PRF008: the longer answer nearly always wins, or nearly always loses."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.proportions import wilson
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_PAIRS = 50


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    pairs = dataset.frame.select(
        chosen=pl.col("completion_length").cast(pl.Int64),
        rejected=pl.col("rejected_length").cast(pl.Int64),
    ).filter(pl.col("rejected").is_not_null() & (pl.col("chosen") != pl.col("rejected")))
    count = pairs.height
    if count < _FEWEST_PAIRS:
        return
    longer = int((pairs["chosen"] > pairs["rejected"]).sum())
    low, high = wilson(longer, count)
    if low <= options.length_bias and high >= 1 - options.length_bias:
        return
    word, share = ("longer", longer) if low > 0.5 else ("shorter", count - longer)
    low, high = wilson(share, count)
    medians = pairs.median().row(0)
    yield Hit(
        None,
        f"the {word} side is the chosen one in {100 * share / count:.0f}% of {count} pairs "
        f"(95% interval {100 * low:.0f} to {100 * high:.0f}%; median {medians[0]:.0f} and "
        f"{medians[1]:.0f} characters): a model that looks at length alone is right that often",
    )


RULE = DatasetRule(
    about=About(
        code="PRF008",
        name="length-bias",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="length alone predicts which side was chosen",
        reason="A reward model, or DPO itself, finds length before it finds quality, and the tuned model grows longer (or shorter) without getting better (Singhal et al. 2023, arXiv 2310.03716).",
        example="900 of 1,000 chosen answers are longer than the rejected ones",
        remedy="Balance the pairs by length, use a length-normalised objective, and report the accuracy within pairs of about the same length.",
        options=("length_bias",),
    ),
    features=("completion_length", "rejected_length"),
    check=_check,
)
