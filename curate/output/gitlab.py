"""A Code Quality report as GitLab reads it (docs.gitlab.com/ci/testing/code_quality).

An array of objects with description, check_name, fingerprint, severity and location; fingerprints
are unique in the report, so that identical rows do not hide each other.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator

from curate.schemas.findings import Finding, Severity
from curate.schemas.report import LintReport

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(report: LintReport) -> Iterator[str]:
    """Pieces of a JSON array."""
    seen: Counter[str] = Counter()
    yield "["
    for i, finding in enumerate(report.findings):
        key = f"{finding.path}|{finding.field}|{finding.fingerprint}"
        seen[key] += 1
        issue = _issue(finding, f"{key}|{seen[key]}")
        yield f"{',' if i else ''}\n{json.dumps(issue, ensure_ascii=False)}"
    yield "\n]\n"


def _issue(finding: Finding, key: str) -> dict[str, object]:
    where = f" ({finding.field})" if finding.field else ""
    return {
        "description": f"{finding.message}{where}",
        "check_name": f"{finding.code} {finding.name}",
        "fingerprint": hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest(),
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": finding.path, "lines": {"begin": finding.line or 1}},
    }
