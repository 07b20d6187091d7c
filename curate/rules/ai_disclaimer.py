"""TXT011: "As an AI language model, I …"."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import worded
from curate.rules.wordings import english
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_MACHINE = r"(?:ai|artificial intelligence|(?:large )?language model|ai (?:language )?(?:model|assistant|chatbot|system)|chat ?bot|virtual assistant|digital assistant|machine[- ]learning model|neural network|computer program)"
_PATTERN = (
    r"(?i)\b(?:as|being|since i am|because i am|since i['’]m|because i['’]m) an?\s+(?:(?:ai|a\.i\.|artificial intelligence|large language|language|machine learning|gpt)[\s-]*)+"
    r"(?:language\s+)?(?:models?|assistants?|chatbots?|programs?|systems?|bots?)?\s*,?\s*"
    r"(?:\([^)\n]*\)\s*,?\s*)?(?:i\b|my\b|it is (?:not )?(?:within my|possible for me))"
    r"|\bi(?:['’]m| am)\s+(?:just\s+|only\s+|simply\s+)?an?\s+(?:ai|artificial intelligence|large language|language)\s*"
    r"(?:language\s+)?(?:model|assistant|chatbot|program|system)?[, ]+(?:and|so|which|therefore|i)\b[^.\n]*\b(?:not|n['’]t|cannot|unable|no)\b"
    r"|\bi, as an? (?:ai|artificial intelligence|large language|language) (?:language )?(?:model|assistant|chatbot)\b"
    r"|\bi(?:['’]m| am)\s+(?:just|only|merely|simply)\s+an?\s+(?:ai|large|language)\s+(?:language\s+)?(?:model|assistant|chatbot|program)\b"
    # The same of other machines, behind the sentence as well as before it.
    rf"|\b(?:as|being) (?:an?|your) (?:mere |simple |humble |helpful )?{_MACHINE}, (?:i\b|my\b|it is)|\bi\b[^.\n]{{3,120}}, (?:as|being) (?:an?|merely an?|only an?|just an?) {_MACHINE}[.!]"
    rf"|\bi(?:['’]m| am)\s+(?:just |only |merely |simply |but )?an? {_MACHINE}[, ]+(?:and|so|which|therefore|with no|without)\b[^.\n]*\b(?:not|n['’]t|cannot|unable|no|never)\b"
    rf"|\b(?:since|because|although|though|while|even though) i(?:['’]m| am) (?:just |only |merely |simply |but )?an? {_MACHINE}\b"
    r"|\bi (?:do not|don['’]t) have (?:access to |any )?(?:real[- ]time|personal (?:opinions?|feelings|beliefs|preferences|views))\b"
    r"|\bi (?:cannot|can['’]t|can not|am (?:not able|unable) to|do(?: not|n['’]t) have the ability to) (?:browse|access|search) (?:the )?(?:internet|web\b|real[- ]time)"
    r"|\bas of my (?:last |latest |most recent )?(?:knowledge |training )?(?:update|cut-?off|training)\b|\bmy (?:knowledge|training(?: data)?) (?:cut-?off|(?:only )?(?:extends|goes|ends|was last updated))\b"
)


def _condition(options: LintOptions) -> pl.Expr:
    # A sentence that was to be put into quotation marks is somebody's.
    quoted = pl.col("text").str.contains(r"^\s*[\"“][^\"”\n]*[\"”]\s*$")
    return pl.col("learnt") & pl.col("text").str.contains(english(_PATTERN)) & ~quoted


def _first(options: LintOptions) -> pl.Expr:
    machines = (
        r"(?-u:rtificial intelligence(?: and| so|[.,!])|hat ?bot(?: and| so|[.,!])|(?:irtual|igital) assistant(?: and| so|[.,!])"
        r"|omputer program(?: and| so|[.,!])|eural network(?: and| so|[.,!])|learning model(?: and| so|[.,!])| an? AI[., !]|I can(?:'t|not) (?:browse|search|access))"
    )
    return worded(options) | pl.col("text").str.contains(machines)


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
    first=_first,
)
