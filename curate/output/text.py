"""Findings for people: `path:line code severity: message`, the offending excerpt, and a caret below it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from curate.schemas.findings import Finding, Severity
from curate.schemas.report import LintReport, RuleResult

EXCERPT_COLUMNS = 96
_MARKS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.INFO: "36;1"}
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: LintReport, *, colour: bool = False) -> Iterator[str]:
    """Findings grouped by file, then what is not shown, what was not assessed, and a summary."""
    paint = _Paint(colour)
    for _, findings in groupby(report.findings, key=lambda f: f.path):
        for finding in findings:
            yield from _finding(finding, paint)
        yield "\n"
    yield from _unseen(report, paint)
    yield from closing(report, colour=colour)


def statistics(report: LintReport, *, colour: bool = False) -> Iterator[str]:
    """Count, code, whether `--fix` mends it, and name, the most frequent first."""
    paint = _Paint(colour)
    fired = sorted((r for r in report.rules if r.count), key=lambda r: (-r.count, r.code))
    width = len(f"{max((r.count for r in fired), default=0):,}")
    for rule in fired:
        mark = "[*]" if rule.safely_fixable else "[u]" if rule.fixable else "[ ]"
        code = paint(f"{rule.code}", _MARKS[rule.severity])
        yield f"{rule.count:>{width},}  {code}  {mark}  {rule.name}: {rule.summary}\n"
    if fired:
        yield "\n"
    yield from closing(report, colour=colour)


def closing(report: LintReport, *, colour: bool = False) -> Iterator[str]:
    """What was not assessed, what was set aside, and the summary line."""
    paint = _Paint(colour)
    reasons: dict[str, list[str]] = {}
    for item in report.not_assessed:
        reasons.setdefault(item.reason, []).append(item.code)
    for reason, codes in reasons.items():
        yield f"{paint('not assessed', '35')} {', '.join(codes)}: {reason}\n"
    for unused in report.unused_suppressions:
        yield f"{paint('unused suppression', '35')} {unused}\n"
    summary = report.summary
    counts = [
        _plural(summary.errors, "error"),
        _plural(summary.warnings, "warning"),
        _plural(summary.infos, "note"),
    ]
    rows = f"{summary.rows:,} row{'' if summary.rows == 1 else 's'}"
    files = f"{summary.files:,} file{'' if summary.files == 1 else 's'}"
    aside = [
        f"{count:,} {name}"
        for count, name in (
            (report.suppressed, "suppressed"),
            (report.baselined, "in the baseline"),
        )
        if count
    ]
    said = ", ".join(c for c in counts if c) or paint("nothing found", "32;1")
    tail = f" ({', '.join(aside)})" if aside else ""
    yield f"{said}{tail} in {rows} of {files}, {report.elapsed_s:.2f} s\n"
    safe = sum(rule.safely_fixable for rule in report.rules)
    unsafe = summary.fixable - safe
    ways = [f"{safe:,} can be repaired with --fix"] if safe else []
    ways += (
        [f"{unsafe:,} {'more ' if safe else 'can be repaired '}with --unsafe-fixes"]
        if unsafe
        else []
    )
    if ways:
        yield f"{', '.join(ways)}; --diff shows the repairs\n"


class _Paint:
    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}" if count else ""


def _finding(finding: Finding, paint: _Paint) -> Iterator[str]:
    place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
    mark = _MARKS[finding.severity]
    severity = paint(f"{_WORDS[finding.severity]}:", mark)
    parts = [paint(visible(place), "1"), paint(finding.code, mark), severity]
    parts.append(visible(finding.message))
    if finding.field:
        parts.append(paint(f"({visible(finding.field)})", "2"))
    if finding.fix is not None:
        parts.append(paint("[*]" if finding.fix.safety.value == "safe" else "[unsafe fix]", "36"))
    yield " ".join(parts) + "\n"
    if finding.excerpt:
        yield from _excerpt(finding, paint)
    for other in finding.related[:3]:
        where = other.path if other.line is None else f"{other.path}:{other.line}"
        score = "" if other.score is None else f" ({other.score:.2f})"
        yield paint(f"    see {visible(where)}{score}", "2") + "\n"
    if len(finding.related) > 3:
        yield paint(f"    and {len(finding.related) - 3:,} more", "2") + "\n"


def _excerpt(finding: Finding, paint: _Paint) -> Iterator[str]:
    assert finding.excerpt is not None
    text, span = finding.excerpt, finding.span
    start = 0 if span is None else max(0, min(span[0] - EXCERPT_COLUMNS // 2, len(text)))
    shown = visible(text[start : start + EXCERPT_COLUMNS])
    before = "…" if start else ""
    after = "…" if start + EXCERPT_COLUMNS < len(text) else ""
    yield f"    {paint('|', '2')} {before}{shown}{after}\n"
    if span is not None:
        blank = " " * (len(before) + columns(visible(text[start : span[0]])))
        last = min(span[1], start + EXCERPT_COLUMNS)
        carets = "^" * max(1, columns(visible(text[span[0] : last])))
        yield f"    {paint('|', '2')} {blank}{paint(carets, _MARKS[finding.severity])}\n"


def visible(text: str) -> str:
    """Text on one line, with control, invisible and direction-changing characters spelled out.

    A terminal would act on them: data must not be able to move the cursor or hide a finding.
    """
    if text.isprintable():
        return text
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    if character == "\n":
        return "⏎"
    if character == "\t":
        return "→"
    if character.isprintable():
        return character
    if unicodedata.category(character) == "Zs":
        return " "
    code = ord(character)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def columns(text: str) -> int:
    """How many terminal columns a text takes (wide characters take two, combining ones none)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _unseen(report: LintReport, paint: _Paint) -> Iterator[str]:
    shown = Counter(finding.code for finding in report.findings)
    hidden: list[tuple[RuleResult, int]] = [
        (rule, rule.count - shown[rule.code])
        for rule in report.rules
        if rule.count > shown[rule.code]
    ]
    for rule, count in hidden:
        code = paint(rule.code, _MARKS[rule.severity])
        yield f"… and {count:,} more of {code} ({rule.name})\n"
    if hidden:
        yield "--max-per-rule 0 or --output-format jsonl lists them all\n\n"
