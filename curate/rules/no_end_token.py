"""TOK006: answers that no token ends."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.token_limits import no_template
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    ends = dataset.frame["ends"].drop_nulls()
    without = len(ends) - int(ends.sum())
    if without:
        yield Hit(
            None, f"in {without} of {len(ends)} conversations no special token ends the answer"
        )


RULE = DatasetRule(
    about=About(
        code="TOK006",
        name="no-end-token",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the chat template ends answers with no end token",
        reason="Nothing in the examples tells the model when to stop. It will go on until the limit, often by asking itself the next question.",
        example='a template that writes "### Response: …" and nothing after it',
        remedy="Add the end-of-sequence token to the template after each answer (`curate train` adds it to the last one).",
        options=("tokenizer",),
    ),
    features=("ends",),
    check=_check,
    unavailable=no_template,
)
