"""Make the repairs that rules propose: safe ones, or unsafe ones too; or only show them.

Files are repaired in temporary copies, again and again until nothing is left to repair (one repair
can uncover another fault), and only then replaced, each in one atomic step. Rows that no rule
flags keep their bytes. Rows that a repair drops go to NAME.removed.jsonl with the reason.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import orjson

from curate.light_dataclass import dataclass
from curate.linting import Source, lint_sources, shown_path
from curate.materialising import Found
from curate.paths import follow, replaced
from curate.reading import read_rows
from curate.record_shapes import shape_of
from curate.rewriting import CannotRewrite, Edit, Edited, rewrite
from curate.rules import RULES
from curate.rules.protocol import Repair, Rule
from curate.schemas.findings import FixSafety
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.report import LintReport
from curate.sources import open_binary, suffixes
from curate.writing import atomic_write

PASSES = 10


@dataclass(frozen=True, slots=True)
class Removed:
    """A row that a repair dropped."""

    path: str
    line: int
    code: str
    name: str
    reason: str
    row: Any


@dataclass(slots=True)
class Repaired:
    """What was repaired: how often by which rule, which rows were dropped, and what could not be.

    `report` is what is still found afterwards; `copies` holds the repaired content of each file
    that changed, by its path, until it is written. `origins` tells, for a file that lost lines,
    the first number of each line that is left.
    """

    report: LintReport
    counts: Counter[str] = field(default_factory=Counter)
    removed: list[Removed] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    origins: dict[str, Sequence[int]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many repairs were made."""
        return sum(self.counts.values())


def fix(
    sources: Sequence[Source],
    options: LintOptions,
    data: DataOptions,
    *,
    unsafe: bool,
    folder: str,
    rules: Sequence[Rule] = RULES,
) -> Repaired:
    """Repair copies of the files in `folder`; `write` puts them in place.

    Raises UserError for what cannot be read, RuleFailure for a rule whose expression cannot be computed.
    """
    current = list(sources)
    report, found = lint_sources(current, options, data, rules=rules)
    repaired = Repaired(report)
    for number in range(PASSES):
        changed = False
        work = _by_file(found, unsafe)
        for i, source in enumerate(current):
            items = work.get(source.shown)
            if not items or source.role == "reference" or source.shown in repaired.refused:
                continue
            copy = _copy_name(folder, i, number, source.path)
            if _repair_file(source, items, data, copy, repaired):
                changed = True
                current[i] = replace(source, path=copy)
                repaired.copies[source.shown] = copy
        if not changed:
            break
        repaired.report, found = lint_sources(current, options, data, rules=rules)
    return repaired


def _by_file(found: Sequence[Found], unsafe: bool) -> dict[str, list[Found]]:
    files: dict[str, list[Found]] = {}
    for item in found:
        if item.repair is not None and (unsafe or item.repair.safety is FixSafety.SAFE):
            files.setdefault(item.finding.path, []).append(item)
    return files


def _copy_name(folder: str, file: int, number: int, path: str) -> str:
    suffix, compression = suffixes(path)
    return os.path.join(folder, f"{file}-{number}{suffix}{compression}")


def _repair_file(
    source: Source,
    items: Sequence[Found],
    data: DataOptions,
    copy: str,
    repaired: Repaired,
) -> bool:
    """Write the repaired file to `copy`; False when that would change nothing."""
    rows: dict[int, list[Found]] = {}
    everywhere: list[Found] = []
    for item in items:
        if item.everywhere:
            everywhere.append(item)
        elif item.finding.line is not None:
            rows.setdefault(item.finding.line, []).append(item)
    counts: Counter[str] = Counter()
    removed: list[Removed] = []
    edits: dict[int, Edit] = {
        line: _Edit(found, data, counts, removed) for line, found in rows.items()
    }
    every_line = _every_line([item.repair for item in everywhere if item.repair is not None])
    try:
        with open(copy, "wb") as out:
            dropped = rewrite(source.path, edits, every_line, out)
    except CannotRewrite as error:
        repaired.refused[source.shown] = str(error)
        return False
    if _same(source.path, copy):
        return False
    counts.update(item.finding.code for item in everywhere)
    repaired.counts += counts
    origin = repaired.origins.get(source.shown)
    repaired.removed += [
        replace(row, line=row.line if origin is None else origin[row.line - 1]) for row in removed
    ]
    if dropped:
        repaired.origins[source.shown] = _origins(source.path, dropped, origin)
    return True


def _origins(path: str, dropped: Sequence[int], before: Sequence[int] | None) -> list[int]:
    """For each line or record after dropping, its number in the file as it was at first."""
    gone = set(dropped)
    last = max((line for batch in read_rows(path) for line in batch.lines), default=0)
    if before is not None:
        last = len(before)
    last = max(last, *gone)
    return [
        line if before is None else before[line - 1]
        for line in range(1, last + 1)
        if line not in gone
    ]


def _every_line(repairs: Sequence[Repair]) -> Callable[[bytes], bytes] | None:
    if not repairs:
        return None

    def mend(line: bytes) -> bytes:
        for repair in repairs:
            assert repair.raw is not None
            mended = repair.raw(line)
            line = line if mended is None else mended
        return line

    return mend


@dataclass(frozen=True, slots=True)
class _Edit:
    """All repairs of one row: of its bytes first, then of its texts, then of the record."""

    items: Sequence[Found]
    data: DataOptions
    counts: Counter[str]
    removed: list[Removed]

    def __call__(self, raw: bytes, value: Any) -> Edited:
        for item in self.items:
            repair = item.repair
            if repair is not None and repair.raw is not None:
                mended = repair.raw(raw)
                if mended is not None and mended != raw:
                    # What the row says may be another thing now: the next pass sees to the rest.
                    self.counts[item.finding.code] += 1
                    return Edited(raw=mended)
        if not isinstance(value, dict):
            return self._unparsed(raw)
        new: dict[str, Any] | None = value
        for item in sorted(self.items, key=lambda i: i.repair is None or i.repair.text is None):
            assert new is not None
            before, new = new, self._apply(item, new)
            if new is None:
                self._drop(item, value)
                return Edited(dropped=True)
            self.counts[item.finding.code] += new != before
        return Edited(raw=raw) if new == value else Edited(value=new)

    def _unparsed(self, raw: bytes) -> Edited:
        for item in self.items:
            repair = item.repair
            if repair is not None and repair.record is not None and repair.record({}) is None:
                if raw.strip():
                    self._drop(item, raw.decode("utf-8", "replace"))
                else:
                    self.counts[item.finding.code] += 1
                return Edited(dropped=True)
        return Edited(raw=raw)

    def _drop(self, item: Found, row: Any) -> None:
        finding = item.finding
        assert finding.line is not None
        self.counts[finding.code] += 1
        self.removed.append(
            Removed(finding.path, finding.line, finding.code, finding.name, finding.message, row)
        )

    def _apply(self, item: Found, record: dict[str, Any]) -> dict[str, Any] | None:
        repair, where = item.repair, item.finding.field
        if repair is None:
            return record
        if repair.text is not None and where is not None:
            return _with_text(record, where, repair.text)
        if repair.record is not None:
            shape = shape_of(record, self.data)
            if shape is None or shape.is_plain:
                return repair.record(record)
            new = repair.record(shape.rename(record))
            return None if new is None else shape.restore(record, new)
        return record


def _with_text(record: dict[str, Any], where: str, mend: Callable[[str], str]) -> dict[str, Any]:
    """The record with the text at a field path mended; of content parts, each text."""
    target = follow(record, where)
    if isinstance(target, str):
        return replaced(record, where, mend(target))
    if isinstance(target, list):
        parts = [
            {**part, "text": mend(part["text"])}
            if isinstance(part, dict) and isinstance(part.get("text"), str)
            else part
            for part in target
        ]
        return replaced(record, where, parts)
    return record


def _same(left: str, right: str) -> bool:
    with open_binary(left) as a, open_binary(right) as b:
        while True:
            block = a.read(1 << 20)
            if block != b.read(1 << 20):
                return False
            if not block:
                return True


def write(repaired: Repaired, sources: Sequence[Source] = ()) -> list[str]:
    """Put the repaired files in place and add dropped rows to NAME.removed.jsonl.

    Returns the paths that were written. The removed rows are written first: an interrupt between
    the two leaves a row in both places, never in none.
    """
    written = []
    # Names that are not UTF-8 are shown in another form; standard input has no path of its own.
    paths = {s.shown: s.path for s in sources if s.shown == shown_path(s.path)}
    by_file: dict[str, list[Removed]] = {}
    for row in repaired.removed:
        by_file.setdefault(row.path, []).append(row)
    for shown, rows in by_file.items():
        written.append(_append_removed(paths.get(shown, shown), rows))
    for shown, copy in repaired.copies.items():
        path = paths.get(shown, shown)
        with atomic_write(path) as stream, open(copy, "rb") as content:
            while block := content.read(1 << 20):
                stream.write(block)
        written.append(path)
    return written


def removed_name(path: str) -> str:
    """Where the rows dropped from a file go: `data.jsonl.gz` → `data.removed.jsonl`."""
    suffix, compression = suffixes(path)
    return path[: len(path) - len(suffix) - len(compression)] + ".removed.jsonl"


def _append_removed(path: str, rows: Sequence[Removed]) -> str:
    target = removed_name(path)
    with atomic_write(target) as stream:
        if Path(target).exists():
            earlier = Path(target).read_bytes()
            stream.write(earlier if not earlier or earlier.endswith(b"\n") else earlier + b"\n")
        for row in rows:
            told: Mapping[str, Any] = {
                "path": row.path,
                "line": row.line,
                "code": row.code,
                "name": row.name,
                "reason": row.reason,
                "row": row.row,
            }
            stream.write(orjson.dumps(told) + b"\n")
    return target


def diff(repaired: Repaired, sources: Sequence[Source]) -> Iterator[str]:
    """Unified diffs between the files and their repaired copies."""
    paths = {source.shown: source.path for source in sources}
    for shown, copy in repaired.copies.items():
        with open_binary(paths[shown]) as before, open_binary(copy) as after:
            old = before.read().decode("utf-8", "backslashreplace")
            new = after.read().decode("utf-8", "backslashreplace")
        names = shown, f"{shown} (repaired)"
        for line in difflib.unified_diff(_lines(old), _lines(new), *names, n=1):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    # Not splitlines: a row may hold U+2028 and other characters that it would cut at.
    return [line + "\n" for line in text.split("\n")[:-1]] + [text.rpartition("\n")[2]] * (
        not text.endswith("\n")
    )


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Where repaired copies stand until they are written."""
    return tempfile.TemporaryDirectory(prefix="curate-fix-")
