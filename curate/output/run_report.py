"""A run as one HTML page: no script, no outside file; all that comes from data is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape

from curate.output.comparison import cells_of, constant_lines, header_of
from curate.output.html import STYLE
from curate.output.text import visible
from curate.schemas.comparison import ComparedRow, Comparison
from curate.schemas.run_report import RunReport
from curate.schemas.training_artifacts import EndEvent, EvaluationEvent, SampleEvent, StartEvent

_LONGEST = 600
_MOST_SAMPLES = 6
_OWN_STYLE = """
svg{max-width:100%;height:auto;border:1px solid var(--line)}
.said{border-left:4px solid #0072b2;padding:.3rem .8rem;margin:.6rem 0}
.wide{overflow-x:auto}
details{margin:.6rem 0}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(run: RunReport) -> Iterator[str]:
    """Pieces of the page."""
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{_shown(run.name)}</title><style>{STYLE}{_OWN_STYLE}</style></head><body>\n"
        f"<h1>{_shown(run.name)}</h1>\n"
    )
    yield from _summary(run)
    yield from _data(run)
    yield from _lint(run)
    yield from _removed(run)
    yield from _training(run)
    if run.comparison is not None:
        yield from _comparison(run.comparison, run.shown_answers, run.quality)
    yield from _settings(run)
    yield "</body></html>\n"


def _summary(run: RunReport) -> Iterator[str]:
    """The two sentences that matter: how training went, and whether it was worth it."""
    end = next((event for event in reversed(run.history) if isinstance(event, EndEvent)), None)
    if end is not None:
        yield _said(f"{end.verdict.name.value}: {end.verdict.evidence} Best step: {end.best_step}.")
    if run.comparison is not None:
        yield _said(run.comparison.advice)


def _data(run: RunReport) -> Iterator[str]:
    hashes = run.manifest.get("data", {})
    if not hashes and not run.splits:
        return
    yield "<h2>Data</h2>\n"
    if run.splits:
        yield _table(
            ["split", "rows"], [[name, f"{rows:,}"] for name, rows in run.splits.items()], {1}
        )
    if hashes:
        yield _table(["file", "SHA-256"], [[path, digest] for path, digest in hashes.items()])


def _lint(run: RunReport) -> Iterator[str]:
    if run.lint is None:
        return
    counts = run.lint
    yield (
        f"<h2>Findings</h2>\n<p>{counts.errors:,} errors, {counts.warnings:,} warnings, "
        f"{counts.infos:,} notes in {counts.rows:,} rows.</p>\n"
    )
    rows = []
    for rule in run.rules:
        first = rule.first
        place = first.path if first.line is None else f"{first.path}:{first.line}"
        rows.append(
            [
                f"{first.code} {first.name}",
                first.severity.value,
                f"{rule.count:,}",
                f"{place} {first.message}",
            ]
        )
    if rows:
        yield _table(["rule", "severity", "count", "the first of them"], rows, {2})


def _removed(run: RunReport) -> Iterator[str]:
    if not run.removed:
        return
    yield f"<h2>Left out</h2>\n<p>{sum(run.removed.values()):,} rows, each with its reason.</p>\n"
    yield _table(
        ["step", "reason", "rows"],
        [[step, reason, f"{n:,}"] for (step, reason), n in sorted(run.removed.items())],
        {2},
    )
    rows = [
        [
            f"{row.path}:{row.line}",
            row.reason,
            "" if row.score is None else f"{row.score:.2f}",
            "" if row.twin is None else f"{row.twin.path}:{row.twin.line}",
            str(row.row),
        ]
        for row in run.shown_removed
    ]
    table = _table(["row", "reason", "similarity", "like", "text"], rows, {2})
    yield f"<details><summary>The first {len(rows)}</summary>\n{table}</details>\n"


def _training(run: RunReport) -> Iterator[str]:
    if not run.history:
        return
    yield "<h2>Training</h2>\n"
    for event in run.history:
        if isinstance(event, StartEvent):
            yield (
                f"<p>{event.examples:,} examples, {event.val_examples:,} to validate on; "
                f"{event.trainable_parameters:,} of {event.parameters:,} parameters; "
                f"{event.total_steps:,} steps on {_shown(event.device)}.</p>\n"
            )
    yield _drawn(run.curve)
    evaluations = [event for event in run.history if isinstance(event, EvaluationEvent)]
    rows = [
        [
            str(e.step),
            "" if e.val_loss is None else f"{e.val_loss:.4f}",
            "" if e.probe_loss is None else f"{e.probe_loss:.4f}",
            e.verdict.name.value,
            e.verdict.evidence,
        ]
        for e in evaluations
    ]
    table = _table(["step", "validation", "train probe", "verdict", "evidence"], rows, {0, 1, 2})
    yield f"<details><summary>{len(rows)} evaluations</summary>\n{table}</details>\n"
    samples = [event for event in run.history if isinstance(event, SampleEvent)]
    if samples:
        shown = [[str(s.step), s.prompt, s.expected, s.answer] for s in samples[-_MOST_SAMPLES:]]
        table = _table(["step", "prompt", "expected", "answer"], shown, {0})
        yield f"<details><summary>The last answers while training</summary>\n{table}</details>\n"


def _comparison(
    comparison: Comparison, answers: Sequence[ComparedRow], quality: str | None
) -> Iterator[str]:
    yield f"<h2>Was it worth it?</h2>\n{_said(comparison.advice)}"
    rows = [cells_of(comparison, method) for method in comparison.methods]
    head = header_of(comparison)
    yield f'<div class="wide">{_table(head, rows, set(range(1, len(head))))}</div>\n'
    yield (
        f"<p>{comparison.rows:,} held-out rows; intervals are 95%, by bootstrap over rows. Prices "
        f"per million tokens: {comparison.prices.input:g} in, {comparison.prices.output:g} out "
        f"({_shown(comparison.prices.source)}).</p>\n"
    )
    left_out = [f"not run: {skipped.name}: {skipped.reason}" for skipped in comparison.skipped]
    for note in (*constant_lines(comparison), *left_out, *comparison.notes):
        yield f"<p>{_shown(note)}</p>\n"
    yield _drawn(quality)
    for row in answers:
        shown = [["reference", row.reference, ""]]
        for method in comparison.methods:
            answer = row.answers[method.name]
            score = answer.scores.get(comparison.primary)
            text = "(the prompt did not fit)" if answer.text is None else answer.text
            shown.append([method.title, text, "" if score is None else f"{score:.2f}"])
        table = _table(["", "answer", "score"], shown, {2})
        yield f"<details><summary>{_shown(row.prompt)}</summary>\n{table}</details>\n"


def _settings(run: RunReport) -> Iterator[str]:
    """Options with where each came from, and versions: what it takes to make the run again."""
    rows = []
    for step, options in run.manifest.get("options", {}).items():
        origins = run.manifest.get("origins", {}).get(step, {})
        rows += [
            [f"{step}.{name}", json.dumps(value, ensure_ascii=False), origins.get(name, "")]
            for name, value in options.items()
        ]
    if rows:
        table = _table(["option", "value", "from"], rows)
        yield f"<details><summary>{len(rows)} options</summary>\n{table}</details>\n"
    versions = run.manifest.get("versions", {})
    if versions:
        said = ", ".join(f"{name} {version}" for name, version in versions.items())
        yield f"<p>{_shown(said)}</p>\n"


def _said(sentence: str) -> str:
    return f'<p class="said">{_shown(sentence)}</p>\n'


def _drawn(picture: str | None) -> str:
    """A picture that curate drew; its words are escaped, but may hold what turns or hides text."""
    return "\n".join(map(visible, (picture or "").splitlines()))


def _table(
    head: Sequence[str], rows: Sequence[Sequence[str]], numbers: set[int] | None = None
) -> str:
    """A table of texts, all escaped here; `numbers` are the columns set to the right."""
    right = numbers or set()
    lines = ["<tr>" + "".join(f"<th>{_shown(cell)}</th>" for cell in head) + "</tr>"]
    for row in rows:
        cells = "".join(
            f'<td class="n">{_shown(cell)}</td>' if i in right else f"<td>{_shown(cell)}</td>"
            for i, cell in enumerate(row)
        )
        lines.append(f"<tr>{cells}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>\n"


def _shown(text: str) -> str:
    """Text for the page: cut, escaped, with invisible and direction-changing characters spelled."""
    text = str(text)
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return escape(visible(cut))
