"""The findings as JSON lines, one a line; nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from curate.schemas.report import LintReport


def render(report: LintReport) -> Iterator[str]:
    """One line a finding."""
    for finding in report.findings:
        yield finding.model_dump_json() + "\n"
