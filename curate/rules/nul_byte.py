"""FMT003: a NUL byte in the row."""

from __future__ import annotations

import orjson

from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity


def _without_nul(raw: bytes) -> bytes | None:
    mended = raw.replace(b"\0", b"")
    try:
        return mended if isinstance(orjson.loads(mended), dict) else None
    except orjson.JSONDecodeError:
        return None


RULE = FaultRule(
    About(
        code="FMT003",
        name="nul-byte",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row holds a NUL byte",
        reason="NUL is no text: it comes from a cut-off write, from UTF-16, or from binary data, and many loaders end the text there.",
        example='{"text": "good\\x00bye"} with the raw byte',
        remedy="Remove the byte; if every second byte is NUL, convert the file from UTF-16.",
    ),
    Repair(FixSafety.SAFE, "remove the NUL bytes", raw=_without_nul),
)
