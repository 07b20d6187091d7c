"""FMT010: a row in another format than the rest of the file."""

from __future__ import annotations

from curate.rules.protocol import About, FaultRule
from curate.schemas.findings import Confidence, Severity

RULE = FaultRule(
    About(
        code="FMT010",
        name="mixed-formats",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row is in another record format than the file",
        reason="Loaders infer the columns from the first rows: the others end up empty, or are trained on with a different template.",
        example='{"prompt": "Hi", "completion": "Hello"} in a file of {"messages": …} rows',
        remedy="Convert the rows to one format, or keep them in files of their own.",
    ),
)
