"""TXT016: control characters in the text."""

from __future__ import annotations

import polars as pl

from curate.patterns import regex
from curate.rules.protocol import About, ColumnRule, Repair
from curate.rules.screens import worded_or_beyond_ascii
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions

# A colour code whose escape character was stripped: "[31mError[0m". Where the escape is written out, as \033 or
# \x1b, the text speaks of such codes.
_BARE = r"(?:^|[\s(:\"'A-Za-z.!?,])\[(?:0m(?:[\sA-Za-z.]|$)|[01];[349][0-7]m|[349][0-7]m[A-Za-z])"
_ESCAPE = r"\\(?:033|x1[bB]|e\[|u001[bB])|\bANSI\b|\bx1b\b"
_BARE_PYTHON = regex(
    r"(?<![^\s(:\"'A-Za-z.!?,])\[(?:0m(?=[\sA-Za-z.]|$)|[01];[349][0-7]m|[349][0-7]m(?=[A-Za-z]))"
)
_ESCAPE_PYTHON = regex(_ESCAPE)
_PATTERN = r"(?:\x1b\[[0-9;]*[A-Za-z])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u{80}-\u{9f}]"
_PYTHON = regex("\x1b\\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    return text.str.contains(_PATTERN) | (text.str.contains(_BARE) & ~text.str.contains(_ESCAPE))


def without_controls(text: str) -> str:
    """The text without control characters and terminal colour codes; a form feed ends a line."""
    plain = _PYTHON.sub("", text.replace("\x0c", "\n"))
    return plain if _ESCAPE_PYTHON.search(plain) else _BARE_PYTHON.sub("", plain)


def _first(options: LintOptions) -> pl.Expr:
    return worded_or_beyond_ascii(options) | pl.col("text").str.contains(r"\[(?-u:[0-9;]{1,5})m")


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
    pattern=f"{_PATTERN}|{_BARE}",
    repair=Repair(FixSafety.SAFE, "remove the control characters", text=without_controls),
    first=_first,
)
