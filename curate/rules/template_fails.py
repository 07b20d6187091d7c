"""TOK003: a conversation that the chat template refuses."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.token_limits import no_template
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.token_columns import MEDIA


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    failed = (
        dataset.frame.with_row_index("row")
        .filter(pl.col("template_error").is_not_null())
        .select("row", "template_error")
    )
    for row, error in failed.iter_rows():
        if not error.startswith(MEDIA):
            yield Hit(row, error)


RULE = DatasetRule(
    about=About(
        code="TOK003",
        name="template-fails",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the chat template cannot render the conversation",
        reason='Some trainers stop at such a row, others turn it into an empty text and "succeed".',
        example="two user turns in a row, with a template that demands alternation",
        remedy="Mend the conversation, or use a template that knows what it uses.",
        options=("tokenizer",),
    ),
    features=("template_error",),
    check=_check,
    unavailable=no_template,
)
