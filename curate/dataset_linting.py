"""The dataset rules: run on the features of all rows, their hits traced back to files and lines."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from functools import partial
from typing import Any

import orjson
import polars as pl

from curate.dataset import Dataset
from curate.errors import UserError
from curate.faults import EXCERPT_CHARACTERS
from curate.judged_bad import bad_rows
from curate.light_dataclass import dataclass
from curate.materialising import Found, content_hash, finding_of, texts_of_columns
from curate.memory import MANY_ROWS, lean
from curate.pair_identity import Identity, Pairs, Place
from curate.rereading import read_selected
from curate.rules.protocol import About, Collector, DatasetRule, Hit, Repair
from curate.schemas.findings import Related
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.sources import kind_of
from curate.tallying import Tally
from curate.threads import side_by_side

# The field and the text of a column of one row.
_Text = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A hit whose row indices are those of the whole dataset. `file` is None for all files."""

    rule: DatasetRule
    hit: Hit
    file: int | None
    line: int | None


@dataclass(slots=True)
class DatasetHits:
    """What dataset rules hit: rows and files to be reported, and how many more by code and repair.

    `contents` are the hashes of the rows that they name, `texts` the field and the beginning of the text of a hit
    that names a canonical column.
    """

    placed: list[_Placed] = field(default_factory=list)
    unseen: Counter[tuple[str, Repair | None]] = field(default_factory=Counter)
    failures: list[tuple[About, str, Exception]] = field(default_factory=list)
    contents: dict[Place, str] = field(default_factory=dict)
    identities: list[Identity | None] = field(default_factory=list)
    texts: list[_Text | None] = field(default_factory=list)


def check_dataset(
    dataset: Dataset,
    rules: Sequence[DatasetRule],
    options: LintOptions,
    ignored: Sequence[frozenset[str]],
    paths: Sequence[str],
    data: DataOptions,
    room: Callable[[str], int | None],
) -> DatasetHits:
    """Run the rules.

    Args:
        ignored: for each file, the codes left out in it.
        paths: where each file can be read again, for the rows that hits name.
        data: how rows are read, to find the field of a canonical column.
        room: how many hits of a rule are to be seen, None for all; the others are counted.

    A rule that raises has not assessed the dataset: that is noted, and the next one runs.
    """

    def run(several: Sequence[DatasetRule]) -> list[tuple[DatasetRule, DatasetHits]]:
        return [
            (rule, _run_rule(rule, dataset, options, ignored, room(rule.about.code)))
            for rule in several
        ]

    # While one rule is in polars, or reads rows again, another can be in Python. What each needs of memory adds up.
    groups = _apart(rules) if len(dataset) < MANY_ROWS else [rules]
    hits = dict(
        pair
        for pairs in side_by_side([partial(run, g) for g in groups], "dataset")
        for pair in pairs
    )
    found = DatasetHits()
    for rule in rules:
        found.placed += hits[rule].placed
        found.unseen += hits[rule].unseen
        found.failures += hits[rule].failures
    twins = [_twins(hit, dataset) for hit in found.placed]
    found.contents, found.texts = _rows_again(found.placed, twins, paths, data)
    pairs: dict[str, Pairs] = {}
    for hit, both in zip(found.placed, twins, strict=True):
        if both is not None:
            pairs.setdefault(hit.rule.about.code, Pairs(found.contents)).add(*both)
    for hit, both in zip(found.placed, twins, strict=True):
        code = hit.rule.about.code
        found.identities.append(None if both is None else pairs[code].identity(*both))
    return found


def _apart(rules: Sequence[DatasetRule]) -> list[list[DatasetRule]]:
    """The rules in groups that share no collector: what collectors work out, they work out for one rule at a time."""
    groups: list[tuple[set[type[Collector]], list[DatasetRule]]] = []
    for rule in rules:
        kinds, together = set(rule.collectors), [rule]
        for group in [g for g in groups if not kinds.isdisjoint(g[0])]:
            groups.remove(group)
            kinds |= group[0]
            together = [*group[1], *together]
        groups.append((kinds, together))
    return [several for _, several in groups]


def _twins(placed: _Placed, dataset: Dataset) -> tuple[Place, Place] | None:
    """The row that a hit names and the one that it is compared with, where either could be named."""
    if not placed.rule.either or placed.file is None or placed.line is None:
        return None
    first, _ = placed.hit.related[0]
    return (placed.file, placed.line), dataset.place(first)


def add_dataset_hits(found: DatasetHits, dataset: Dataset, tally: Tally) -> None:
    """Add what the rules found to the tally."""
    for failure in found.failures:
        tally.failed(*failure)
    for hit, text, identity in zip(found.placed, found.texts, found.identities, strict=True):
        tally.add(_found(hit, dataset, found.contents, text, identity))
    for (code, repair), count in found.unseen.items():
        tally.add_unseen(code, count, repair)


def _run_rule(
    rule: DatasetRule,
    dataset: Dataset,
    options: LintOptions,
    ignored: Sequence[frozenset[str]],
    room: int | None,
) -> DatasetHits:
    """What one rule hits."""
    found = DatasetHits()
    code, seen = rule.about.code, 0
    everywhere = not any(code in codes for codes in ignored)
    for file, start, part in _parts(rule, dataset):
        bad = bad_rows(part, code)
        try:
            for hit in rule.check(part, options):
                if hit.row in bad:
                    continue
                full = room is not None and seen >= room
                placed = None
                if not (full and everywhere):
                    placed = _place(rule, hit, file, start, dataset, part)
                    if _silent(placed, code, ignored):
                        continue
                if placed is not None and not full:
                    found.placed.append(placed)
                    seen += 1
                else:
                    repair = None if hit.row is None else hit.repair or rule.repair
                    found.unseen[code, repair] += 1
        except UserError:
            raise  # a file that changed or went away meanwhile
        except Exception as error:
            found.failures.append((rule.about, ", ".join(part.files[:3]), error))
    return found


def _silent(placed: _Placed, code: str, ignored: Sequence[frozenset[str]]) -> bool:
    if placed.file is None:
        return all(code in codes for codes in ignored)
    return code in ignored[placed.file]


def _parts(rule: DatasetRule, dataset: Dataset) -> Iterator[tuple[int | None, int, Dataset]]:
    """(file, its first row, its dataset) for each file, or once for all files together."""
    if rule.scope == "all" or len(dataset.files) == 1:
        yield (0 if len(dataset.files) == 1 else None), 0, dataset
        return
    start = 0
    for i, file in enumerate(dataset.files):
        frame = dataset.frame.filter(pl.col("file") == i)
        roles = dataset.roles[i : i + 1]
        yield (
            i,
            start,
            replace(
                dataset,
                frame=frame.with_columns(file=pl.lit(0, pl.UInt32)),
                files=(file,),
                roles=roles,
                rows_met=dataset.rows_met_in[i],
                rows_met_in=dataset.rows_met_in[i : i + 1],
            ),
        )
        start += frame.height


def _place(
    rule: DatasetRule, hit: Hit, file: int | None, start: int, whole: Dataset, part: Dataset
) -> _Placed:
    shift = len(whole) - len(part)

    def index(row: int) -> int:
        # Rows of the reference follow those of the dataset, here and there.
        return row + start if row < len(part) else row + shift

    if start or shift:
        hit = replace(hit, related=tuple((index(row), score) for row, score in hit.related))
    if hit.row is None:
        return _Placed(rule, hit, file if hit.file is None else hit.file, None)
    return _Placed(rule, hit, *whole.place(index(hit.row)))


def _rows_again(
    placed: Sequence[_Placed],
    twins: Sequence[tuple[Place, Place] | None],
    paths: Sequence[str],
    data: DataOptions,
) -> tuple[dict[Place, str], list[_Text | None]]:
    """The hashes of the rows that hits name or are compared with, and the text of each hit's column.

    The text was not kept, so the files are read again, and let go again row by row.
    """
    columns: dict[Place, list[int]] = {}  # which hits name a column of a row
    wanted: dict[int, set[int]] = {}
    for i, hit in enumerate(placed):
        if hit.file is not None and hit.line is not None:
            wanted.setdefault(hit.file, set()).add(hit.line)
            if hit.hit.column is not None:
                columns.setdefault((hit.file, hit.line), []).append(i)
    for file, line in (place for both in twins if both is not None for place in both):
        wanted.setdefault(file, set()).add(line)
    contents: dict[Place, str] = {}
    texts: list[_Text | None] = [None] * len(placed)
    for file, lines in wanted.items():
        table = kind_of(paths[file]) in ("csv", "tsv")
        for batch in read_selected(paths[file], sorted(lines)):
            told: list[tuple[int, str, Any]] = []
            for line, raw, value in zip(batch.lines, batch.raw, batch.values, strict=True):
                contents[file, line] = content_hash(raw)
                for i in columns.get((file, line), ()):
                    column = placed[i].hit.column
                    assert column is not None
                    told.append((i, column, (value if table else None) or _parsed(raw)))
            found = texts_of_columns([(column, value) for _, column, value in told], data)
            for (i, _, _), (where, text) in zip(told, found, strict=True):
                texts[i] = where, text[:EXCERPT_CHARACTERS] if text else None
    return contents, texts


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _found(
    placed: _Placed,
    dataset: Dataset,
    contents: dict[Place, str],
    told: _Text | None,
    identity: Identity | None,
) -> Found:
    hit, rule = placed.hit, placed.rule
    path = _common(dataset.files) if placed.file is None else dataset.files[placed.file]
    repair = hit.repair or rule.repair
    if placed.line is None:
        repair = None
    where, excerpt = hit.field, hit.excerpt
    if told is not None:
        where, text = told
        excerpt = excerpt or text
    content = None
    if placed.file is not None and placed.line is not None:
        content = contents.get((placed.file, placed.line)) if identity is None else identity.content
    finding = finding_of(
        rule,
        path,
        placed.line,
        hit.message,
        raw=None,
        repair=repair,
        field=where,
        excerpt=excerpt,
        related=tuple(_related(dataset, row, score) for row, score in hit.related),
        content=content,
    )
    return Found(finding, repair, identity=identity)


def _related(dataset: Dataset, row: int, score: float | None) -> Related:
    if row < len(dataset):
        file, line = dataset.place(row)
        return lean(Related(path=dataset.files[file], line=line, score=score))
    frame, row = dataset.reference, row - len(dataset)
    assert frame is not None
    path, line = dataset.references[int(frame["file"][row])], int(frame["line"][row])
    return lean(Related(path=path, line=line, score=score))


def _common(files: Sequence[str]) -> str:
    """What findings about several files together carry as their path: the folder they share."""
    try:
        return os.path.commonpath(files) or "."
    except ValueError:
        return "."
