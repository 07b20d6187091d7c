"""FMT006: a line with nothing in it."""

from __future__ import annotations

from typing import Any

from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity


def _dropped(record: dict[str, Any]) -> None:
    return None


RULE = FaultRule(
    About(
        code="FMT006",
        name="blank-line",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the line is blank",
        reason="Strict JSON-lines readers refuse a blank line, and row counts differ from line counts.",
        example="two line ends in a row",
        remedy="Remove the line; `--fix` does.",
    ),
    Repair(FixSafety.SAFE, "remove the blank line", record=_dropped),
)
