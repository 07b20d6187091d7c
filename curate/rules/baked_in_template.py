"""TXT038: the frame of a prompt template stands in the prompt of a chat."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat

# The frame's first line and its last, whatever stands between them.
_ASKS = r"(?:instruction|human|user|question|q|task|prompt)"
_ANSWERS = r"(?:response|output|assistant|answer|completion|ai|bot|gpt|a)"
_PATTERN = (
    rf"(?i)^\W*(?:[a-z' ,.]{{0,120}}\s(?:instruction|human|user)|{_ASKS})\s*:\s*\S[^\x00]*\b{_ANSWERS}\s*:(?:\s*#{{2,}})?\s*$|\[/INST\]\s*$|<\|(?:assistant|im_start)\|>(?:assistant)?\s*$|"
    r"Below is an instruction that describes a task|#{2,4}\s*(?:response|assistant|answer)\s*:?\s*$"
    r"|(?:^|\n)#{2,4}\s*(?:instruction|human|user)s?\s*:|\n(?:assistant|response)\s*:\s*$|^\s*(?:human|user)\s*:\s[^\n]*\b(?:assistant|ai|gpt)\s*:\s*$"
    r"|(?-i:\b(?:USER|HUMAN|Human|User) ?: [^\x00]*\b(?:ASSISTANT|Assistant|GPT|AI|Bot|BOT) ?:\s*$)|^A chat between a [a-z ]{0,9}(?:user|human) and\b"
    r"|(?:^|\n)\s*[\[<](?:user|human|instruction|question|prompt)[\]>]\s*:?\s*\S[^\x00]*[\[<](?:assistant|response|ai|bot|answer|output)[\]>]\s*:?\s*$|<(?:human|user)>\s*:[^\x00]*<(?:bot|assistant|ai|gpt)>\s*:"
    r"|\n\s*(?:\d{1,2}\s*[.)]\s*)?instruction\s*:\s*\S"
)


# "Q: …\nA:" is a few-shot prompt's own form where examples stand before it.
_EXAMPLES = r"(?i)(?:^|\n)\s*(?:q|question|input|human|user)\s*\d*\s*:[^\x00]*\n\s*(?:q|question|input|human|user)\s*\d*\s*:"


def _condition(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    return prompt.str.contains(english(_PATTERN)) & ~prompt.str.contains(english(_EXAMPLES))


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("prompt").str.contains(
        r"Below is|##|(?i-u:assistant|response|\ninstruction|[.)] ?instruction)\s*:|(?i-u:answer|output|completion|\b(?:a|ai|bot|gpt)) ?:\s*$|\[/INST\]|\|>\s*$|(?i-u:answer|a|response) ?:\s*#+\s*$|^A chat b|[\[<](?i-u:assistant|response|ai|bot|answer|output)[\]>]\s*:?\s*$|<(?i-u:bot|assistant|ai|gpt)>\s*:"
    )


RULE = ColumnRule(
    about=About(
        code="TXT038",
        name="baked-in-template",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary='the prompt of a chat holds headings such as "### Response:"',
        reason="The chat template will add its own frame around this one. A user's prompt will not have it, "
        "so that the model is trained on another input than it gets.",
        example='{"messages": [{"role": "user", "content": "### Instruction:\\nSay hi.\\n\\n### Response:"}, '
        '{"role": "assistant", "content": "Hi"}]}',
        remedy="Keep the bare instruction and input; the template adds the frame.",
        assumes="English headings",
    ),
    frame="rows",
    condition=_condition,
    message="the frame of a prompt template stands in the prompt: {match}",
    pattern=english(_PATTERN),
    column="prompt",
    applies_to=(
        RecordFormat.CHAT,
        RecordFormat.SHAREGPT,
        RecordFormat.INSTRUCTION,
        RecordFormat.QUESTION_ANSWER,
    ),
    first=_first,
)
