"""DUP001: a row that stands in the set already, letter by letter."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit, Repair
from curate.rules.twins import EXACT, NEEDED, comparable, pairs, place, repeats
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for row, first in pairs(repeats(comparable(dataset), EXACT)):
        message = f"the same as {place(dataset, first, row)}"
        yield Hit(row, message, column="prompt", related=((first, 1.0),))


RULE = DatasetRule(
    about=About(
        code="DUP001",
        name="exact-duplicate",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the row stands in the set already",
        reason="Repeated rows weigh more than others for no reason, are memorised first, and make loss and evaluation look better than they are.",
        example="two rows with the same prompt and completion",
        remedy="Keep one of them (`curate dedupe`, or `--unsafe-fixes`).",
        options=(),
    ),
    features=NEEDED,
    check=_check,
    either=True,
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
)
