"""TXT020: the scaffolding of a prompt stands in what the model learns to write."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat

_PATTERN = (
    r"(?i)(?:^|\n)\s*(?:#{3,4}\s*(?:input|output|end)|#{2,4}\s*(?:instruction|response|human|user|assistant|system))s?\s*:"
    r"|\bBelow is an instruction that describes a task\b"
    r"|\n\n(?:Human|Assistant)\s*:|^\s*(?:Assistant|Response|Completion|GPT|ChatGPT|Chatbot|AI|Bot)\s*:\s|^\s*\[ASSISTANT\]|^\s*Output\s*:\s|^\s*#{3}\s*(?:Response|Output)\s*\n|\n#{3}\s*End\s*$|\nHuman\s*:[^\n]*$|\n\nUser\s*:[^\n]*$"
    r"|\n\s*#{3,}\s*(?:\n|$)|\n\s*(?:\[END\]|END OF (?:RESPONSE|ANSWER|OUTPUT))\W*$|\n\s*Instruction\s*:\s*$|^\s*\*\*(?:Assistant|AI|Bot|Chatbot)\s*:?\s*\*\*|^\s*(?:assistant|model)\s*\n"
    r"|\n(?:Human|User)\s*:[^\n]*(?:\n[^\n]+){0,3}?\n\s*(?:Assistant|AI|Response)\s*:"
    r"|\n\s*(?:Human|User)\s*:\s*$|^\s*user\s*:[^\n]*?\bassistant\s*:"
)
# A dialogue was asked for.
_DIALOGUE = (
    r"(?i)\b(?:dialog(?:ue)?|conversation|chat|chatbot|script|transcript|interview|play|scene|role-?play"
    r"|skit|assistant|simulate|exchange|user stor|acronym|abbreviat|stands? for|ai\b)"
)


def _condition(options: LintOptions) -> pl.Expr:
    written = pl.col("completion").str.contains(english(_PATTERN))
    labelled = pl.col("completion").str.contains(r"^\s*Output\s*:") & pl.col("prompt").str.contains(
        r"(?i-u:\b(?:outputs?|inputs?|code|examples?|function|program|test cases?)\b)"
    )
    return (
        written
        & ~labelled.fill_null(False)
        & ~pl.col("prompt").fill_null("").str.contains(english(_DIALOGUE))
    )


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("completion").str.contains(
        r"(?-u:uman ?:|UMAN ?:|ser ?:|SER ?:|ssistant ?:|SSISTANT ?:|esponse ?:|ompletion ?:|##|^\s*(?:Chat)?GPT ?:|^\s*(?:AI|ai|Chatbot|Bot) ?:|^\s*\[ASSISTANT|^\s*\*\*(?:Assistant|AI|Bot|Chatbot)|^\s*(?:assistant|model|Assistant)\s*\n|\[END\]|END OF|nstruction ?:\s*$|^\s*Output ?:|Below is an ins)"
    )


RULE = ColumnRule(
    about=About(
        code="TXT020",
        name="prompt-scaffolding",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary='headings such as "### Response:" or "Human:" stand in the completion',
        reason="The model learns to write the frame of the prompt itself, and to play the user's part.",
        example='{"prompt": "Hi", "completion": "### Response:\\nHello!"}',
        remedy="Remove the headings; make turns into messages.",
        assumes="English headings",
    ),
    frame="rows",
    condition=_condition,
    message="the scaffolding of a prompt stands in the completion: {match}",
    pattern=english(_PATTERN),
    column="completion",
    applies_to=tuple(f for f in RecordFormat if f is not RecordFormat.TEXT),
    first=_first,
)
