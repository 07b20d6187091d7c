"""TXT026: all that the prompt gives to work on is a URL."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.requests import about_code, stands_alone
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = r"(?i)(?:^|[\n:]|\bat)\s*(?:[\w ]{0,20}(?:url|link|website|address|source)\s*:?\s*)?(?:[<(\[]?|\[[^\]\n]{0,60}\]\()(?:https?://|www\.)\S+\s*$"
_READ = (
    # One line that sends the reader to a page: "Read https://… and list the main results."
    r"(?i)^(?:please\s+|can you\s+|could you\s+)?(?:summari[sz]e|read|review|analy[sz]e|translate|critique|paraphrase|open|visit|check out|look at|watch|go to)\b[^\n]{0,60}?(?:https?://|www\.)[^\s,]+[^\n]{0,80}$"
    r"|^[^\n]{0,120}\b(?:article|page|website|site|video|paper|blog|post|story|thread)\b[^\n]{0,60}?[?:.]?\s+(?:https?://|www\.)\S+\s*$"
)
# Prompts about the address itself, not about what stands behind it.
_ABOUT_ADDRESSES = (
    r"(?i)^[^\n]*?\b(?:html|regex|regular expression|bookmark|hyperlink|anchor|shorten|qr code|valid"
    r"|domain|(?:parts|components|pieces) of (?:the|this|an?) (?:url|link|address)|(?:split|break|take)[^\n]{0,20}\b(?:url|link|address)|protocol|subdomain|query string|parse|encode|decode|redirect|curl|http request|slug"
    r"|host ?name|host|(?:in|of|from|is) (?:the|this) url|top-level|scheme|url format|markdown|scripts?|python|javascript|java|node(?:\.js)?|golang|php|ruby|c\+\+|c#|api|fetch"
    r"|code|functions?|programs?|class|librar(?:y|ies)|async|requests?|scrap(?:e|es|er|ing)|endpoint|app)\b"
)

_LONGEST = 500


def _condition(options: LintOptions) -> pl.Expr:
    prompt = pl.col("prompt")
    # A link at the end of a long text is its source.
    short = prompt.str.len_bytes() <= _LONGEST
    return (
        short
        & prompt.str.contains(english(f"{_PATTERN}|{_READ.removeprefix('(?i)')}"))
        # ".html" and "/api/" in the address itself say nothing about the task.
        & ~prompt.str.replace_all(r"(?:https?://|www\.)\S+", "").str.contains(
            english(_ABOUT_ADDRESSES)
        )
        & ~about_code()
    )


def _first(options: LintOptions) -> pl.Expr:
    link = pl.col("prompt").str.contains_any(["http://", "https://", "www."])
    return link & stands_alone()


RULE = ColumnRule(
    about=About(
        code="TXT026",
        name="url-only-input",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="all that the prompt gives to work on is a URL",
        reason="The model cannot open it; it learns to invent the content of pages from their address.",
        example='{"instruction": "Summarize the following article.", "input": '
        '"https://example.com/news/17", "output": "…"}',
        remedy="Put the text of the page into the prompt, or drop the row.",
        assumes="English words mark prompts about addresses themselves",
    ),
    frame="rows",
    condition=_condition,
    message="the input is only a URL: {match}",
    pattern=english(f"{_PATTERN}|{_READ.removeprefix('(?i)')}"),
    column="prompt",
    first=_first,
)
