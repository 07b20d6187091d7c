"""The report as one self-contained HTML page: no script, no outside file, everything escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from curate.schemas.findings import Finding
from curate.schemas.report import LintReport

STYLE = """
:root{color-scheme:light dark;--line:#8884}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
td.n{text-align:right;font-variant-numeric:tabular-nums}
pre{margin:.3rem 0;white-space:pre-wrap;overflow-wrap:anywhere;background:#8881;padding:.4rem}
mark{background:#f5a62366;color:inherit}
.error{color:#c0392b}.warning{color:#b7791f}.info{color:#2b7a9b}
code{font-size:.92em}
"""


def render(report: LintReport) -> Iterator[str]:
    """Pieces of an HTML page."""
    summary = report.summary
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>curate lint</title><style>{STYLE}</style></head><body>\n<h1>curate lint</h1>\n"
        f"<p>{summary.errors:,} errors, {summary.warnings:,} warnings, {summary.infos:,} notes "
        f"in {summary.rows:,} rows of {summary.files:,} files; {summary.fixable:,} can be repaired.</p>\n"
    )
    yield from _rules(report)
    yield from _not_assessed(report)
    for path, findings in groupby(report.findings, key=lambda f: f.path):
        yield f"<h2>{escape(path)}</h2>\n<table>\n"
        for finding in findings:
            yield _row(finding)
        yield "</table>\n"
    if not report.shown_in_full:
        hidden = report.total - len(report.findings)
        yield f"<p>{hidden:,} more findings are counted above but not listed.</p>\n"
    yield "</body></html>\n"


def _rules(report: LintReport) -> Iterator[str]:
    fired = [rule for rule in report.rules if rule.count]
    if not fired:
        yield "<p>Nothing found.</p>\n"
        return
    yield "<table>\n<tr><th>count</th><th>rule</th><th>what</th><th>what to do</th></tr>\n"
    for rule in fired:
        yield (
            f'<tr><td class="n">{rule.count:,}</td>'
            f'<td class="{rule.severity.value}">{escape(rule.code)} {escape(rule.name)}</td>'
            f"<td>{escape(rule.summary)}</td><td>{escape(rule.remedy)}</td></tr>\n"
        )
    yield "</table>\n"


def _not_assessed(report: LintReport) -> Iterator[str]:
    if report.not_assessed:
        yield "<h2>Not assessed</h2>\n<ul>\n"
        for item in report.not_assessed:
            yield f"<li>{escape(item.code)} {escape(item.name)}: {escape(item.reason)}</li>\n"
        yield "</ul>\n"


def _row(finding: Finding) -> str:
    line = "" if finding.line is None else str(finding.line)
    field = f" <code>{escape(finding.field)}</code>" if finding.field else ""
    excerpt = f"<pre>{_excerpt(finding)}</pre>" if finding.excerpt else ""
    related = "".join(
        f"<br>see {escape(other.path)}:{other.line}" for other in finding.related[:10]
    )
    return (
        f'<tr><td class="n">{line}</td>'
        f'<td class="{finding.severity.value}">{escape(finding.code)}</td>'
        f"<td>{escape(finding.message)}{field}{excerpt}{related}</td></tr>\n"
    )


def _excerpt(finding: Finding) -> str:
    text = finding.excerpt or ""
    if finding.span is None:
        return escape(text)
    start, end = finding.span
    return f"{escape(text[:start])}<mark>{escape(text[start:end])}</mark>{escape(text[end:])}"
