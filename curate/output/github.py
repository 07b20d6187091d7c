"""Workflow commands of GitHub Actions, which become annotations on a pull request.

The form is that of "Workflow commands for GitHub Actions":
`::error file={name},line={line},title={title}::{message}`; values are escaped as the official
toolkit does (actions/toolkit, packages/core/src/command.ts).
"""

from __future__ import annotations

from collections.abc import Iterator

from curate.schemas.findings import Finding, Severity
from curate.schemas.report import LintReport

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: LintReport) -> Iterator[str]:
    """One command a finding."""
    for finding in report.findings:
        yield _command(finding)


def _command(finding: Finding) -> str:
    properties = [f"file={_property(finding.path)}"]
    if finding.line is not None:
        properties.append(f"line={finding.line}")
    if finding.column is not None:
        properties.append(f"col={finding.column}")
    properties.append(f"title={_property(f'{finding.code} {finding.name}')}")
    where = f" ({finding.field})" if finding.field else ""
    level = _LEVELS[finding.severity]
    return f"::{level} {','.join(properties)}::{_data(finding.message + where)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
