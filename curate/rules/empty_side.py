"""PRF002: a pair with an empty side, or one that does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from curate.rules.pairs import answers_of
from curate.rules.protocol import About, Mark, RecordRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat


def _applies(options: LintOptions) -> pl.Expr:
    return pl.col("rejected").is_not_null()


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    if _surely_answered(record["chosen"]) and _surely_answered(record["rejected"]):
        return
    for name, turns in zip(("chosen", "rejected"), answers_of(record), strict=True):
        if not any(t.text.strip() or t.calls_tools or t.refusal for t in turns):
            yield Mark(name, f"the {name} side is empty")
        # Of the chosen side, the rules about conversations say so.
        elif name == "rejected" and all(t.role != "assistant" for t in turns):
            yield Mark(name, "the rejected side has no answer: no turn is the assistant's")


def _surely_answered(side: Any) -> bool:
    """Whether a side is text that is no transcript, or messages that end with an answer's text."""
    if isinstance(side, str):
        return not side.startswith("\n\n") and not side.isspace() and bool(side)
    last = side[-1] if side else {}
    text = last.get("content")
    return last.get("role") == "assistant" and isinstance(text, str) and bool(text.strip())


RULE = RecordRule(
    about=About(
        code="PRF002",
        name="empty-side",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="one side of the pair is empty, or no answer",
        reason="Against nothing, anything wins: the model learns that to write at all is what was preferred, or to fall silent.",
        example='{"prompt": "Hi", "chosen": "Hello!", "rejected": ""}',
        remedy="Write the missing side, or drop the pair (`--unsafe-fixes`).",
    ),
    repair=Repair(FixSafety.UNSAFE, "drop the row", record=lambda record: None),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.PREFERENCE,),
)
