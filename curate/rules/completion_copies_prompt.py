"""TXT022: the completion says the prompt again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from curate import textkernel
from curate.arrays import series_of
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
    return pl.map_batches(
        [pl.col("prompt"), pl.col("completion")], _may_copy, return_dtype=pl.Boolean
    )


def _may_copy(columns: Sequence[pl.Series]) -> pl.Series:
    """Whether a completion may be its prompt; the kernel settles nearly all pairs that begin with ASCII."""
    prompts, completions = columns
    kernel = textkernel.load()
    frame = pl.DataFrame([prompts.alias("prompt"), completions.alias("completion")])
    if kernel is None:
        return frame.select(begins_alike().alias("")).to_series()
    found = kernel.same_starts(prompts, completions).astype(np.bool_)
    places = np.flatnonzero(found)
    found[places] = frame[places].select(begins_alike().fill_null(False).alias("")).to_series()
    return series_of(found)


def begins_alike() -> pl.Expr:
    """Whether a completion is about as long as its prompt or longer, and begins with the same letters."""
    prompt, completion = pl.col("prompt"), pl.col("completion")
    gap = completion.str.len_bytes().cast(pl.Int64) - prompt.str.len_bytes().cast(pl.Int64)
    start = prompt.str.head(3).str.to_lowercase()
    same_start = completion.str.head(3).str.to_lowercase() == start
    # Quotation marks, the mark of a list or of a quotation, or white space may stand before the copy.
    opened = pl.when(completion.str.contains(r"^[\"'“\s>*#-]")).then(completion).str.head(8)
    inner = opened.str.strip_chars_start("\"'“ \n\t>*#-").str.head(3).str.to_lowercase()
    return (gap >= -8) & (same_start | (inner == start).fill_null(False))


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
