"""DUP004: a prompt that stands in the set already, with another output."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.same_prompts import PROMPT, real_prompts
from curate.rules.twins import NEEDED, SAME_WORDS, comparable, pairs, place, repeats
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    rows = comparable(dataset)
    whole = {row for row, _ in pairs(repeats(rows, SAME_WORDS))}
    for row, first in pairs(repeats(real_prompts(rows), PROMPT)):
        if row not in whole:
            message = f"the prompt of {place(dataset, first, row)} again, with another output"
            yield Hit(row, message, column="prompt", related=((first, None),))


RULE = DatasetRule(
    about=About(
        code="DUP004",
        name="repeated-prompt",
        severity=Severity.INFO,
        confidence=Confidence.HIGH,
        summary="the prompt stands in the set already, with another output",
        reason="Several good answers to one prompt teach variety; where one answer is right, they "
        "teach to guess (CON010 says so where it can tell). Across splits they leak.",
        example="two different poems for the same request",
        remedy="Check that both outputs are wanted; `curate dedupe --field prompt` keeps one.",
    ),
    features=NEEDED,
    check=_check,
    either=True,
)
