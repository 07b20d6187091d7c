"""DYN003: a validation row whose loss fell as only rows that are trained on do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from curate.dataset import Dataset
from curate.duplicates import near_matches
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.run_evidence import NEEDED, no_run, placed, run_of
from curate.run_dynamics import memorised
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# A training row that shares this much is shown as the twin (word pairs, exact Jaccard similarity).
_TWIN = 0.3
_TWIN_NGRAM = 2


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    run = run_of(options)
    found = placed(dataset, memorised(run))
    if found.is_empty():
        return
    rows = found["row"].to_list()
    twins = _twins(dataset, rows, placed(dataset, run.train)["row"].to_list())
    typical = float(np.median(run.val["fall"].to_numpy()))
    trained = float(np.median(run.probe_falls))
    for row, fall in found.select("row", "fall").iter_rows():
        twin = twins.get(row)
        yield Hit(
            row,
            f"the loss of this validation row fell by {fall:.2f} nats a {run.unit} after the first epoch, as that of "
            f"training rows does ({trained:.2f}) and that of other validation rows does not ({typical:.2f})"
            + ("" if twin else "; no training row has nearly the same words"),
            column="prompt",
            related=(twin,) if twin else (),
        )


def _twins(
    dataset: Dataset, rows: Sequence[int], trained: Sequence[int]
) -> dict[int, tuple[int, float]]:
    """For each of `rows`, the training row with the most words in common, where there is one."""
    texts, references = (_texts(dataset, wanted) for wanted in (rows, trained))
    matches = near_matches(texts, references, threshold=_TWIN, unit="word", ngram=_TWIN_NGRAM)
    return {rows[m.row]: (trained[m.reference], round(m.similarity, 2)) for m in matches}


def _texts(dataset: Dataset, rows: Sequence[int]) -> list[str]:
    parts = pl.concat_str("prompt", "completion", separator="\n\n", ignore_nulls=True)
    return [text for part in dataset.read_again(rows) for text in part.select(parts).to_series()]


RULE = DatasetRule(
    about=About(
        code="DYN003",
        name="validation-row-memorised",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a validation row was learnt as only training rows are: it has a twin among them",
        reason="What falls after the first epoch is what repetition teaches, and validation rows are not repeated. A row "
        "that falls all the same is in the training data in other words, and makes the validation loss, the choice of the "
        "best step and every comparison look better than they are.",
        example="a validation question that is a training question with its numbers written out",
        remedy="Move the row to the training data or drop it; `curate split` keeps near duplicates together.",
        options=("run",),
    ),
    features=NEEDED,
    check=_check,
    unavailable=no_run,
)
