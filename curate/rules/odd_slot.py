"""TXT049: a letter with a slot, in a set whose letters have none."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_LETTERS = 20
# Where more letters have slots, they are meant as templates (a third of them in Alpaca).
_MOST = 0.1


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    chosen = dataset.frame.lazy().select("file", "letter_slot").with_row_index("index")
    letters = chosen.filter(pl.col("letter_slot").is_not_null()).collect()
    for _, part in letters.group_by("file", maintain_order=True):
        slots = part.filter(pl.col("letter_slot"))
        if part.height < _FEWEST_LETTERS or slots.height > _MOST * part.height:
            continue
        said = f"a slot is left in the letter; {part.height - slots.height:,} others of {part.height:,} have none"
        for row in slots["index"].to_list():
            yield Hit(row, said, column="completion")


RULE = DatasetRule(
    about=About(
        code="TXT049",
        name="odd-slot",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a letter keeps a slot such as [Your Name], where hardly any other letter does",
        reason="Where the letters of a set are finished, one with a slot is a template that nobody filled in; the "
        "model learns to leave gaps now and then.",
        example="'Kind regards, [Your Name]' in one e-mail of 200 that are signed with a name",
        remedy="Fill the slot, or drop the row.",
        assumes="English letters and slots",
    ),
    features=("letter_slot",),
    check=_check,
)
