"""TXT025: one of few answers in another language than the rest."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.languages import told
from curate.rules.answer_languages import MOST_OTHERS, languages_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.samples import Sample
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_ROWS = 20


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    frame = dataset.frame.with_row_index("at").filter(pl.col("completion_language").is_not_null())
    if frame.height < _FEWEST_ROWS:
        return
    # Translations and the like say nothing of the language that the set speaks.
    own = frame.filter(~pl.col("names_language"))
    if own.height < _FEWEST_ROWS:
        return
    counts = own["completion_language"].value_counts(sort=True)
    main, share = counts["completion_language"][0], counts["count"][0] / own.height
    if 1 - share > MOST_OTHERS:  # a set in several languages
        for file in range(len(dataset.files)):
            found = languages_of(dataset, file)
            strays = None if found is None or found.one_language else found.strays(dataset, file)
            for row, answered, asked in strays or ():
                yield Hit(
                    row,
                    f"the completion looks {answered}, the prompt {asked}; most answers follow their prompts",
                )
        return
    others = own.filter(pl.col("completion_language") != main)
    english = others.filter(pl.col("completion_language") == "English")["at"].to_list()
    mistaken = _named_in_english(dataset, english, main)
    for at, found in others.select("at", "completion_language").iter_rows():
        if at in mistaken:
            continue
        yield Hit(at, f"the completion looks {found}; {share:.0%} of the others are {main}")


def _named_in_english(dataset: Dataset, rows: list[int], language: str) -> set[int]:
    """Those of the rows that are in this language, and hold an English name ("Look-and-feel"), which settles at first sight."""
    answers = (text for part in dataset.read_again(rows) for text in part["completion"])
    return {row for row, text in zip(rows, answers, strict=False) if told(text or "") == language}


RULE = DatasetRule(
    about=About(
        code="TXT025",
        name="different-language",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the completion is in another language than nearly all others",
        reason="Answers in another language make the model switch languages now and then. In sets in several languages, "
        "those are reported that are not in the language of their prompt, where all prompts are in one.",
        example="one French answer among 1,000 English ones, to a prompt that names no language",
        remedy="Translate or drop the row, or ignore this rule if the set is meant to be multilingual.",
        assumes="languages are told by common words and scripts; what cannot be told is not held against a row",
    ),
    features=("completion_language", "names_language"),
    check=_check,
    collectors=(Sample,),
)
