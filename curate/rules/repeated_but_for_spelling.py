"""DUP002: a row that stands in the set already, but for case and white space."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit, Repair
from curate.rules.twins import EXACT, NEEDED, SAME_WORDS, comparable, pairs, place, repeats
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    rows = comparable(dataset)
    exact = set(repeats(rows, EXACT)["index"].to_list())
    for row, first in pairs(repeats(rows, SAME_WORDS)):
        if row not in exact:
            message = f"the same as {place(dataset, first, row)}, but for case and white space"
            yield Hit(row, message, column="prompt", related=((first, 1.0),))


RULE = DatasetRule(
    about=About(
        code="DUP002",
        name="repeated-but-for-spelling",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the row stands in the set already, but for case and white space",
        reason="It teaches nothing new, and weighs twice.",
        example='"What is 2+2?" and "what is  2+2?", both answered 4',
        remedy="Keep one of them (`curate dedupe`, or `--unsafe-fixes`).",
        options=(),
    ),
    features=NEEDED,
    check=_check,
    either=True,
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
)
