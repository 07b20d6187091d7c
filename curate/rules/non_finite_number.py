"""FMT017: NaN, Infinity, or a number too large."""

from __future__ import annotations

from curate.json_repair import finite
from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity

RULE = FaultRule(
    About(
        code="FMT017",
        name="non-finite-number",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row holds NaN, Infinity, or a number beyond what a double can hold",
        reason="JSON knows no such numbers. Python writes and reads them, other readers refuse the row; in a label or a margin they turn the loss into NaN.",
        example='{"prompt": "Hi", "completion": "Hello", "score": NaN}',
        remedy="Write null or a number; `--unsafe-fixes` writes null.",
    ),
    Repair(FixSafety.UNSAFE, "write null instead", raw=finite),
)
