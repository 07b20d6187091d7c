"""TXT025: one of few answers in another language than the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.languages import told
from curate.patterns import regex
from curate.rules.answer_languages import MOST_OTHERS, languages_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.samples import Sample
from curate.rules.texts_again import texts_again
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_ROWS = 20


# Of more rows, the questions are not read again.
_MOST_READ = 2000
_ENGLISH = regex(
    r"\b(?:the|is|are|what|how|you|your|and|of|to|for|with|this|that|it|my|write|give|list|name|describe|explain|which|who|why|when|where)\b",
    re.I,
)
_ABOUT_WORDS = regex(
    r"\b(?:conjugat\w*|declin\w+|declension|vocabulary|pronounc\w*|lyrics|spell)\b", re.I
)


def _speaks(prompt: str, found: str, main: str) -> bool:
    """Whether the question is in the language of its answer, or about its words."""
    if told(prompt) == found or _ABOUT_WORDS.search(prompt):
        return True
    english = _ENGLISH.search(prompt) is not None
    # Short questions cannot be told; those that are no English are somebody's own language.
    return (english and found == "English") or (
        main == "English" and not english and not prompt.isascii() and told(prompt) is None
    )


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
    rows = others["at"].to_list()
    read = rows if len(rows) <= _MOST_READ else []
    texts = texts_again(dataset, read, ("prompt", "completion"))
    for at, found in others.select("at", "completion_language").iter_rows():
        prompt, completion = texts.get(at, (None, None))
        if prompt is not None and _speaks(prompt, found, main):
            continue
        # An English name ("Look-and-feel") settles the language at first sight.
        if found == "English" and completion is not None and told(completion) == main:
            continue
        yield Hit(at, f"the completion looks {found}; {share:.0%} of the others are {main}")


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
