"""TXT015: U+FFFD, or a character of no agreed meaning, stands where a character was lost."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import About, ColumnRule
from curate.rules.screens import beyond_ascii
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# Reserved for programs: no text holds them.
_NO_CHARACTERS = frozenset(map(chr, (*range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF)))
# U+FFFC stands for a picture or another object that was pasted. Characters of private use: icons of fonts, bullets of word processors.
# U+F8FF is the apple of Apple's fonts.
_PATTERN = "[\ufdd0-\ufdef\ufffc-\uffff\ue000-\uf8fe\U000f0000-\U000ffffd\U00100000-\U0010fffd]"


def _condition(options: LintOptions) -> pl.Expr:
    return pl.col("text").str.contains(_PATTERN)


def _message(found: str) -> str:
    if found == "\ufffd":
        return "a character was lost in decoding (U+FFFD)"
    if found == "\ufffc":
        return "an object stood here that was no text (U+FFFC)"
    if found[0] in _NO_CHARACTERS:
        return f"no character (U+{ord(found[0]):04X}): it is reserved for programs"
    return f"a character of private use (U+{ord(found[0]):04X}), which only one font knows"


RULE = ColumnRule(
    about=About(
        code="TXT015",
        name="replacement-character",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="U+FFFD or U+FFFC, or a character of private use, stands where something was lost",
        reason="A decoder put U+FFFD there for bytes that it could not read; characters of private use come from the "
        "icons and bullets of one font, and U+FFFC is a picture that was pasted with the text. The model learns to write them.",
        example='{"prompt": "Order", "completion": "The caf\ufffd is open."}',
        remedy="Read the source in its right encoding again; the lost character is not in this file.",
    ),
    frame="segments",
    condition=_condition,
    message=_message,
    pattern=_PATTERN,
    first=beyond_ascii,
)
