"""TXT011: "As an AI language model, I …"."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import worded
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = (
    r"(?i)\b(?:as|being|since i am|because i am|since i['’]m|because i['’]m) an?\s+(?:(?:ai|a\.i\.|artificial intelligence|large language|language|machine learning|gpt)[\s-]*)+"
    r"(?:language\s+)?(?:models?|assistants?|chatbots?|programs?|systems?|bots?)?\s*,?\s*"
    r"(?:\([^)\n]*\)\s*,?\s*)?(?:i\b|my\b|it is (?:not )?(?:within my|possible for me))"
    r"|\bi(?:['’]m| am)\s+(?:just\s+|only\s+|simply\s+)?an?\s+(?:ai|artificial intelligence|large language|language)\s*"
    r"(?:language\s+)?(?:model|assistant|chatbot|program|system)?[, ]+(?:and|so|which|therefore|i)\b[^.\n]*\b(?:not|n['’]t|cannot|unable|no)\b"
    r"|\bi, as an? (?:ai|artificial intelligence|large language|language) (?:language )?(?:model|assistant|chatbot)\b"
    r"|\bi(?:['’]m| am)\s+(?:just|only|merely|simply)\s+an?\s+(?:ai|large|language)\s+(?:language\s+)?(?:model|assistant|chatbot|program)\b"
    r"|\bas of my (?:last |latest |most recent )?(?:knowledge |training )?(?:update|cut-?off|training)\b|\bmy (?:knowledge|training(?: data)?) (?:cut-?off|(?:only )?(?:extends|goes|ends|was last updated))\b"
)


def _condition(options: LintOptions) -> pl.Expr:
    return pl.col("learnt") & pl.col("text").str.contains(english(_PATTERN))


RULE = ColumnRule(
    about=About(
        code="TXT011",
        name="ai-disclaimer",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary='the completion says "As an AI language model, I …"',
        reason="The phrase comes from another assistant's tuning, and spreads: a model tuned on a few of them "
        "puts it before answers that need no excuse.",
        example='{"prompt": "What is your favourite colour?", "completion": "As an AI language model, I do not '
        'have preferences."}',
        remedy="Answer without the phrase, or drop the row.",
        assumes="English text",
    ),
    frame="segments",
    condition=_condition,
    message="another assistant's disclaimer: {match}",
    pattern=english(_PATTERN),
    first=worded,
)
