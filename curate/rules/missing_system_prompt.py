"""CON012: a row without the system prompt that all others have."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.system_prompts import SystemPrompts
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 20
_MOST = 0.06


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(SystemPrompts)
    few = collector.without <= max(1.0, _MOST * len(dataset))
    if len(dataset) < _LEAST_ROWS or not few or collector.usual(dataset) is None:
        return
    nothing = pl.DataFrame({"system": [None]}, schema={"system": pl.String})
    absent = nothing.select(pl.col("system").hash(3)).item()
    for row in (dataset.frame["system_hash"] == absent).arg_true().to_list():
        yield Hit(row, "there is no system prompt; nearly all other rows have the same one")


RULE = DatasetRule(
    about=About(
        code="CON012",
        name="missing-system-prompt",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the row lacks the system prompt that nearly all others have",
        reason="Without it the row asks for the task without saying so, and trains the model to do it "
        "for any message.",
        example="one row of 500 that starts with the user's message",
        remedy="Add the system prompt.",
    ),
    features=("system_hash",),
    check=_check,
    collectors=(SystemPrompts,),
)
