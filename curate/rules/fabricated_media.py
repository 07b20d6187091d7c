"""TXT032: the completion is a made-up image, sound or screenshot."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import marked
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_KIND = (
    r"(?:image|picture|photo|photograph|screenshot|video|audio|gif|drawing|painting|chart|flow ?chart|graph"
    r"|diagram|visuali[sz]ation|heat ?map|heatmap visuali[sz]ation|illustration|animation|map|sound|jigsaw|infographic|3d)"
)
_PATTERN = (
    rf"(?i)^\s*(?:<no ?input>\s*)?(?:[\[<(](?:an?\s+|the\s+|output\s+|insert\s+|cropped\s+|attached\s+|generated\s+|edited\s+)*{_KIND}\b[^\]>)=/]*[\]>)]\s*\.?\s*$"
    rf"|[^\n]*?\n*!\[[^\]\n]*\]\([^)\n]*\)\s*$"
    rf"|<(?:audio|video|img)\s[^>]*src=[^>]*>[^<\n]*(?:</(?:audio|video)>)?\s*$)"
    rf"|\[(?:an? )?{_KIND} of [^\]\n]+\](?:$|[^(])"
)


def _condition(options: LintOptions) -> pl.Expr:
    return pl.col("learnt") & pl.col("text").str.contains(english(_PATTERN))


RULE = ColumnRule(
    about=About(
        code="TXT032",
        name="fabricated-media",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the completion stands for an image, a sound or a screenshot",
        reason="There is no such picture and the address is invented. The model learns to answer with "
        "placeholders and dead links.",
        example='{"prompt": "Post a funny meme about cats.", "completion": "![Cats](https://example.com/c.jpg)"}',
        remedy="Drop the row.",
        assumes="English words for the media",
    ),
    frame="segments",
    condition=_condition,
    message="a medium that is not there: {match}",
    pattern=english(_PATTERN),
    first=marked,
)
