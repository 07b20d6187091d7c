"""FMT009: a field that is missing or of the wrong type."""

from __future__ import annotations

from curate.rules.protocol import About, FaultRule
from curate.schemas.findings import Confidence, Severity

RULE = FaultRule(
    About(
        code="FMT009",
        name="schema-violation",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="a field is missing or of the wrong type",
        reason='Trainers stop at such a row, skip it, or turn the wrong value into text ("None") and teach that.',
        example='{"messages": [{"role": "user"}, {"role": "assistant", "content": 42}]}',
        remedy="Give the field the type that the message names.",
    ),
)
