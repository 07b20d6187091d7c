"""ROL022: conversations whose speakers have other names from row to row."""

from __future__ import annotations

from curate.rules.protocol import About, FaultRule
from curate.schemas.findings import Confidence, Severity

RULE = FaultRule(
    About(
        code="ROL022",
        name="mixed-speaker-names",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the speakers are called human and gpt in some rows, user and assistant in others",
        reason="`curate` reads both. Other trainers and chat templates know one set of names: turns under the other are "
        "dropped in silence, or stop them in the middle of the file.",
        example='{"conversations": [{"from": "user", "value": "Hi"}, …]} in every second row of a file with "human" and "gpt"',
        remedy="Give the speakers the same names throughout.",
    ),
)
