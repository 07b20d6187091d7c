"""CON014: an answer written otherwise than nearly all others: its ending, its markup, its length."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 100
# What at least this share of the outputs does is a style; the others are odd.
_STYLE = 0.98
# An output is an outlier when it is so many times as long as one of a hundred is.
_TIMES_LONGER = 10
_NEEDED = ("has_output", "ends_a_sentence", "marked_up", "completion_length")
_FREE = {ContractKind.TEXT, ContractKind.SENTENCE, ContractKind.LIST}


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    for file in range(len(dataset.files)):
        contract = collector.contract_of(dataset, file)
        if contract is None or contract.kind not in _FREE:
            continue
        chosen = dataset.frame.lazy().select("file", *_NEEDED).with_row_index("index")
        rows = chosen.filter((pl.col("file") == file) & pl.col("has_output")).collect()
        if rows.height < _LEAST_ROWS:
            continue
        yield from _odd(
            rows, "ends_a_sentence", "ends without punctuation", "ends with punctuation"
        )
        yield from _odd(rows, "marked_up", "has no markup", "has markup (bold, headings, code)")
        long = (rows["completion_length"].quantile(0.99) or 0.0) * _TIMES_LONGER
        for row, length in (
            rows.filter(pl.col("completion_length") > long)
            .select("index", "completion_length")
            .iter_rows()
        ):
            message = (
                f"the output has {length:,} characters; 99% of the others have at most a tenth"
            )
            yield Hit(row, message, column="completion")


def _odd(rows: pl.DataFrame, style: str, without: str, having: str) -> Iterator[Hit]:
    """The rows that differ from what nearly all do, where nearly all do the same."""
    share = float(rows.select(pl.col(style).mean()).item() or 0.0)
    if _STYLE <= share < 1:
        odd, said = rows.filter(~pl.col(style)), without
    elif 0 < share <= 1 - _STYLE:
        odd, said = rows.filter(pl.col(style)), having
    else:
        return
    for row in odd["index"].to_list():
        message = f"the output {said}; {max(share, 1 - share):.1%} do otherwise"
        yield Hit(row, message, column="completion")


RULE = DatasetRule(
    about=About(
        code="CON014",
        name="odd-style",
        severity=Severity.INFO,
        confidence=Confidence.LOW,
        summary="the output is written otherwise than nearly all others",
        reason="Where a set has one style, exceptions are often leftovers of another source; a model "
        "learns to mix them.",
        example="one answer with headings and bold text, among 2,000 in plain sentences",
        remedy="Look whether the row belongs to the set; write it like the others.",
    ),
    features=_NEEDED,
    check=_check,
    collectors=(OutputContracts,),
)
