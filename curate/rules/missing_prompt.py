"""PRF012: a pair without the prompt that its sides answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.pairs import whole_sides
from curate.rules.protocol import About, Mark, RecordRule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("prompt").str.strip_chars().str.len_bytes() == 0


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    if record.get("prompt") is not None or record["chosen"] == record["rejected"]:
        if record.get("prompt") is not None and not _says_something(record["prompt"]):
            yield Mark("prompt", "the prompt is empty")
        return
    chosen, rejected = whole_sides(record)
    if not chosen or not rejected:
        return  # a side without any turn is for empty-side
    if len(chosen) == len(rejected) == 1:
        first, other = chosen[0].text.split(), rejected[0].text.split()
        if first[:2] == other[:2] and first:
            return  # both continue the same opening, which is the prompt
    if chosen[0].role == "assistant" or rejected[0].role == "assistant":
        yield Mark(None, "no prompt, and the sides share no opening that could be one")


def _says_something(prompt: Any) -> bool:
    if isinstance(prompt, str):
        return bool(prompt.strip())
    contents = [turn.get("content") for turn in prompt if turn.get("role") != "system"]
    return any(bool(c.strip()) if isinstance(c, str) else bool(c) for c in contents)


RULE = RecordRule(
    about=About(
        code="PRF012",
        name="missing-prompt",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the pair has no prompt",
        reason="Without the prompt the model learns which text is liked in general, whatever was asked.",
        example='{"chosen": "Paris.", "rejected": "London."}',
        remedy="Add `prompt`, or give both sides as whole conversations.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.PREFERENCE,),
)
