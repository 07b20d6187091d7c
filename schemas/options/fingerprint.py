"""Options of `curate fingerprint`."""

from __future__ import annotations

from pathlib import Path

from curate.schemas.options.base import Options, option


class FingerprintOptions(Options):
    """Where the fingerprint goes."""

    output: Path | None = option(
        None, "Write it here; without it, FILE.fingerprint.", short="-o", metavar="FILE"
    )
