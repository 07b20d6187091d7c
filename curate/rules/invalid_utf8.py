"""FMT002: bytes that are not UTF-8."""

from __future__ import annotations

import orjson

from curate.rules.protocol import About, FaultRule, Repair
from curate.schemas.findings import Confidence, FixSafety, Severity


def _from_windows(raw: bytes) -> bytes | None:
    try:
        mended = raw.decode("cp1252").encode()
        orjson.loads(mended)
    except (UnicodeDecodeError, orjson.JSONDecodeError):
        return None
    return mended


RULE = FaultRule(
    About(
        code="FMT002",
        name="invalid-utf8",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row is not valid UTF-8",
        reason="The file was saved in another encoding, or cut in the middle of a character; loaders stop there, or replace the letters and teach the replacement.",
        example='a line with the byte 0xE9 ("é" in Latin-1)',
        remedy="Convert the file to UTF-8. `--unsafe-fixes` reads such rows as Windows-1252, which is right for most Western European files and wrong for others.",
    ),
    Repair(FixSafety.UNSAFE, "read the row as Windows-1252", raw=_from_windows),
)
