"""FMT001: a line that is not JSON."""

from __future__ import annotations

from curate.json_repair import mended_json
from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity

RULE = FaultRule(
    About(
        code="FMT001",
        name="invalid-json",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row is not valid JSON",
        reason="Loaders stop at such a line, or silently skip it and train on less than you think.",
        example='{"prompt": "Hi", "completion": "Hello",}',
        remedy="Mend the line at the column shown. `--fix` mends trailing commas, raw tabs inside strings and rows written as Python literals (single quotes, None, True).",
    ),
    Repair(FixSafety.SAFE, "rewrite the row as JSON", raw=mended_json),
)
