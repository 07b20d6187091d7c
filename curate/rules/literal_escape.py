"""TXT034: line ends and quotes stand as escape sequences in the text."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = r"(?s)[a-z.,!?]\\n[a-z].*[a-z.,!?]\\n[a-z]|\\n(?:\\n|[A-Z0-9 *•-])|\\t[A-Z]|[a-z.,!?]\\\"|\\u00[0-9a-f]{2}|\\u20[0-9a-f]{2}|\\r\\n"
_CODE = (
    r"(?i)\b(?:code|program|script|function|regex|regular expression|string|json|python|java|javascript|c\+\+|c#|php|ruby"
    r"|rust|go|golang|sql|bash|shell|latex|escape|newline|backslash|print|printf|kotlin|swift|perl|algorithm|html|css"
    r"|query|class|method|loop|array|variable|api|equation|formula|math|matrix|proof|integral|unicode)s?\b"
)
_PROGRAM = r"[;{}=]\s*\n|\(\s*[\"']|[\"']\s*\)|```|\bprint|\bdef |\\(?:frac|begin|text|nu|nabla|neq|theta|tau|times)|\{\s*\"|^\s*\{"


def _condition(options: LintOptions) -> pl.Expr:
    text, prompt = pl.col("completion"), pl.col("prompt").fill_null("")
    return (
        text.str.contains(_PATTERN)
        & ~text.str.contains(english(_PROGRAM))
        & ~prompt.str.contains(english(_CODE))
    )


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("completion").str.contains("\\", literal=True)


RULE = ColumnRule(
    about=About(
        code="TXT034",
        name="literal-escape",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="line ends or quotes stand as escape sequences in the completion",
        reason="The text was escaped twice. The model learns to write a backslash and an n.",
        example='{"prompt": "Name two fruits.", "completion": "1. Apples\\\\n2. Pears"}',
        remedy="Decode the text once more.",
        assumes="English words mark prompts about code",
    ),
    frame="rows",
    condition=_condition,
    message="an escape sequence stands in the text: {match}",
    pattern=_PATTERN,
    column="completion",
    first=_first,
)
