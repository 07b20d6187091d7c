"""FMT004: a byte-order mark before the first row."""

from __future__ import annotations

from curate.faults import BOM
from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity


def _without_mark(raw: bytes) -> bytes:
    return raw.removeprefix(BOM)


RULE = FaultRule(
    About(
        code="FMT004",
        name="byte-order-mark",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the file starts with a byte-order mark",
        reason="Strict JSON readers refuse the first row, and CSV readers take the mark as part of the first column's name.",
        example="a file whose first bytes are EF BB BF",
        remedy="Save the file as UTF-8 without a mark; `--fix` removes it.",
    ),
    Repair(FixSafety.SAFE, "remove the byte-order mark", raw=_without_mark),
)
