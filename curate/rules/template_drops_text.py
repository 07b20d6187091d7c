"""TOK004: a turn that is not in what the model sees."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.token_limits import no_template
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    dropped = (
        dataset.frame.with_row_index("row")
        .filter(pl.col("dropped_field").is_not_null())
        .select("row", "dropped_field")
    )
    for row, field in dropped.iter_rows():
        yield Hit(row, f"the rendered conversation does not hold {field}", field=field)


RULE = DatasetRule(
    about=About(
        code="TOK004",
        name="template-drops-text",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the chat template leaves out a turn, a call or the tools",
        reason="The model is trained on another conversation than the one in the file: answers to questions it does not see, calls of tools it was not told of.",
        example="a system prompt, with a template that renders only user and assistant",
        remedy="Use the model's own, current template, or move the text to where the template renders it.",
        options=("tokenizer",),
    ),
    features=("dropped_field",),
    check=_check,
    unavailable=no_template,
)
