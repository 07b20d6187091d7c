"""The report as SARIF 2.1.0 (OASIS standard; docs.oasis-open.org/sarif/sarif/v2.1.0).

Each rule that ran is a reporting descriptor; paths are relative URIs where they are relative.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from curate._version import __version__
from curate.schemas.findings import Finding, Severity
from curate.schemas.report import LintReport, RuleResult

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: LintReport) -> Iterator[str]:
    """Pieces of one SARIF log."""
    indices = {rule.code: i for i, rule in enumerate(report.rules)}
    driver = {
        "name": "curate",
        "version": __version__,
        "rules": [_descriptor(rule) for rule in report.rules],
    }
    notifications = [
        {
            "level": "warning",
            "message": {"text": f"not assessed: {item.name}: {item.reason}"},
            "descriptor": {"id": item.code},
        }
        for item in report.not_assessed
    ]
    invocation = {"executionSuccessful": True, "toolExecutionNotifications": notifications}
    yield f'{{"$schema": "{SCHEMA}", "version": "2.1.0", "runs": [{{'
    yield f'"tool": {{"driver": {_dumps(driver)}}},\n"invocations": [{_dumps(invocation)}],\n'
    yield '"columnKind": "unicodeCodePoints",\n"results": ['
    for i, finding in enumerate(report.findings):
        yield f"{',' if i else ''}\n{_dumps(_result(finding, indices))}"
    yield "\n]}]}\n"


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _descriptor(rule: RuleResult) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.reason},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"confidence": rule.confidence.value},
    }


def _result(finding: Finding, indices: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": indices[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(finding)],
        "properties": {"confidence": finding.confidence.value},
    }
    if finding.fingerprint:
        result["partialFingerprints"] = {"curateFingerprint/v1": finding.fingerprint}
    # The schema wants related locations to be unique.
    related = dict.fromkeys((other.path, other.line) for other in finding.related)
    if related:
        result["relatedLocations"] = [
            {"physicalLocation": _place(path, line)} for path, line in related
        ]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    place = _place(finding.path, finding.line)
    if finding.line is not None:
        if finding.column is not None:
            place["region"]["startColumn"] = finding.column
        if finding.excerpt is not None:
            place["region"]["snippet"] = {"text": finding.excerpt}
    location: dict[str, Any] = {"physicalLocation": place}
    if finding.field:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.field, "kind": "member"}]
    return location


def _place(path: str, line: int | None) -> dict[str, Any]:
    pure = PurePath(path)
    # The bytes of a name need not be UTF-8.
    uri = pure.as_uri() if pure.is_absolute() else quote(os.fsencode(pure.as_posix()))
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if line is not None:
        place["region"] = {"startLine": line}
    return place
