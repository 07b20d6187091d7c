"""The first step of `curate run`: check, mend what is safe in a copy, leave out what stays wrong.

What comes out is JSON lines, whatever came in: a kept row of a JSON lines file that needed no
mending has its original bytes. Every row that is left out is written with its reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from curate import fixing
from curate.fixing import Repaired
from curate.light_dataclass import dataclass
from curate.linting import Source, lint_sources
from curate.output.json import render
from curate.reading import read_rows
from curate.schemas.findings import Confidence, Finding, Severity
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.report import LintReport
from curate.schemas.run_artifacts import LeftOutRow
from curate.sources import kind_of
from curate.writing import atomic_write, write_json, write_lines

# Duplicates are the next step's work, which keeps one of each; the linter would drop them all.
_OTHER_STEPS = frozenset({"DUP"})


@dataclass(frozen=True, slots=True)
class Origins:
    """For each line (from 1) of the working copy: the input's path and line."""

    places: Sequence[tuple[str, int]]

    def __getitem__(self, line: int) -> tuple[str, int]:
        path, number = self.places[line - 1]
        return path, number

    def save(self, path: Path) -> None:
        """As JSON, paths written once."""
        paths = list(dict.fromkeys(p for p, _ in self.places))
        number = {p: i for i, p in enumerate(paths)}
        write_json(path, {"paths": paths, "places": [[number[p], line] for p, line in self.places]})

    @classmethod
    def load(cls, path: Path) -> Origins:
        """What `save` wrote."""
        stored = orjson.loads(path.read_bytes())
        return cls([(stored["paths"][p], line) for p, line in stored["places"]])


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was found, mended and left out."""

    report: LintReport
    repaired: int
    repairs: dict[str, int]
    kept: int
    left_out: int
    reasons: dict[str, int]

    def summary(self) -> dict[str, Any]:
        """The step's entry in the manifest."""
        return {
            "rows": self.report.rows,
            "errors": self.report.count(Severity.ERROR),
            "warnings": self.report.count(Severity.WARNING),
            "infos": self.report.count(Severity.INFO),
            "rules": {r.code: [r.name, r.count, r.severity] for r in self.report.rules if r.count},
            "examples": self._examples(),
            "not_assessed": [n.code for n in self.report.not_assessed],
            "repaired": self.repaired,
            "repairs": self.repairs,
            "kept": self.kept,
            "left_out": self.left_out,
            "reasons": self.reasons,
        }

    def _examples(self) -> dict[str, str]:
        """For each rule that fired, its first finding: `path:line message`."""
        examples: dict[str, str] = {}
        for finding in self.report.findings:
            place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
            examples.setdefault(finding.code, f"{place} {finding.message}")
        return examples


def clean(
    files: Sequence[Path],
    folder: Path,
    options: LintOptions,
    data: DataOptions,
    *,
    fix: bool,
    drop: Severity,
) -> Cleaned:
    """Check `files`; leave lint.json, and below work/ the rows that go on and those that do not.

    Args:
        files: the input, never changed.
        folder: the run folder.
        options: rules and thresholds.
        data: record format and field map.
        fix: mend what is safe, in the copy.
        drop: rows with findings of this severity or above, and at least medium confidence, are
            left out.

    Raises UserError for files that cannot be read.
    """
    sources = [Source(str(f), str(f)) for f in files]
    report, _ = lint_sources(sources, options, data)
    with atomic_write(folder / "lint.json") as stream:
        stream.writelines(piece.encode() for piece in render(report))
    work = folder / "work"
    work.mkdir(exist_ok=True)
    with fixing.temporary_folder() as temporary:
        mended = _mended(sources, options, data, report, temporary, fix=fix)
        wrong = _wrong(mended.report, drop)
        lines = _Lines(sources, mended, wrong)
        write_lines(work / "linted.jsonl", lines.kept())
        lines.origins().save(work / "origins.json")
        with atomic_write(work / "left-out.jsonl") as stream:
            for row, original in lines.left_out():
                stream.write(left_out_line(row, original) + b"\n")
    return Cleaned(
        report=report,
        repaired=mended.total,
        repairs=dict(sorted(mended.counts.items())),
        kept=len(lines.places),
        left_out=lines.gone,
        reasons=dict(sorted(lines.reasons.items())),
    )


def _mended(
    sources: Sequence[Source],
    options: LintOptions,
    data: DataOptions,
    report: LintReport,
    temporary: str,
    *,
    fix: bool,
) -> Repaired:
    if not fix:
        return Repaired(report)
    return fixing.fix(sources, options, data, unsafe=False, folder=temporary)


def _wrong(report: LintReport, drop: Severity) -> dict[tuple[str, int], Finding]:
    """The first finding that makes a row unfit, by path and line of the mended copy."""
    wrong: dict[tuple[str, int], Finding] = {}
    for finding in report.findings:
        if (
            finding.line is not None
            and finding.severity.rank >= drop.rank
            and finding.confidence is not Confidence.LOW
            and finding.code[:3] not in _OTHER_STEPS
        ):
            wrong.setdefault((finding.path, finding.line), finding)
    return wrong


class _Lines:
    """The rows of the mended copies, one after another; what was seen is counted on the way."""

    def __init__(
        self, sources: Sequence[Source], mended: Repaired, wrong: dict[tuple[str, int], Finding]
    ) -> None:
        self._sources = sources
        self._mended = mended
        self._wrong = wrong
        self.places: list[tuple[str, int]] = []
        self.reasons: dict[str, int] = {}
        self.gone = 0

    def kept(self) -> Iterator[bytes]:
        """The rows that go on, each as one line of JSON."""
        for source in self._sources:
            path = self._mended.copies.get(source.shown, source.path)
            as_it_is = kind_of(source.path) in ("jsonl", "json")
            for batch in read_rows(path, kind=kind_of(source.path)):
                for line, raw, value in zip(batch.lines, batch.raw, batch.values, strict=True):
                    if (source.shown, line) in self._wrong:
                        continue
                    self.places.append((source.shown, self._origin(source.shown, line)))
                    if as_it_is and b"\n" not in raw:
                        yield raw
                    else:
                        yield json.dumps(value, ensure_ascii=False).encode()

    def origins(self) -> Origins:
        """Where each kept row came from."""
        return Origins(self.places)

    def left_out(self) -> Iterator[tuple[LeftOutRow, bytes | str | None]]:
        """The rows that do not go on, and what stands in the input: JSON, or text that is not."""
        for source in self._sources:
            wanted = {
                self._origin(source.shown, line): finding
                for (path, line), finding in self._wrong.items()
                if path == source.shown
            }
            rows = _rows_at(source, set(wanted))
            for line in sorted(wanted):
                finding = wanted[line]
                self.gone += 1
                self.reasons[finding.code] = self.reasons.get(finding.code, 0) + 1
                told = LeftOutRow(
                    path=source.shown,
                    line=line,
                    step="lint",
                    reason=f"{finding.code} {finding.name}: {finding.message}",
                    row=None,
                )
                yield told, rows.get(line, finding.excerpt)

    def _origin(self, path: str, line: int) -> int:
        lines = self._mended.origins.get(path)
        return line if lines is None or line > len(lines) else lines[line - 1]


def left_out_line(row: LeftOutRow, original: bytes | str | None) -> bytes:
    """One line of removed.jsonl. JSON is put in as it stands: it may be nested as deep as it likes."""
    told = row.model_dump(mode="json")
    told["row"] = orjson.Fragment(original) if isinstance(original, bytes) else original
    return orjson.dumps(told)


def _rows_at(source: Source, lines: set[int]) -> dict[int, bytes | str]:
    """The rows at these lines of the input: their JSON, or their text where they do not parse."""
    found: dict[int, bytes | str] = {}
    if not lines:
        return found
    # In JSON a line break can only stand between tokens, so a space says the same.
    as_it_is = kind_of(source.path) in ("jsonl", "json", "parquet")
    for batch in read_rows(source.path):
        for line, raw, value in zip(batch.lines, batch.raw, batch.values, strict=True):
            if line in lines:
                found[line] = raw.replace(b"\n", b" ") if as_it_is else orjson.dumps(value)
        found.update(
            (fault.line, fault.raw.decode("utf-8", "backslashreplace"))
            for fault in batch.faults
            if fault.line in lines and fault.raw is not None
        )
    return found
