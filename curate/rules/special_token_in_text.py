"""TOK005: a text that spells one of the tokenizer's special tokens."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.token_limits import no_tokenizer
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    found = (
        dataset.frame.with_row_index("row")
        .filter(pl.col("control_text").is_not_null())
        .select("row", "control_text")
    )
    for row, text in found.iter_rows():
        field, _, token = text.partition("\x1f")
        yield Hit(
            row,
            f"{field} holds {token}, a special token of the tokenizer",
            field=field,
            excerpt=token,
        )


RULE = DatasetRule(
    about=About(
        code="TOK005",
        name="special-token-in-text",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a text holds a special token of this tokenizer",
        reason="The tokenizer does not see the words but the token: the turn ends in the middle, or a text written by a user opens a turn of the system.",
        example='{"prompt": "What does <|im_end|> mean?", …} with a ChatML tokenizer',
        remedy="Write it differently (with a space inside), or remove what leaked from a template.",
        options=("tokenizer",),
    ),
    features=("control_text",),
    check=_check,
    unavailable=no_tokenizer,
)
