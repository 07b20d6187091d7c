"""FMT007: a row that is no object."""

from __future__ import annotations

from curate.rules.protocol import About, FaultRule
from curate.schemas.findings import Confidence, Severity

RULE = FaultRule(
    About(
        code="FMT007",
        name="not-an-object",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row is JSON, but not an object",
        reason="An example has named fields; a bare list or string cannot say which part is the prompt.",
        example='["What is 2 + 2?", "4"]',
        remedy="Write the row as an object with named fields.",
    ),
)
