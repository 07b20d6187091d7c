"""What is found in files that are wrong in every way is written as the owners of each format want it."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from curate.linting import lint
from curate.output import renderer
from curate.rules import RULES
from curate.schemas.options.lint import LintOptions
from curate.schemas.report import LintReport
from tests.test_rule_cases import CASES

GOLDEN = Path(__file__).parent / "golden"
PUBLISHED = Path(__file__).parent.parent / "schemas" / "lint_report.schema.json"
# What workflow commands may look like, values escaped as the official toolkit does.
COMMAND = re.compile(
    r"::(?:error|warning|notice) (?:[a-z]+=[^,:\r\n]*)(?:,[a-z]+=[^,:\r\n]*)*::[^\r\n]*"
)
ESCAPE = re.compile(r"%(?!25|0D|0A|3A|2C)")


def dirty_rows(name: str) -> tuple[str, bytes] | None:
    """(suffix, content) of the first case of a rule that fires and needs no options."""
    for line in (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        needs = case.keys() & {"options", "run", "files", "data", "repeat"}
        if not case["expect"] or needs:
            continue
        if "text" in case:
            return case.get("suffix", ".jsonl"), case["text"].encode("utf-8", "surrogateescape")
        rows = "".join(json.dumps(row) + "\n" for row in case["rows"])
        return ".jsonl", rows.encode()
    return None


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> LintReport:
    """Many files, in a folder whose name holds what formats have to escape."""
    folder = tmp_path_factory.mktemp("100% dirty, a:b")
    for rule in RULES:
        name = rule.about.name.replace("-", "_")
        dirty = dirty_rows(name)
        if dirty is not None:
            (folder / f"{name}{dirty[0]}").write_bytes(dirty[1])
    found = lint([folder], LintOptions(), keep_per_rule=5)
    assert len({finding.code for finding in found.findings}) > 90
    return found


def written(report: LintReport, name: str) -> str:
    return "".join(renderer(name)(report))


def validated(value: Any, schema: Path) -> None:
    content = json.loads(schema.read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(content)(content).validate(value)


def test_sarif(report: LintReport) -> None:
    log = json.loads(written(report, "sarif"))
    validated(log, GOLDEN / "sarif-schema-2.1.0.json")
    [run] = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[r["ruleIndex"]] for r in run["results"]] == [f.code for f in report.findings]


def test_json_and_its_lines(report: LintReport) -> None:
    whole = json.loads(written(report, "json"))
    validated(whole, PUBLISHED)
    lines = written(report, "jsonl").split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == whole["findings"]


def test_github(report: LintReport) -> None:
    lines = written(report, "github").split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(report.findings)
    assert not [line for line in lines if not COMMAND.fullmatch(line) or ESCAPE.search(line)]
    assert all("100%25 dirty%2C a%3Ab" in line for line in lines)


def test_gitlab(report: LintReport) -> None:
    issues = json.loads(written(report, "gitlab"))
    assert len(issues) == len(report.findings)
    assert max(Counter(issue["fingerprint"] for issue in issues).values()) == 1
    for issue in issues:
        assert issue["description"]
        assert issue["check_name"]
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] >= 1
