"""TXT044: remains of HTML in a prompt that is not about HTML."""

from __future__ import annotations

import polars as pl

from curate.rules.html_residue import residue
from curate.rules.protocol import About, ColumnRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Entities and the tags of running text; other tags are often what a prompt is about.
_PATTERN = r"(?i)&(?:nbsp|amp|quot|apos|ldquo|rdquo|lsquo|rsquo|mdash|ndash|hellip|#39|#x27);|<br\s*/?>|</?(?:p|div|span|strong|em)(?:\s+(?:class|id|style)\s*=[^<>]*)?>"


def _condition(options: LintOptions) -> pl.Expr:
    return residue(pl.col("prompt"), pl.col("prompt"), _PATTERN)


def _first(options: LintOptions) -> pl.Expr:
    return pl.col("prompt").str.contains(r"<[/a-zA-Z]|&[#a-z]")


RULE = ColumnRule(
    about=About(
        code="TXT044",
        name="html-in-prompt",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="HTML tags or entities are left in the prompt",
        reason="They come from scraped pages. The model meets prompts in training that nobody will write.",
        example='{"prompt": "Summarize: Tom&nbsp;&amp;&nbsp;Ann met.<br>They left.", "completion": "They met."}',
        remedy="Turn the HTML into text.",
        assumes="English words mark prompts about markup",
    ),
    frame="rows",
    condition=_condition,
    message="HTML is left in the prompt: {match}",
    pattern=_PATTERN,
    column="prompt",
    first=_first,
)
