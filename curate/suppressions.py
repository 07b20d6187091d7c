"""Findings that somebody looked at and accepted, in a file of their own: JSON lines have no comments.

Each line of `.curate-suppressions.jsonl` is one object: `fingerprint` (rule and content of the row,
so that it holds wherever the row moves), `reason`, and, for the reader, where it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from curate.errors import UserError
from curate.pair_identity import Identity, known_alike, known_as
from curate.schemas.findings import Finding
from curate.schemas.options.lint import LintOptions
from curate.writing import atomic_write


class Suppressions:
    """The accepted findings of one file; remembers which of them were met."""

    def __init__(self, entries: Sequence[dict[str, Any]]) -> None:
        self._entries = {entry["fingerprint"]: entry for entry in entries}
        self._used: set[str] = set()
        self.covered = 0

    def __len__(self) -> int:
        return len(self._entries)

    def covers(self, finding: Finding, identity: Identity | None = None) -> bool:
        """Whether this finding was accepted; counts it if so."""
        # A pair that was accepted stands, in another order, for one other pair of its group, not for all.
        alike = (other for other in known_alike(finding, identity) if other not in self._used)
        for fingerprint in (*known_as(finding, identity), *alike):
            if fingerprint in self._entries:
                self._used.add(fingerprint)
                self.covered += 1
                return True
        return False

    def unused(self, codes: Iterable[str], files: Iterable[str]) -> tuple[str, ...]:
        """One sentence for each entry that met nothing, though its rule ran over its file."""
        ran, read = set(codes), set(files)
        return tuple(
            f"{entry['fingerprint']} ({entry.get('path', '?')}: {entry.get('reason', 'no reason')})"
            for fingerprint, entry in self._entries.items()
            if fingerprint not in self._used
            and fingerprint.split(":")[0] in ran
            and entry.get("path") in read
        )


def load_suppressions(options: LintOptions) -> Suppressions:
    """The suppressions of a run; none when the default file does not exist.

    Raises UserError for a file that was named and is missing, or for a broken line.
    """
    path = options.suppressions
    if not path.exists():
        default = LintOptions.model_fields["suppressions"].get_default()
        if path != default and not options.add_suppressions:
            raise UserError(f"{path}: no such file of suppressions")
        return Suppressions(())
    return Suppressions(_read(path))


def _read(path: Path) -> list[dict[str, Any]]:
    entries = []
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = orjson.loads(line)
        except orjson.JSONDecodeError:
            entry = None
        if not isinstance(entry, dict) or not isinstance(entry.get("fingerprint"), str):
            raise UserError(
                f'{path}:{number}: expected an object such as {{"fingerprint": "TXT001:…", '
                '"reason": "…"}'
            )
        entries.append(entry)
    return entries


def add_suppressions(options: LintOptions, findings: Iterable[Finding]) -> int:
    """Accept these findings for `options.reason`; returns how many were new to the file."""
    path = options.suppressions
    entries = {e["fingerprint"]: e for e in (_read(path) if path.exists() else [])}
    before = len(entries)
    for finding in findings:
        if finding.fingerprint is None or finding.fingerprint in entries:
            continue
        entries[finding.fingerprint] = {
            "fingerprint": finding.fingerprint,
            "reason": options.reason,
            "name": finding.name,
            "path": finding.path,
            "line": finding.line,
        }
    with atomic_write(path) as stream:
        for entry in entries.values():
            stream.write(orjson.dumps(entry) + b"\n")
    return len(entries) - before
