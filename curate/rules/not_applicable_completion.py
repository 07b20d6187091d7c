"""TXT005: "N/A", "coming soon", "test" or a dash stands where the answer should be."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Where so many rows say so, it is one of the answers that the data means to give.
_LARGEST_SHARE = 0.02
_ALWAYS_ODD = 3


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    frame = dataset.frame.with_row_index("at").filter(pl.col("not_applicable"))
    most = max(_ALWAYS_ODD, _LARGEST_SHARE * len(dataset))
    # Each word is counted for itself: that a set has one of them as a label says nothing of the others.
    word = pl.col("short_completion").str.strip_chars().str.to_lowercase()
    frame = frame.filter(pl.len().over(word) <= most)
    for at, text in frame.select("at", "short_completion").iter_rows():
        yield Hit(at, f"{text.strip()!r} stands where the answer should be", excerpt=text)


RULE = DatasetRule(
    about=About(
        code="TXT005",
        name="not-applicable-completion",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary='the completion is "N/A", "null", "coming soon", "test", a shrug or only punctuation',
        reason="Usually an export wrote its empty value, or somebody tried a form. The model learns to answer "
        "with it.",
        example='{"instruction": "Name a river in France.", "input": "", "output": "N/A"}',
        remedy="Write the answer, or drop the row. Where many rows say so, it is taken for a label.",
        assumes="English words for nothing",
    ),
    features=("not_applicable", "short_completion"),
    check=_check,
)
