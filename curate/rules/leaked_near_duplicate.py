"""DUP007: a row of the validation or test set that is nearly the same as one trained on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curate.dataset import Dataset
from curate.rules.near_texts import NearTexts, listed
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.same_prompts import PROMPT, real_prompts
from curate.rules.splits import has_splits
from curate.rules.twins import NEEDED, SAME_WORDS, comparable, crossings, place
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    if not has_splits(dataset):
        return
    rows = comparable(dataset)
    told = np.ones(len(dataset), np.bool_)
    told[rows["index"].to_numpy()] = False
    told[crossings(rows, SAME_WORDS)["index"].to_numpy()] = True
    told[crossings(real_prompts(rows), PROMPT)["index"].to_numpy()] = True
    found = dataset.collector(NearTexts).leaks(dataset)
    for row, other, similarity in listed(found.at(~told[found.left])):
        message = f"nearly the same as {place(dataset, other, row)} ({similarity:.0%} alike)"
        yield Hit(row, message, column="prompt", related=((other, similarity),))


RULE = DatasetRule(
    about=About(
        code="DUP007",
        name="leaked-near-duplicate",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row is nearly the same as one in a split before this one",
        reason="A copy with a few words changed is as good as the row itself: the score measures memory.",
        example="a row of test.jsonl that differs from one in train.jsonl by a word",
        remedy="Remove it from one of the two, or split again with `curate split`, which keeps near duplicates together.",
        options=("near_duplicate", "train", "val", "test"),
    ),
    features=NEEDED,
    check=_check,
    collectors=(NearTexts,),
)
