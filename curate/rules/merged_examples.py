"""TXT021: a second example stands inside the completion."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = (
    r"(?is)\n[\s#*>-]*(?:\d{1,3}\s*[.)]\s*)?[#*\s]*(?:instruction|task|prompt)\s*\d*\s*:[^\n]*\n(?:.*?\n)?"
    r"[\s#*>-]*(?:\d{1,3}\s*[.)]\s*)?[#*\s]*(?:output|response|completion|answer|solution|reply)\s*\d*\s*:"
    r"|\n\s*(?:-{3,}|={3,}|\*{3,}|#{3,})\s*\n\s*input\s*:[^\n]*\n+\s*output\s*:"
    r"|\n\s*\d{1,3}\s*[.)]\s*(?:instruction|input|output)\s*:"
    r"|\S[ \t]*\n+(?:question|q)\s*\d*\s*:[^\n]+\n+(?:answer|a)\s*\d*\s*:\s*\S[^\n]*$"
    r"|\n#{1,4}\s*(?:prompt|instruction|question)\s*\n[^\n]+\n+#{1,4}\s*(?:response|answer|output|completion)\s*\n"
    r"|\n\s*\n\s*input\s*:[^\n]+\n+\s*(?:output|response)\s*:\s*\S[^\n]*$"
    r"|\n\s*example\s*\d+\s*:?\s*\n+\s*(?:input|question|q)\s*:[^\n]*\n+\s*(?:output|answer|a)\s*:|(?:[.!?\S][ \t]*(?:\n\s*|[.!?]\s+)|[\"'][ \t]*\}[ \t]*,?\s*)\{\s*\"(?:instruction|prompt|messages|conversations)\"\s*:\s*[\"\[]"
)
# What asks for questions and answers may be answered with them.
_ASKED = (
    r"(?i)\b(?:questions?|quiz|q ?& ?a|q and a|joke|riddle|faq|trivia|interview|dialog(?:ue)?|conversation|instructions?|prompts?"
    r"|examples?|dataset|flash ?cards?|test|exam|survey|mcq|inputs?|outputs?|function|program|code|algorithm|multiple[- ]choice|puns?|template|few-shot)s?\b"
)


def _condition(options: LintOptions) -> pl.Expr:
    merged = pl.col("completion").str.contains(_PATTERN)
    return merged & ~pl.col("prompt").fill_null("").str.contains(english(_ASKED))


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("completion").str.contains(
        r"(?i-u:instruction|task|prompt|input|output|\nquestion|\nq)\"?\s*[0-9]*\s*:|\n#+ ?(?i-u:prompt|instruction|question)\s*\n|\{\s*\"(?-u:messages|conversations)"
    )


RULE = ColumnRule(
    about=About(
        code="TXT021",
        name="merged-examples",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the completion runs on into another example",
        reason="The model learns to go on after its answer, to put the next question itself and to answer it.",
        example='{"instruction": "What is rain?", "output": "Water.\\n8. Instruction: Write a poem.\\n8. '
        'Input:\\n8. Output:\\nRoses …"}',
        remedy="Cut the completion where the second example begins, and make that a row of its own.",
        assumes="English field names",
    ),
    frame="rows",
    condition=_condition,
    message="another example begins inside the completion: {match}",
    pattern=_PATTERN,
    column="completion",
    first=_first,
)
