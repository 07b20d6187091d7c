"""TXT004: a placeholder stands where the answer should be."""

from __future__ import annotations

import polars as pl

from curate.mapping import holding
from curate.rules import other_placeholders
from curate.rules.arabic import VOWELS
from curate.rules.placeholders import STUB, SURE, TOKEN, UNWRITTEN
from curate.rules.protocol import About, ColumnRule, Repair
from curate.rules.screens import worded
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions

# Bytes of code that holds nothing but its frame.
_LONGEST_STUB = 160
_LONGEST_ABROAD = 50  # characters


def _condition(options: LintOptions) -> pl.Expr:
    text = pl.col("text")
    short = pl.when(text.str.len_bytes() <= 60).then(text)
    whole = short.str.contains(f"{SURE}|{UNWRITTEN}").fill_null(False)
    code = pl.when(text.str.len_bytes() <= _LONGEST_STUB).then(text).str.contains(STUB)
    brief = pl.when(text.str.len_chars() <= _LONGEST_ABROAD).then(text)
    hinted = brief.str.contains(other_placeholders.HINT)
    foreign = hinted & holding(
        pl.when(hinted).then(brief.str.replace_all(VOWELS, "")), other_placeholders.PLACEHOLDER
    )
    return pl.col("learnt") & (whole | foreign | text.str.contains(TOKEN) | code.fill_null(False))


def _first(options: LintOptions) -> pl.Expr:
    brief = pl.when(pl.col("text").str.len_bytes() <= 4 * _LONGEST_ABROAD).then(pl.col("text"))
    foreign = brief.str.contains(other_placeholders.HINT).fill_null(False)
    return (
        worded(options)
        | foreign
        | pl.col("text").str.contains(
            r"^.{0,20}(?i-u:answer|response|output|completion|content|to be |text|blank|empty|fixme|asdf|qwerty|placeholder|code|place|change|fill|edit |edit_|write|here).{0,40}$"
            r"|(?i-u:(?:code|logic|implementation) (?:goes |to go )?here|todo)|\A\s*```\w*\s*```\s*\z"
        )
    )


RULE = ColumnRule(
    about=About(
        code="TXT004",
        name="placeholder-completion",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the completion is or holds a placeholder such as <nooutput>",
        reason="The model learns to answer with the placeholder.",
        example='{"instruction": "Compose a piano piece.", "input": "", "output": "<nooutput>"}',
        remedy="Write the answer, or drop the row (`--unsafe-fixes`).",
        assumes="placeholders of English and some ten other languages",
    ),
    frame="segments",
    condition=_condition,
    message="a placeholder stands where the answer should be: {match}",
    pattern=f"{SURE}|{TOKEN}|{UNWRITTEN}|{STUB}|{other_placeholders.PLACEHOLDER}",
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
    first=_first,
)
