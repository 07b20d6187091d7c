"""The lint engine: files through the rules to a report.

One pass over each file. Reading runs ahead of the expressions (polars) in a thread of its own, and they
ahead of what is done in Python; a batch is forgotten once its findings and the compact features of its
rows are taken, so that memory does not grow with the text. Dataset rules run at the end, on the
features of all rows.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

import polars as pl

from curate.answers import Answers
from curate.askers import Askers, askers_for
from curate.baseline import Baseline, load_baseline
from curate.batching import BYTES_AT_ONCE, ROWS_AT_ONCE, in_large_batches, in_reading_order
from curate.benchmark_reading import benchmark_options, not_compared
from curate.columns import Batch
from curate.dataset import Dataset, FileRole
from curate.dataset_linting import add_dataset_hits, check_dataset
from curate.errors import UserError
from curate.evaluating import Hits, Plan
from curate.faults import Fault
from curate.light_dataclass import dataclass
from curate.materialising import Found, found_in_columns, found_in_faults, found_in_records
from curate.memory import MANY_ROWS, give_back
from curate.rereading import read_selected
from curate.rewriting import is_array
from curate.rules import RULES
from curate.rules.protocol import ColumnRule, DatasetRule, FaultRule, Repair, Rule
from curate.run_dynamics import run_files
from curate.schemas.findings import NotAssessed
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.report import LintReport
from curate.selecting import ignored_in, select_rules
from curate.sources import STDIN, expand, kind_of
from curate.suppressions import load_suppressions
from curate.tallying import Accepted, Tally
from curate.threads import ahead, meanwhile, side_by_side
from curate.validating import Checked, Validator, read_checked


@dataclass(frozen=True, slots=True)
class Source:
    """One file: where it is, the name that findings carry, and what it is for."""

    path: str
    shown: str
    role: FileRole | Literal["reference"] = "data"


def lint(
    paths: Sequence[str | os.PathLike[str]] = (),
    options: LintOptions | None = None,
    data: DataOptions | None = None,
    *,
    keep_per_rule: int | None = None,
) -> LintReport:
    """Check files, folders and globs.

    Args:
        paths: what to check; `options.train`, `val` and `test` name more.
        options: selection and thresholds.
        data: record format and field map.
        keep_per_rule: how many findings of each rule to keep; None for all. Counts stay whole.

    Raises:
        UserError: a file that cannot be read, or a selector that names no rule.
        RuleFailure: a rule's expression cannot be computed; a bug in curate. A rule that raises on
            a record or on the dataset does not end the run: it is in the report's `not_assessed`.
    """
    options = options or LintOptions()
    sources = sources_of(paths, options)
    return lint_sources(sources, options, data or DataOptions(), keep_per_rule=keep_per_rule)[0]


def sources_of(paths: Sequence[str | os.PathLike[str]], options: LintOptions) -> list[Source]:
    """The files to read, in order, each with what it is for. Raises UserError."""
    if options.run is not None and not (paths or options.train or options.val or options.test):
        train, val = run_files(options.run)
        options = options.model_copy(update={"train": (train,), "val": (val,)})
    groups: list[tuple[Sequence[str | os.PathLike[str]], FileRole | Literal["reference"]]] = [
        (paths, "data"),
        (options.train, "train"),
        (options.val, "val"),
        (options.test, "test"),
        # Fingerprints hold no rows: the rule that knows them reads them.
        ([p for p in options.against if p.suffix != ".fingerprint"], "reference"),
    ]
    return [Source(p, shown_path(p), role) for names, role in groups for p in expand(names)]


def shown_path(path: str) -> str:
    """A path as reports can hold it: bytes of a name that are not UTF-8 are written as escapes."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def lint_sources(
    sources: Sequence[Source],
    options: LintOptions,
    data: DataOptions,
    *,
    keep_per_rule: int | None = None,
    rules: Sequence[Rule] = RULES,
) -> tuple[LintReport, list[Found]]:
    """As `lint`, on files already found; also returns the findings with their repairs."""
    started = time.perf_counter()
    selected = select_rules(options, rules)
    missing = tuple(_not_assessed(selected, options))
    silent = {m.code for m in missing}
    selected = tuple(r for r in selected if r.about.code not in silent)
    suppressions = load_suppressions(options)
    known = load_baseline(options.baseline) if options.baseline else Baseline({})
    accepted: list[Accepted] = [suppressions] if len(suppressions) else []
    accepted += [known] if options.baseline else []
    tally = Tally(keep_per_rule, accepted)
    with _without_cyclic_gc():
        run = _Run(Plan(_at_work(selected, sources), options), data, sources, rules, tally)
        run.run()
    tally.found.sort(key=lambda f: f.finding.sort_key)
    report = LintReport(
        files=tuple(s.shown for s in sources if s.role != "reference"),
        rows=tally.rows,
        findings=tuple(f.finding for f in tally.found),
        rules=tuple(map(tally.result_of, selected)),
        not_assessed=(
            *missing,
            *run.not_compared,
            *(f.not_assessed() for f in tally.failures.values()),
        ),
        suppressed=suppressions.covered,
        baselined=known.covered,
        unused_suppressions=suppressions.unused(
            (r.about.code for r in selected), (s.shown for s in sources)
        ),
        elapsed_s=time.perf_counter() - started,
    )
    return report, tally.found


def _at_work(rules: Sequence[Rule], sources: Sequence[Source]) -> Sequence[Rule]:
    """The rules without those that have nothing to do with so few files."""
    several = sum(source.role != "reference" for source in sources) > 1
    return [r for r in rules if several or not (isinstance(r, DatasetRule) and r.compares_files)]


def _not_assessed(rules: Sequence[Rule], options: LintOptions) -> Iterator[NotAssessed]:
    for rule in rules:
        if isinstance(rule, DatasetRule) and rule.unavailable is not None:
            reason = rule.unavailable(options)
            if reason is not None:
                yield NotAssessed(code=rule.about.code, name=rule.about.name, reason=reason)


@dataclass(frozen=True, slots=True)
class _Evaluated:
    """Rows with what the expressions say: where rules hold, by batch, and the features of the rows.

    `is_last` of a file.
    """

    checked: Checked
    hits: list[list[Hits]]
    answers: list[Answers]
    features: list[pl.DataFrame]
    is_last: bool


class _Run:
    """One pass over the files, then the dataset rules; what is found goes to the tally."""

    def __init__(
        self,
        plan: Plan,
        data: DataOptions,
        sources: Sequence[Source],
        table: Sequence[Rule],
        tally: Tally,
    ) -> None:
        self._plan = plan
        self._data = data
        self._own = [s for s in sources if s.role != "reference"]
        self._references = [s for s in sources if s.role == "reference"]
        self._tally = tally
        ignores = plan.options.per_file_ignores
        self._ignored = [ignored_in(s.shown, ignores, table) for s in self._own]
        self._fault_rules = {r.about.name: r for r in plan.rules if isinstance(r, FaultRule)}
        self._collectors = plan.make_collectors()
        self._askers: Askers | None = None
        self._evaluating = False
        self._waiting: list[Callable[[], None]] = []  # record rules of the last rows
        self.not_compared: list[NotAssessed] = []

    def run(self) -> None:
        self._plan.prepare()
        references = self._reference_features()
        frames: list[pl.DataFrame] = []
        rows_met = []
        with self._asking():
            for i, source in enumerate(self._own):
                before = self._tally.rows
                frames += self._file(i, source)
                rows_met.append(self._tally.rows - before)
            finish: Callable[[], None] | None = None
            if self._waiting:  # other processes go on while the dataset is looked at
                finish = self._dataset(frames, references, rows_met)
            for records in self._waiting:
                records()
        finish = finish or self._dataset(frames, references, rows_met)
        finish()

    def _dataset(
        self, frames: list[pl.DataFrame], references: list[pl.DataFrame], rows_met: list[int]
    ) -> Callable[[], None]:
        """Run the dataset rules; what is returned tells the tally."""
        if not self._plan.dataset_rules:
            return lambda: None
        frame = self._together(frames)
        frames.clear()
        if frame.height >= MANY_ROWS:
            give_back()
        dataset = Dataset(
            frame=frame,
            files=tuple(s.shown for s in self._own),
            rows_met=self._tally.rows,
            rows_met_in=tuple(rows_met),
            roles=tuple(s.role for s in self._own if s.role != "reference"),
            reference=self._together(references) if self._references else None,
            references=tuple(s.shown for s in self._references),
            collected=self._collectors,
            read_again=partial(self._read_again, frame),
        )
        paths = [s.path for s in self._own]
        rules, options, room = self._plan.dataset_rules, self._plan.options, self._tally.room
        found = check_dataset(dataset, rules, options, self._ignored, paths, self._data, room)
        return partial(add_dataset_hits, found, dataset, self._tally)

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        """Processes for what rules in Python are asked, while the files are large enough for them."""
        if self._plan.asks_about_exchanges:
            self._askers = askers_for([s.path for s in self._own], lambda: not self._evaluating)
        try:
            yield
        finally:
            if self._askers is not None:
                self._askers.close()

    def _together(self, features: list[pl.DataFrame]) -> pl.DataFrame:
        return pl.concat(features) if features else self._plan.no_features()

    def _reference_features(self) -> list[pl.DataFrame]:
        """Read the --against files, which all other rows are compared with."""
        features: list[pl.DataFrame] = []
        if not self._plan.dataset_rules:
            return features
        for i, source in enumerate(self._references):
            data = benchmark_options(source.path, self._data)
            met = 0
            for checked in ahead(self._read(source, data)):
                met += checked.rows_met
                frames = in_reading_order(checked)
                for collector in self._collectors.values():
                    for rows in frames:
                        collector.add_reference(rows, i)
                features += self._features(frames, i)
                met -= sum(frame.height for frame in frames)
            if met:
                self.not_compared += not_compared(source.shown, met, self._plan.dataset_rules)
        return features

    def _read_again(self, frame: pl.DataFrame, rows: Sequence[int]) -> Iterator[pl.DataFrame]:
        """`Batch.rows` of these rows of the dataset, given ascending; the rest is not parsed."""
        wanted = frame.select("file", "line")[pl.Series(rows, dtype=pl.UInt32)]
        for i, source in enumerate(self._own):
            lines = wanted.filter(pl.col("file") == i)["line"].to_list()
            validator, met = Validator(source.path, self._data), 0
            for raw in read_selected(source.path, lines) if lines else ():
                for part in in_reading_order(validator.check(raw)):
                    met += part.height
                    yield part
            if met != len(lines):
                raise UserError(f"{source.shown}: the file changed while it was being checked")

    def _read(self, source: Source, data: DataOptions | None = None) -> Iterator[Checked]:
        """The rows of a file, many at a time."""
        data = data or self._data
        checked = read_checked(
            source.path,
            data,
            lines_at_once=ROWS_AT_ONCE,
            bytes_at_once=BYTES_AT_ONCE + BYTES_AT_ONCE // 4,  # of JSON, not of text
            unread=not self._plan.reads_texts,
        )
        if not self._plan.reads_texts:
            return checked
        if self._plan.counts_tokens:
            from curate.token_counting import counter_for

            checked = counter_for(self._plan.options).counted(checked, data)
        return in_large_batches(checked)

    def _file(self, index: int, source: Source) -> list[pl.DataFrame]:
        """Run the row rules over one file; returns the features of its rows."""
        features: list[pl.DataFrame] = []
        if kind_of(source.path) == "parquet":
            self._tally.give_up_repairs(source.shown)
        batches = ahead(self._read(source))
        for evaluated in ahead(self._evaluations(batches, index)):
            before = self._tally.rows
            self._tally.rows += evaluated.checked.rows_met
            if self._tally.rows // MANY_ROWS > before // MANY_ROWS:
                give_back()
            self._faults(evaluated.checked, index, source)
            found = zip(evaluated.checked.batches, evaluated.hits, evaluated.answers, strict=True)
            for batch, hits, answers in found:
                self._columns(batch, hits, source)
                records = partial(self._records, batch, hits, answers, source)
                if evaluated.is_last and self._may_wait(source):
                    self._waiting.append(records)
                else:
                    records()
            features += evaluated.features
        return features

    def _may_wait(self, source: Source) -> bool:
        """Whether what record rules say of these rows can wait for the dataset rules, in memory, too."""
        small = self._tally.rows < MANY_ROWS
        return self._askers is not None and source is self._own[-1] and small

    def _evaluations(self, batches: Iterator[Checked], file: int) -> Iterator[_Evaluated]:
        checked = next(batches, None)
        while checked is not None:
            made = self._evaluated(checked, file)
            checked = next(batches, None)
            yield replace(made, is_last=checked is None)
            del made  # while the next rows are evaluated, these are looked at, and can go

    def _evaluated(self, checked: Checked, file: int) -> _Evaluated:
        ignored = self._ignored[file]
        rows = in_reading_order(checked) if self._plan.dataset_rules else []
        self._evaluating = True
        try:
            features = meanwhile(partial(self._taken, rows, file))
            answers = [Answers(batch, self._askers) for batch in checked.batches]
            both = zip(checked.batches, answers, strict=True)
            hits = [self._plan.evaluate(batch, ignored, told.ask) for batch, told in both]
            return _Evaluated(checked, hits, answers, features.result(), is_last=False)
        finally:
            self._evaluating = False

    def _taken(self, frames: Sequence[pl.DataFrame], file: int) -> list[pl.DataFrame]:
        """What dataset rules want of the rows: their features, and what is collected."""
        for rows in frames:
            for collector in self._collectors.values():
                collector.add(rows, file)
        return self._features(frames, file)

    def _features(self, frames: Sequence[pl.DataFrame], file: int) -> list[pl.DataFrame]:
        return [self._plan.features_of(rows, file) for rows in frames]

    def _faults(self, checked: Checked, file: int, source: Source) -> None:
        by_rule: dict[str, list[Fault]] = {}
        for fault in checked.faults:
            by_rule.setdefault(fault.rule, []).append(fault)
        for name, faults in by_rule.items():
            rule = self._fault_rules.get(name)
            if rule is not None and rule.about.code not in self._ignored[file]:
                table = kind_of(source.path) in ("csv", "tsv")
                for found in found_in_faults(rule, faults, source.shown):
                    # A table is written again from its values, which broken bytes do not have.
                    unmended = table and name in ("invalid-utf8", "nul-byte", "invalid-csv")
                    self._tally.add(found.not_offered() if unmended else found)
        if "invalid-json" in by_rule and source.path != STDIN and is_array(source.path):
            self._tally.give_up_repairs(source.shown)

    def _columns(self, batch: Batch, found: Sequence[Hits], source: Source) -> None:
        columns = [h for h in found if isinstance(h.rule, ColumnRule)]
        rooms = [self._tally.room(h.rule.about.code) for h in columns]
        described = side_by_side(
            [
                partial(found_in_columns, hits, batch, source.shown, room)
                for hits, room in zip(columns, rooms, strict=True)
            ]
        )
        for hits, room, findings in zip(columns, rooms, described, strict=True):
            for one in findings:
                self._tally.add(one)
            rule = hits.rule
            unseen = 0 if room is None else max(0, len(hits.positions) - room)
            self._unseen(source, rule.about.code, unseen, rule.repair)

    def _records(
        self, batch: Batch, found: Sequence[Hits], answers: Answers, source: Source
    ) -> None:
        for hits in found:
            if isinstance(hits.rule, ColumnRule):
                continue
            code = hits.rule.about.code
            for one in found_in_records(
                hits,
                batch,
                source.shown,
                self._plan.options,
                self._data,
                self._tally.failed,
                self._tally.room(code),
                partial(self._unseen, source, code, 1),
                answers,
            ):
                self._tally.add(one)

    def _unseen(self, source: Source, code: str, count: int, repair: Repair | None) -> None:
        offered = None if source.shown in self._tally.unrepairable else repair
        self._tally.add_unseen(code, count, offered)


@contextlib.contextmanager
def _without_cyclic_gc() -> Iterator[None]:
    """Parsed rows hold no cycles, but many small objects that the collector would walk again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
