"""FMT001: a line that is not JSON."""

from __future__ import annotations

from curate.rules.protocol import About, FaultRule
from curate.schemas.findings import Confidence, Severity

RULE = FaultRule(
    About(
        code="FMT001",
        name="invalid-json",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row is not valid JSON",
        reason="Loaders stop at such a line, or silently skip it and train on less than you think.",
        example='{"prompt": "Hi", "completion": "Hello",}',
        remedy="Mend the line at the column shown; trailing commas are mended by `--fix`.",
    )
)
