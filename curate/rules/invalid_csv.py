"""FMT011: a row that does not fit the header."""

from __future__ import annotations

from curate.rules.protocol import About, FaultRule
from curate.schemas.findings import Confidence, Severity

RULE = FaultRule(
    About(
        code="FMT011",
        name="invalid-csv",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row is not valid CSV, or has another number of cells than the header",
        reason="A cell too many or too few shifts every value after it into the wrong column.",
        example="a row with three cells below a header with two",
        remedy="Quote cells that hold the delimiter, a quote or a line end.",
    ),
)
