"""FMT016: half a character."""

from __future__ import annotations

from curate.json_repair import without_lone_surrogates
from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity

RULE = FaultRule(
    About(
        code="FMT016",
        name="lone-surrogate",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="an escape names half a character",
        reason="A character beyond U+FFFF is written as two escapes; one of them alone is no text. Strict readers refuse the row, others put a replacement character into what is learnt.",
        example='{"prompt": "Smile", "completion": "\\ud83d"}',
        remedy="Write the character in full; usually an emoji was cut in half. `--fix` removes the half.",
    ),
    Repair(FixSafety.SAFE, "remove the half character", raw=without_lone_surrogates),
)
