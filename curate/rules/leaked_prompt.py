"""DUP006: a prompt of the validation or test set that is trained on, with another output."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.same_prompts import PROMPT, real_prompts
from curate.rules.splits import has_splits
from curate.rules.twins import NEEDED, SAME_WORDS, comparable, crossings, pairs, place
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    if not has_splits(dataset):
        return
    rows = comparable(dataset)
    whole = set(crossings(rows, SAME_WORDS)["index"].to_list())
    for row, first in pairs(crossings(real_prompts(rows), PROMPT)):
        if row not in whole:
            message = (
                f"the prompt stands in {place(dataset, first, row)} as well, with another output"
            )
            yield Hit(row, message, column="prompt", related=((first, None),))


RULE = DatasetRule(
    about=About(
        code="DUP006",
        name="leaked-prompt",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the prompt stands in a split before this one as well, with another output",
        reason="The model has been trained on an answer to this very prompt: its score on it says little.",
        example="a prompt in train.jsonl and in test.jsonl, answered in two ways",
        remedy="Remove it from one of the two, or split again with `curate split`.",
        options=("train", "val", "test"),
    ),
    features=NEEDED,
    check=_check,
)
