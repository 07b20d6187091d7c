"""PRF003: two sides that answer different questions."""

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
    return pl.col("rejected").is_not_null()


def _check(record: dict[str, Any], format_: RecordFormat, options: LintOptions) -> Iterator[Mark]:
    if _surely_same(record):
        return
    chosen, rejected = whole_sides(record)
    for i, (a, b) in enumerate(zip(chosen, rejected, strict=False)):
        if a == b:
            continue
        # Where an answer differs first, the pair prefers one conversation to another.
        if a.role != "assistant" and b.role != "assistant":
            yield Mark(
                f"rejected[{i}].content" if isinstance(record["rejected"], list) else "rejected",
                f"the sides part at turn {i + 1}, before any answer; expected the same {b.role} turn",
                b.text,
            )
        return


def _surely_same(record: dict[str, Any]) -> bool:
    """Whether both sides are plain answers, or transcripts that share all but their last answer."""
    chosen, rejected = record["chosen"], record["rejected"]
    if not isinstance(chosen, str) or not isinstance(rejected, str):
        return False
    if not chosen.startswith("\n\n"):
        return True
    prompt = chosen[: chosen.rfind("\n\nAssistant:")]
    return bool(prompt) and rejected.startswith(prompt)


RULE = RecordRule(
    about=About(
        code="PRF003",
        name="different-prompts",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the two sides answer different prompts",
        reason="A preference compares two answers to one prompt. With two prompts, the model learns which question is liked better.",
        example='{"chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}], "rejected": [{"role": "user", "content": "Bye"}, {"role": "assistant", "content": "Ciao"}]}',
        remedy="Pair answers of the same prompt; put what they share into `prompt`.",
    ),
    applies=_applies,
    check=_check,
    applies_to=(RecordFormat.PREFERENCE,),
)
