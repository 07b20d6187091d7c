"""DUP003: a row that is nearly the same as another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from curate.dataset import Dataset
from curate.rules.near_texts import NearTexts, listed
from curate.rules.protocol import About, DatasetRule, Hit, Repair
from curate.rules.twins import NEEDED, SAME_WORDS, comparable, place, repeats
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    rows = comparable(dataset)
    told = np.ones(len(dataset), np.bool_)
    told[rows["index"].to_numpy()] = False
    told[repeats(rows, SAME_WORDS)["index"].to_numpy()] = True
    found = dataset.collector(NearTexts).duplicates(dataset)
    prompts = dataset.frame["prompt_key"].to_numpy()
    # Answered anew, not copied: repeated-prompt says so.
    anew = (found.similarity < options.near_duplicate) & (
        prompts[found.left] == prompts[found.right]
    )
    # The same two answers to two questions, the other way round: each was taken for the other's rejected one.
    chosen, rejected = (
        dataset.frame[name].to_numpy() for name in ("completion_key", "rejected_key")
    )
    crossed = (chosen[found.left] == rejected[found.right]) & (
        prompts[found.left] != prompts[found.right]
    )
    for row, keeper, similarity in listed(found.at(~told[found.left] & ~anew & ~crossed)):
        message = f"nearly the same as {place(dataset, keeper, row)} ({similarity:.0%} alike)"
        yield Hit(row, message, column="prompt", related=((keeper, similarity),))


RULE = DatasetRule(
    about=About(
        code="DUP003",
        name="near-duplicate",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the row is nearly the same as another",
        reason="Copies with a few words changed weigh as much as copies; on both sides of a split they leak.",
        example="two rows of forty words, of which one word differs",
        remedy="Keep one of them (`curate dedupe`, or `--unsafe-fixes`).",
        options=("near_duplicate",),
    ),
    features=NEEDED,
    check=_check,
    either=True,
    collectors=(NearTexts,),
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
)
