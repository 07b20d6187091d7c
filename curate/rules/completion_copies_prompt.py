"""TXT022: the completion says the prompt again."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_SHORTEST_COPY = 12
_SHORTEST_START = 25
# There the prompt is meant to stand in the completion.
_WANTED = (
    r"(?i)\b(?:repeat|copy|echo|continue|complete|finish|extend|expand|quote|verbatim|recite|say|add|append|insert|transcribe"
    r"|begin|start|translate|rewrite|edit|correct|fix|convert|format|punctuat|capitali[sz]|highlight|annotate|fill)(?:e|es|s|ed|ing|ion|ize|ise)?\b"
)


def _letters(column: str) -> pl.Expr:
    return (
        pl.col(column).str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    )


def _condition(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    wanted = prompt.str.contains(_WANTED)
    copy = (_letters("prompt") == _letters("completion")) & (
        completion.str.len_chars() >= _SHORTEST_COPY
    )
    # Twice, no order means itself.
    again = pl.concat_str([_letters("prompt"), pl.lit(" "), _letters("prompt")])
    twice = (_letters("completion") == again) & (prompt.str.len_chars() >= _SHORTEST_START)
    begins = (prompt.str.len_chars() >= _SHORTEST_START) & completion.str.starts_with(prompt)
    return ((copy | begins) & ~wanted) | twice


def _first(options: LintOptions) -> pl.Expr:
    prompt, completion = pl.col("prompt"), pl.col("completion")
    gap = completion.str.len_bytes().cast(pl.Int64) - prompt.str.len_bytes().cast(pl.Int64)
    same_start = completion.str.head(3).str.to_lowercase() == prompt.str.head(3).str.to_lowercase()
    # Quotation marks, the mark of a list or of a quotation, or white space may stand before the copy.
    opened = pl.when(completion.str.contains(r"^[\"'“\s>*#-]")).then(completion).str.head(8)
    inner = opened.str.strip_chars_start("\"'“ \n\t>*#-").str.head(3).str.to_lowercase()
    inside = (inner == prompt.str.head(3).str.to_lowercase()).fill_null(False)
    return (gap >= -8) & (same_start | inside)


RULE = ColumnRule(
    about=About(
        code="TXT022",
        name="completion-copies-prompt",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the completion is the prompt again, or begins with all of it",
        reason="The model learns to parrot. Often the columns were mixed up, or a base model's echo was kept.",
        example='{"prompt": "What is the capital of France?", "completion": "What is the capital of France?"}',
        remedy="Remove the copy from the completion, or drop the row.",
        assumes="English words mark prompts that want their own text back",
    ),
    frame="rows",
    condition=_condition,
    message="the completion repeats the prompt",
    column="completion",
    first=_first,
)
