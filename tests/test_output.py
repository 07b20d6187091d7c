"""Every output format, on a report that holds what is hard: markup, newlines, missing lines."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from curate.output import FORMATS, renderer, text
from curate.schemas.findings import (
    Confidence,
    Finding,
    Fix,
    FixSafety,
    NotAssessed,
    Related,
    Severity,
)
from curate.schemas.report import JsonReport, LintReport, RuleResult

GOLDEN = Path(__file__).parent / "golden"
EVIL = '<script>alert(1)</script> & "quotes" 100%\nsecond line, ::error::\x1b[31m \u202e'


def finding(**changes: Any) -> Finding:
    given: dict[str, Any] = {
        "code": "TXT001",
        "name": "empty-completion",
        "severity": Severity.ERROR,
        "confidence": Confidence.HIGH,
        "path": "data.jsonl",
        "line": 17,
        "message": "the completion is empty",
        "fingerprint": "TXT001:0123456789abcdef",
    }
    return Finding(**(given | changes))


def result(code: str, severity: Severity, count: int, **changes: Any) -> RuleResult:
    given: dict[str, Any] = {
        "code": code,
        "name": f"name-{code.lower()}",
        "severity": severity,
        "confidence": Confidence.HIGH,
        "summary": "what is wrong",
        "reason": "why",
        "remedy": "what to do",
        "count": count,
    }
    return RuleResult(**(given | changes))


REPORT = LintReport(
    files=("data.jsonl", "fold er/b.jsonl"),
    rows=1200,
    findings=(
        finding(
            field="messages[2].content",
            excerpt=EVIL,
            span=(0, 8),
            message=EVIL,
            fix=Fix(safety=FixSafety.UNSAFE, summary="drop the row"),
        ),
        finding(line=18, column=5),
        finding(line=19),
        finding(
            code="DUP001",
            severity=Severity.WARNING,
            path="fold er/b.jsonl",
            line=3,
            related=(
                Related(path="data.jsonl", line=1, score=0.91),
                Related(path="data.jsonl", line=1, score=0.90),
                Related(path="data.jsonl"),
            ),
        ),
        finding(code="SIZ001", severity=Severity.INFO, line=None, message="few"),
    ),
    rules=(
        result("DUP001", Severity.WARNING, 1),
        result("SIZ001", Severity.INFO, 1),
        result("TXT001", Severity.ERROR, 1237, fixable=1237),
        result("TXT002", Severity.ERROR, 0),
    ),
    not_assessed=(NotAssessed(code="TOK001", name="too-long", reason="no tokenizer given"),),
    suppressed=2,
    elapsed_s=0.21,
)
EMPTY = LintReport(
    files=("data.jsonl",), rows=3, findings=(), rules=(result("TXT001", Severity.ERROR, 0),)
)


def rendered(name: str, report: LintReport = REPORT) -> str:
    return "".join(renderer(name)(report))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_show_nothing(name: str) -> None:
    rendered(name, EMPTY)


def test_json_is_one_object_of_the_published_shape() -> None:
    shown = json.loads(rendered("json"))
    JsonReport.model_validate_json(rendered("json"))
    assert shown["version"] == 1
    assert shown["summary"] == {
        "files": 2,
        "rows": 1200,
        "errors": 1237,
        "warnings": 1,
        "infos": 1,
        "fixable": 1237,
        "elapsed_s": 0.21,
    }
    first = shown["findings"][0]
    assert first["code"] == "TXT001"
    assert first["severity"] == "error"
    assert first["fix"] == {"safety": "unsafe", "summary": "drop the row"}
    assert shown["findings"][1]["fix"] is None
    assert shown["findings"][3]["related"][0] == {"path": "data.jsonl", "line": 1, "score": 0.91}
    assert shown["findings"][4]["line"] is None
    assert shown["not_assessed"][0]["reason"] == "no tokenizer given"


def test_jsonl_is_one_finding_a_line() -> None:
    lines = rendered("jsonl").splitlines()
    assert [json.loads(line)["line"] for line in lines] == [17, 18, 19, 3, None]


def test_github_commands_keep_to_one_line_and_escape() -> None:
    lines = rendered("github").split("\n")[:-1]
    assert len(lines) == 5
    assert all(re.match(r"::(error|warning|notice) file=", line) for line in lines)
    assert lines[0].startswith("::error file=data.jsonl,line=17,title=TXT001 empty-completion::")
    assert "100%25%0Asecond line" in lines[0]
    assert "col=5" in lines[1]
    assert "line=" not in lines[4].split("::")[1]


def test_github_escapes_what_would_end_a_property() -> None:
    report = REPORT.model_copy(update={"findings": (finding(path="a,b:c.jsonl"),)})
    assert "file=a%2Cb%3Ac.jsonl," in rendered("github", report)


def test_gitlab_issues_have_what_gitlab_needs() -> None:
    issues = json.loads(rendered("gitlab"))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith("./")


def test_gitlab_tells_identical_rows_apart() -> None:
    report = REPORT.model_copy(update={"findings": (finding(line=1), finding(line=2))})
    issues = json.loads(rendered("gitlab", report))
    assert issues[0]["fingerprint"] != issues[1]["fingerprint"]


UNUSUAL = REPORT.model_copy(
    update={
        "findings": tuple(
            finding(path=path, line=line, related=(Related(path=path, line=2), Related(path=path)))
            for path in (
                *(
                    "/tmp/a b/ü#?%.jsonl",
                    "-",
                    "a:b,c.jsonl",
                    "..",
                    "日本/{0}[1](x).jsonl",
                    "C:\\data\\a.jsonl",
                ),
                "sub/\udcff.jsonl",  # a name that is not UTF-8, as Python tells it
            )
            for line in (None, 1)
        )
    }
)


@pytest.mark.parametrize("schema", ["sarif_used.schema.json", "sarif-schema-2.1.0.json"])
@pytest.mark.parametrize("report", [REPORT, EMPTY, UNUSUAL], ids=["findings", "empty", "unusual"])
def test_sarif_fits_the_schema(schema: str, report: LintReport) -> None:
    """OASIS's own schema, and a stricter one of what we write."""
    content = json.loads((GOLDEN / schema).read_text(encoding="utf-8"))
    checker = jsonschema.validators.validator_for(content)(
        content, format_checker=jsonschema.FormatChecker()
    )
    log = json.loads(rendered("sarif", report))
    assert [error.message for error in checker.iter_errors(log)] == []


def test_sarif_paths_are_uris() -> None:
    results = json.loads(rendered("sarif", UNUSUAL))["runs"][0]["results"]
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results[::2]]
    assert uris[0] == "file:///tmp/a%20b/%C3%BC%23%3F%25.jsonl"
    assert uris[2] == "a%3Ab%2Cc.jsonl"
    assert uris[-1] == "sub/%FF.jsonl"


def test_sarif_points_to_rules_and_places() -> None:
    run = json.loads(rendered("sarif"))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for shown in run["results"]:
        assert rules[shown["ruleIndex"]]["id"] == shown["ruleId"]
    place = run["results"][3]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "fold%20er/b.jsonl"
    assert "no tokenizer given" in json.dumps(run["invocations"])


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.outside += [name for name, _ in attrs if name in ("src", "href") or name[:2] == "on"]


def test_html_is_escaped_and_needs_nothing_else() -> None:
    page = rendered("html")
    tags = _Tags()
    tags.feed(page)
    assert "script" not in tags.names
    assert tags.outside == []
    assert "&lt;script&gt;" in page
    assert "<mark>&lt;script&gt;</mark>" in page


def test_text_names_place_code_field_and_points() -> None:
    lines = rendered("text").splitlines()
    assert lines[0].startswith("data.jsonl:17 TXT001 error: <script>")
    assert "(messages[2].content)" in lines[0]
    assert lines[1].startswith("    | <script>")
    assert lines[2] == "    | ^^^^^^^^"
    assert "… and 1,234 more of TXT001 (name-txt001)" in lines
    assert any("1,237 errors, 1 warning, 1 note (2 suppressed)" in line for line in lines)
    assert any("not assessed TOK001" in line for line in lines)


def test_text_does_not_let_the_data_steer_the_terminal() -> None:
    shown = rendered("text")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b" in shown


def test_colour_is_only_there_when_asked_for() -> None:
    assert "\033[" in "".join(text.render(REPORT, colour=True))
    assert "\033[" not in "".join(text.render(REPORT, colour=False))


def test_statistics_count_everything() -> None:
    lines = "".join(text.statistics(REPORT)).splitlines()
    assert lines[0].split() == ["1,237", "TXT001", "[u]", "name-txt001:", "what", "is", "wrong"]
    assert len([line for line in lines if "name-" in line]) == 3


@pytest.mark.parametrize(
    ("words", "width"), [("abc", 3), ("日本語", 6), ("e\u0301", 1), ("", 0), ("ａ", 2)]
)
def test_the_caret_stands_below_wide_characters(words: str, width: int) -> None:
    assert text.columns(words) == width
