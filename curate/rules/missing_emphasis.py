"""TXT041: the prompt speaks of an underlined or highlighted word, and none is marked."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import about_code, stands_alone
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_THING = r"(?:words?|phrases?|parts?|sections?|portions?|terms?|text|expressions?|sentences?|clauses?|verbs?|nouns?|adjectives?|adverbs?|pronouns?|letters?|passages?)"
_PATTERN = (
    rf"(?i)\b(?:the|an?|all|each|any|following|given|these|this)\s+(?:underlined|highlighted|bolded|bold|italici[sz]ed|italic|circled|boldface[sd]?|emboldened|marked)\s+{_THING}\b"
    rf"|\b{_THING}\s+(?:that (?:is|are) |which (?:is|are) )?(?:in (?:bold|italics|bold type)|underlined|highlighted)\b"
)
# Marks, capitals or quotation marks may be the emphasis meant.
_MARKED = r"[*_\[\]<>{}\"“”‘«»`~|#^(]|(?:^|\s)'|[^\x00-\x7f]|\b[A-Z]{3,}\b"
_TASK = r"(?i)\b(?:html|css|markdown|latex|function|code|regex|create|generate|format|make the|highlight the|underline the)\b"
_LONGEST = 600


def _condition(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    return (
        prompt.str.contains(english(_PATTERN))
        & ~prompt.str.contains(_MARKED)
        & ~prompt.str.contains(english(_TASK))
        & ~about_code()
    )


def _first(options: LintOptions) -> pl.Expr:
    short = pl.when(pl.col("prompt").str.len_bytes() <= _LONGEST).then(pl.col("prompt"))
    return (
        short.str.contains(r"(?-u:underlined|highlighted|bold|italic|circled|marked)")
        & stands_alone()
    )


RULE = ColumnRule(
    about=About(
        code="TXT041",
        name="missing-emphasis",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the prompt speaks of an underlined or highlighted word, and none is marked",
        reason="The mark was lost when the text was copied. Which word is meant can only be guessed, and the "
        "model learns to guess.",
        example='{"prompt": "Replace the underlined word with a synonym: The chair was strong.", '
        '"completion": "The chair was sturdy."}',
        remedy="Mark the word (with asterisks, say), or drop the row.",
        assumes="English prompts",
    ),
    frame="rows",
    condition=_condition,
    message="nothing is marked in the prompt: {match}",
    pattern=english(_PATTERN),
    column="prompt",
    first=_first,
)
