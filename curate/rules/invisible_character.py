"""TXT017: characters that nobody can see."""

from __future__ import annotations

import polars as pl

from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule, Repair
from curate.rules.screens import beyond_ascii
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions

# Zero-width joiners and non-joiners shape words in Persian, Hindi and other scripts, and join
# emoji; between ASCII letters they do nothing. The space of width zero and the soft hyphen mark
# where a line may break, in scripts without spaces legitimately.
_ALWAYS = "[\u2060-\u2064\ufeff\u180e\ufff9-\ufffb\u200e\u200f\u3164\u115f\u1160\uffa0\u2028\u2029\U000e0001\U000e0020-\U000e007e]"
_BETWEEN_LATIN = "[\u200b\u200c\u200d\u00ad]"
_FLAG_OR_RTL = "\U0001f3f4|[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_PATTERN = rf"{_ALWAYS}|[ -~]{_BETWEEN_LATIN}|{_BETWEEN_LATIN}[ -~]|^{_BETWEEN_LATIN}|\u200b$"
_PYTHON = regex(
    rf"{_ALWAYS}|(?<=[ -~]){_BETWEEN_LATIN}+|{_BETWEEN_LATIN}+(?=[ -~])|^{_BETWEEN_LATIN}+|\u200b+$"
)


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    return text.str.contains(_RUST) & ~text.str.contains(_FLAG_OR_RTL)


_RUST = _PATTERN.replace(r"\u200b$", "\u200b$")


def visible(text: str) -> str:
    """The text without its invisible characters."""
    # Of the separators of lines and paragraphs the break is meant.
    before, text = None, text.replace("\u2028", "\n").replace("\u2029", "\n\n")
    while text != before:
        before, text = text, _PYTHON.sub("", text)
    return text


RULE = ColumnRule(
    about=About(
        code="TXT017",
        name="invisible-character",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="characters that nobody can see stand in the text",
        reason="They split words for the tokenizer, make equal texts differ, and can hide instructions.",
        example='{"prompt": "Hi", "completion": "Hel\\u200blo"}',
        remedy="Remove them; `--fix` does.",
    ),
    frame="segments",
    condition=_condition,
    message="an invisible character stands in the text",
    pattern=_RUST,
    repair=Repair(FixSafety.SAFE, "remove the invisible characters", text=visible),
    first=beyond_ascii,
)
