"""Known findings: with a baseline, only what is new is reported.

A finding is known by its fingerprint (rule and content of the row, or of both rows where it is about two), so a
baseline survives edits elsewhere, reordering and renamed files. Identical rows share a fingerprint; the baseline holds how
often it was met, and one more than that is new.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from curate.errors import UserError
from curate.pair_identity import Identity, known_alike, known_as
from curate.schemas.findings import Finding
from curate.writing import atomic_write

VERSION = 1


class Baseline:
    """How often each known finding may still be met."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._left = Counter(counts)
        self.covered = 0

    def covers(self, finding: Finding, identity: Identity | None = None) -> bool:
        """Whether this finding is a known one; counts it if so."""
        for fingerprint in (*known_as(finding, identity), *known_alike(finding, identity)):
            if self._left[fingerprint] > 0:
                self._left[fingerprint] -= 1
                self.covered += 1
                return True
        return False


def load_baseline(path: Path) -> Baseline:
    """Read a baseline. Raises UserError when it is missing or is something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise UserError(
                f"{path}: version {content['version']!r}; expected {VERSION}. "
                "Write it again with --write-baseline."
            )
        return Baseline({str(e["fingerprint"]): int(e["count"]) for e in content["findings"]})
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such baseline; `curate lint --write-baseline {path}` makes one"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path}: not a baseline; write it with --write-baseline") from None


def write_baseline(path: Path, findings: Iterable[Finding]) -> int:
    """Write a baseline of these findings, one a line; returns how many there are."""
    counts: Counter[str] = Counter()
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.fingerprint is not None:
            counts[finding.fingerprint] += 1
            first.setdefault(finding.fingerprint, finding)
    with atomic_write(path) as stream:
        stream.write(f'{{"version": {VERSION}, "findings": ['.encode())
        for i, fingerprint in enumerate(sorted(counts)):
            finding = first[fingerprint]
            entry = {
                "fingerprint": fingerprint,
                "count": counts[fingerprint],
                "name": finding.name,
                "path": finding.path,
            }
            text = json.dumps(entry, ensure_ascii=False)
            stream.write(f"{',' if i else ''}\n{text}".encode())
        stream.write(b"\n]}\n")
    return counts.total()
