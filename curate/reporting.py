"""`curate report`: a run's folder as one self-contained HTML page, whatever steps it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from curate.errors import UserError
from curate.manifest import read_manifest
from curate.output.run_report import render
from curate.schemas.comparison import ComparedRow, Comparison
from curate.schemas.report import JsonReport
from curate.schemas.run_artifacts import LeftOutRow
from curate.schemas.run_report import FoundByRule, RunReport
from curate.writing import atomic_write

FILE_NAME = "report.html"
_SHOWN_REMOVED = 30
_SHOWN_ANSWERS = 12
_SHOWN_BYTES = 4_000
_ROW = b',"row":'
_SPLITS = ("train", "val", "test")

Model = TypeVar("Model", bound=BaseModel)


def report(run: Path, output: Path | None = None) -> Path:
    """Write the page of a run; returns where it is.

    Raises:
        UserError: no such folder, nothing of a run in it, or a damaged file.
    """
    page = output or run / FILE_NAME
    pieces = render(collect(run))
    with atomic_write(page) as file:
        for piece in pieces:
            file.write(piece.encode())
    return page


def collect(run: Path) -> RunReport:
    """Everything that the page shows, read from the run's folder."""
    if not run.is_dir():
        raise UserError(f"{run}: no such run folder")
    manifest = read_manifest(run)
    lint = _read(run / "lint.json", JsonReport)
    comparison = _read(run / "compare.json", Comparison)
    history = run / "history.jsonl"
    if not manifest and lint is None and comparison is None and not history.is_file():
        raise UserError(f"{run}: nothing of a run in it; expected a folder that curate wrote")
    removed, shown_removed = _removed(run / "removed.jsonl")
    answers = islice(_rows(run / "compare.jsonl", ComparedRow), _SHOWN_ANSWERS)
    return RunReport(
        name=run.resolve().name,
        manifest=manifest,
        lint=lint.summary if lint is not None else None,
        rules=_by_rule(lint) if lint is not None else (),
        removed=removed,
        shown_removed=shown_removed,
        splits=_splits(run),
        comparison=comparison,
        shown_answers=tuple(answers) if comparison is not None else (),
        **_pictures(history, comparison),
    )


def _pictures(history: Path, comparison: Comparison | None) -> dict[str, object]:
    # The trainer's plots need no torch, but belong to its package.
    from curate.train.history import read_history
    from curate.train.plotting import loss_curve, quality_plot

    found: dict[str, object] = {}
    if history.is_file():
        try:
            found["history"] = tuple(read_history(history))
        except ValidationError as error:
            raise _damaged(history, error) from None
        found["curve"] = loss_curve(history)
    if comparison is not None:
        found["quality"] = quality_plot(comparison)
    return found


def _removed(path: Path) -> tuple[Counter[tuple[str, str]], tuple[LeftOutRow, ...]]:
    """Rows by step and reason, and the first few of them, their text as it stands in the file."""
    counts: Counter[tuple[str, str]] = Counter()
    shown: list[LeftOutRow] = []
    if not path.is_file():
        return counts, ()
    with path.open("rb") as lines:
        for line in lines:
            # The row is the last value, and may be nested deeper than any parser goes.
            head, _, row = line.rstrip().partition(_ROW)
            try:
                told = LeftOutRow.model_validate_json(head + _ROW + b"null}")
            except ValidationError as error:
                raise _damaged(path, error) from None
            counts[told.step, _kind(told)] += 1
            if len(shown) < _SHOWN_REMOVED:
                text = row[:_SHOWN_BYTES].removesuffix(b"}").decode("utf-8", "replace")
                shown.append(told.model_copy(update={"row": text}))
    return counts, tuple(shown)


def _kind(row: LeftOutRow) -> str:
    """A reason without what is particular to the row: a rule's code, or the kind of duplicate."""
    return row.reason.split(" ", 1)[0].rstrip(":")


def _by_rule(lint: JsonReport) -> tuple[FoundByRule, ...]:
    """Rules in the order of their severity, then of how often they fired."""
    counts = Counter(finding.code for finding in lint.findings)
    firsts = {finding.code: finding for finding in reversed(lint.findings)}
    order = {"error": 0, "warning": 1, "info": 2}
    found = [FoundByRule(count=counts[code], first=first) for code, first in firsts.items()]
    return tuple(
        sorted(found, key=lambda r: (order[r.first.severity.value], -r.count, r.first.code))
    )


def _splits(run: Path) -> dict[str, int]:
    found = {}
    for name in _SPLITS:
        path = run / "splits" / f"{name}.jsonl"
        if path.is_file():
            with path.open("rb") as lines:
                found[name] = sum(1 for line in lines if line.strip())
    return found


def _read(path: Path, model: type[Model]) -> Model | None:
    if not path.is_file():
        return None
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise _damaged(path, error) from None


def _rows(path: Path, model: type[Model]) -> Iterator[Model]:
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for line in lines:
            try:
                yield model.model_validate_json(line)
            except ValidationError as error:
                raise _damaged(path, error) from None


def _damaged(path: Path, error: ValidationError) -> UserError:
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    return UserError(f"{path}: not as curate wrote it ({place}: {first['msg']})")
