"""FMT005: Windows line endings."""

from __future__ import annotations

from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity


def _without_return(raw: bytes) -> bytes:
    return raw.removesuffix(b"\r")


RULE = FaultRule(
    About(
        code="FMT005",
        name="carriage-returns",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="lines end in CR LF instead of LF",
        reason="Readers that split at LF leave a CR at the end of each row; tools disagree about line offsets and hashes.",
        example="a file written on Windows",
        remedy="Save the file with Unix line endings; `--fix` does.",
    ),
    Repair(FixSafety.SAFE, "end lines in LF", raw=_without_return),
)
