"""TXT043: the last of several sentences has no end, in a set whose authors end their sentences."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Where more sentences than this share have no final mark, leaving it out is a habit. Measured of single ones: 31% in
# answers that people wrote (Dolly), 1% in generated ones (Alpaca).
_HABIT = 0.05
_MOST_OPEN = 0.08  # of all sentences at the end of a text
_LEAST_SENTENCES = 20


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    chosen = dataset.frame.lazy().select("file", "sentence_end").with_row_index("index")
    rows = chosen.filter(pl.col("sentence_end").is_not_null()).collect()
    for (_,), part in rows.group_by("file", maintain_order=True):
        kinds = dict(part["sentence_end"].value_counts().iter_rows())
        open_ended = kinds.get(2, 0) + kinds.get(4, 0)
        singles = kinds.get(1, 0) + kinds.get(2, 0)
        by_habit = singles >= _LEAST_SENTENCES and kinds.get(2, 0) > _HABIT * singles
        if by_habit or open_ended > _MOST_OPEN * sum(kinds.values()):
            continue
        for row in part.filter(pl.col("sentence_end") == 4)["index"].to_list():
            yield Hit(
                row,
                "the completion ends without the end of its last sentence, which is rare in this file",
                column="completion",
            )


RULE = DatasetRule(
    about=About(
        code="TXT043",
        name="unfinished-sentence",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the last of several sentences has no end, where the file's sentences have one",
        reason="In a file whose sentences end with a mark, one that does not was probably cut at a length "
        "limit; the model learns to stop anywhere. Files whose authors leave the mark out are not reported.",
        example="Rain falls from clouds. It feeds the rivers and the lakes that people in the valley",
        remedy="Generate the answer again with a higher limit, or drop the row.",
        assumes="English prose",
    ),
    features=("sentence_end",),
    check=_check,
)
