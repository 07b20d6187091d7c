"""PRF009: one side opens with words that the other never opens with."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.proportions import wilson
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_PAIRS = 50
_OFTEN, _PURITY = 0.2, 0.9


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    pairs = dataset.frame.filter(pl.col("rejected_opening").is_not_null()).select(
        pl.col("completion_opening", "rejected_opening").cast(pl.String)
    )
    if pairs.height < _FEWEST_PAIRS:
        return
    counts = {
        side: dict(pairs.group_by(column).len().iter_rows())
        for side, column in (("chosen", "completion_opening"), ("rejected", "rejected_opening"))
    }
    for side, other in (("chosen", "rejected"), ("rejected", "chosen")):
        openings = sorted(counts[side].items(), key=lambda item: (-item[1], item[0] or ""))
        for opening, count in openings[:3]:
            there = counts[other].get(opening, 0)
            if not opening or count < _OFTEN * pairs.height:
                continue
            if wilson(count, count + there)[0] >= _PURITY:
                yield Hit(
                    None,
                    f"{count} of {pairs.height} {side} answers open with {opening!r}, "
                    f"and {there or 'none'} of the {other} ones",
                    field=side,
                    excerpt=opening,
                )


RULE = DatasetRule(
    about=About(
        code="PRF009",
        name="side-artefact",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="many answers of one side open alike, and none of the other side do",
        reason="Such an opening gives away the side: a reward model learns the phrase and nothing else. It usually comes from the prompt that made the rejected (or chosen) answers.",
        example='40% of the rejected answers open with "I\'m sorry, but", and no chosen one',
        remedy="Remove the opening, or make the other side anew so that both have it.",
    ),
    features=("completion_opening", "rejected_opening"),
    check=_check,
)
