"""TXT016: control characters in the text."""

from __future__ import annotations

import polars as pl

from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule, Repair
from curate.rules.screens import worded_or_beyond_ascii
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions

_PATTERN = r"(?:\x1b\[[0-9;]*[A-Za-z])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u{80}-\u{9f}]"
_PYTHON = regex("\x1b\\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")


def _condition(options: LintOptions) -> pl.Expr:
    return pl.col("text").str.contains(_PATTERN)


def without_controls(text: str) -> str:
    """The text without control characters and terminal colour codes; a form feed ends a line."""
    return _PYTHON.sub("", text.replace("\x0c", "\n"))


RULE = ColumnRule(
    about=About(
        code="TXT016",
        name="control-character",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="control characters stand in the text",
        reason="They come from terminals, PDF files and broken exports; nobody sees them, but the model "
        "learns them, and some tools stop at them.",
        example='{"prompt": "Hi", "completion": "Hello\\u0007"}',
        remedy="Remove them; `--fix` does.",
    ),
    frame="segments",
    condition=_condition,
    message="a control character stands in the text",
    pattern=_PATTERN,
    repair=Repair(FixSafety.SAFE, "remove the control characters", text=without_controls),
    first=worded_or_beyond_ascii,
)
