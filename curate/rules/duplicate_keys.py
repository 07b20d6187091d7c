"""FMT012: a key that stands twice in one object."""

from __future__ import annotations

from curate.duplicate_keys import without_twins
from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity

RULE = FaultRule(
    About(
        code="FMT012",
        name="duplicate-keys",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a key stands twice in one object",
        reason="JSON readers keep the last value (some the first) and say nothing: part of the row is silently lost, and which part depends on the tool.",
        example='{"prompt": "Hi", "completion": "Hello", "completion": "Good day"}',
        remedy="Keep one of the two. `--fix` does so where both values are the same.",
    ),
    Repair(FixSafety.SAFE, "keep one of the two", raw=without_twins),
)
