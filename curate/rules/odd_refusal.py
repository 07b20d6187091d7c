"""PRF015: a chosen answer that refuses, in a set whose chosen answers do not."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.answer_form import REFUSES
from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_PAIRS = 50
# Where more chosen answers refuse, refusing what is harmful is what the pairs teach.
_MOST = 0.08


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    frame = dataset.frame.select("chosen_refuses").with_row_index("index")
    refuses = frame.filter(pl.col("chosen_refuses") == REFUSES)
    pairs = int(dataset.frame["rejected_length"].is_not_null().sum())
    held_back = frame["chosen_refuses"].len() - frame["chosen_refuses"].null_count()
    if pairs < _FEWEST_PAIRS or held_back > _MOST * pairs:
        return
    for row in refuses["index"].to_list():
        share = 1 - refuses.height / pairs
        yield Hit(
            row, f"the chosen answer refuses; {share:.1%} of the others do not", field="chosen"
        )


RULE = DatasetRule(
    about=About(
        code="PRF015",
        name="odd-refusal",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a chosen answer refuses, in a set whose chosen answers hardly ever do",
        reason="The pair teaches to refuse where an answer was given. In sets about harmful requests, where many "
        "chosen answers refuse, that is what they are for, and nothing is said.",
        example='{"prompt": "Name a song.", "chosen": "I\'m sorry, but I can\'t help with that.", "rejected": "Yesterday."}',
        remedy="Look at the pair; the sides may be swapped.",
        assumes="English text",
    ),
    features=("rejected_length", "chosen_refuses"),
    check=_check,
)
