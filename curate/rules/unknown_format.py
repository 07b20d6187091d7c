"""FMT008: no known record format."""

from __future__ import annotations

from curate.rules.protocol import About, FaultRule
from curate.schemas.findings import Confidence, Severity

RULE = FaultRule(
    About(
        code="FMT008",
        name="unknown-format",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the rows are in no known record format",
        reason="Nothing can be checked or trained on before it is known which columns hold the prompt and the completion.",
        example='{"anfrage": "Hallo", "antwort": "Guten Tag"}',
        remedy="Name the columns with `--map prompt=COLUMN --map completion=COLUMN`, or the format with `--format`.",
    ),
)
