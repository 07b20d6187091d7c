"""DUP003: a row that is nearly the same as another."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.near_texts import NearTexts
from curate.rules.protocol import About, DatasetRule, Hit, Repair
from curate.rules.twins import NEEDED, SAME_WORDS, comparable, pairs, place, repeats
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    rows = comparable(dataset)
    compared = set(rows["index"].to_list())
    prompts = dataset.frame["prompt_key"]
    said = {row for row, _ in pairs(repeats(rows, SAME_WORDS))}
    for row, keeper, similarity in dataset.collector(NearTexts).duplicates(dataset):
        if similarity < options.near_duplicate and prompts[row] == prompts[keeper]:
            continue  # answered anew, not copied: repeated-prompt says so
        if row in compared and row not in said:
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
    collectors=(NearTexts,),
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
)
