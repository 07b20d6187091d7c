"""All column conditions of a batch in one pass over its text: which rule holds where.

Conditions about words are computed only for the texts that hold one of them (`curate.screening`); the
others become one polars select per frame, which polars computes on all cores, without Python's lock.
Only the numbers of the rows where a rule holds come back; what to say about them is for
`curate.materialising`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cached_property, partial
from typing import Literal

import polars as pl

from curate.arrays import series_of
from curate.columns import ROW_SCHEMA, Batch
from curate.demands import Alternatives, demands_of, patterns_in
from curate.derived_columns import with_derived
from curate.features import FEATURES
from curate.few_texts import cut
from curate.judged_bad import spoken_of
from curate.known_screen import known_screen
from curate.light_dataclass import dataclass
from curate.memory import on_its_own
from curate.rendered_texts import leaked
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import Collector, ColumnRule, DatasetRule, RecordRule, Rule
from curate.schemas.options.lint import LintOptions
from curate.schemas.turns import RecordFormat
from curate.screening import Mask, Masks, Screen
from curate.taking_apart import Narrowing
from curate.textkernel import U32, U64
from curate.threads import meanwhile, side_by_side
from curate.token_columns import TOKEN_SCHEMA, with_missing

FrameName = Literal["segments", "rows"]
# Up to so many rows, computing something twice is cheaper than finding out that it is the same.
_WORTH_OPTIMISING = 4096
# From so many rows on, taking an expression apart is cheaper than computing all of it for each.
_WORTH_NARROWING = 1000
# What says which turns a record has; most records of a file have the same.
_FORM = frozenset({"roles", "layout", "special"})
_LONG = 1000  # characters of all of its regular expressions; up to here they are faster as they are


class RuleFailure(RuntimeError):
    """A rule raised: a bug in it, not in the data. Says which rule, on which file and line."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Where one rule holds: positions in the frame that it looks at, ascending."""

    rule: ColumnRule | RecordRule
    positions: pl.Series
    number: int = 0  # the rule's place among those evaluated


@dataclass(frozen=True)
class Condition:
    """A rule with its expressions made for the options of this run."""

    rule: ColumnRule | RecordRule
    frame: FrameName
    test: pl.Expr
    then: pl.Expr | None = None  # where `test` is only the rule's cheap first look
    look: bytes = b""  # the same for rules that take the same first look
    number: int = 0  # its place among all conditions

    @cached_property
    def names(self) -> frozenset[str]:
        """The columns that it looks at."""
        both = (self.test,) if self.then is None else (self.test, self.then)
        return frozenset().union(*(expression.meta.root_names() for expression in both))

    @cached_property
    def demands(self) -> Alternatives:
        """What must be in them."""
        return demands_of(self.test, self.then)

    @cached_property
    def is_long(self) -> bool:
        """Whether its regular expressions are long, and so worth being taken apart."""
        tests = (self.test,) if self.then is None else (self.test, self.then)
        patterns = {pattern for test in tests for pattern in patterns_in(test, parts=False)}
        return sum(len(pattern) for pattern, _, _ in patterns) >= _LONG

    @cached_property
    def parts(self) -> Narrowing:
        """What finds the rows where it holds among those of a large batch."""
        tests = (self.test,) if self.then is None else (self.test, self.then)
        return Narrowing(*tests)


@dataclass(frozen=True, slots=True)
class _Task:
    """Conditions that are evaluated together."""

    conditions: Sequence[Condition]
    evaluate: Callable[[], list[Hits]]

    @property
    def asks(self) -> bool:
        """Whether one of them is of a rule about exchanges."""
        return any(asks_about_exchanges(condition.rule) for condition in self.conditions)

    def run(self, asked: Callable[[Hits], None], batch: Batch) -> list[Hits]:
        """Where they hold; `asked` is told of rules about exchanges."""
        hits = self.evaluate()
        if batch.format is RecordFormat.UNPAIRED_PREFERENCE:
            hits = [_of_kept(found, batch) for found in hits]
        if batch.format is RecordFormat.TEXT:
            hits = [
                replace(found, positions=leaked(found.rule, found.positions, batch.segments))
                for found in hits
            ]
        for found in hits:
            if asks_about_exchanges(found.rule):
                asked(found)
        return hits


def asks_about_exchanges(rule: Rule) -> bool:
    """Whether a rule in Python is asked about exchanges, and needs no records."""
    return isinstance(rule, RecordRule) and isinstance(rule.check, OnExchange)


class Plan:
    """The selected rules, with their expressions made once."""

    def __init__(self, rules: Sequence[Rule], options: LintOptions) -> None:
        self.rules = tuple(rules)
        self.options = options
        self.dataset_rules = tuple(r for r in rules if isinstance(r, DatasetRule))
        self._conditions = tuple(
            replace(c, number=i) for i, c in enumerate(conditions_of(rules, options))
        )
        self._screening: Future[Screen | None] | None = None

    @cached_property
    def features(self) -> tuple[str, ...]:
        """The features that the dataset rules ask for, each once."""
        return tuple(dict.fromkeys(f for r in self.dataset_rules for f in r.features))

    @cached_property
    def reads_texts(self) -> bool:
        """Whether a rule looks at the texts of rows, or at more of them than their layout."""
        collected = any(rule.collectors for rule in self.dataset_rules)
        return bool(self._conditions) or collected or not {"layout"}.issuperset(self.features)

    @cached_property
    def asks_about_exchanges(self) -> bool:
        """Whether a rule in Python is asked about exchanges."""
        return any(map(asks_about_exchanges, self.rules))

    @cached_property
    def counts_tokens(self) -> bool:
        """Whether a rule asks for tokens, which are dear to count."""
        return not TOKEN_SCHEMA.keys().isdisjoint(self.features)

    def make_collectors(self) -> dict[type[Collector], Collector]:
        """The collectors that the dataset rules ask for, each once."""
        kinds = dict.fromkeys(k for r in self.dataset_rules for k in r.collectors)
        return {kind: kind(self.options) for kind in kinds}

    def prepare(self) -> None:
        """Have what texts are looked through for made in another thread, while the first of them are read."""
        self._screening = meanwhile(self._made_screen)

    @cached_property
    def _screen(self) -> Screen | None:
        return self._made_screen() if self._screening is None else self._screening.result()

    def _made_screen(self) -> Screen | None:
        if not self._conditions:
            return None
        known = known_screen(expressions_of(self._conditions))
        if known is not None:
            return Screen.numbered(known)
        return Screen.of([condition.demands for condition in self._conditions])

    def evaluate(
        self,
        batch: Batch,
        ignored: frozenset[str],
        asked: Callable[[Hits], None] = lambda hits: None,
    ) -> list[Hits]:
        """Where each rule holds in a batch; `ignored` are the codes left out in its file.

        `asked` is told at once, in another thread, where exchanges are asked about, which comes first.
        Raises RuleFailure when a rule's expression cannot be computed.
        """
        tasks: list[_Task] = []
        screen = self._screen
        marks = {} if screen is None else screen.marks(batch)
        for name in ("segments", "rows"):
            conditions = [
                c
                for c in self._conditions
                if c.frame == name
                and c.rule.about.code not in ignored
                and (c.rule.applies_to is None or batch.format in c.rule.applies_to)
            ]
            frame = batch.segments if name == "segments" else batch.rows
            frame = with_derived(frame, frozenset().union(*(c.names for c in conditions)))
            if screen is not None:
                screened = [(c, mask) for c in conditions if (mask := screen.masks[c.number])]
                conditions = [c for c in conditions if not screen.masks[c.number]]
                tasks += _marked(frame, screened, screen, marks, batch)
            formal = [c for c in conditions if c.names <= _FORM]
            if len(formal) > 1 and frame.height >= _WORTH_OPTIMISING:
                tasks.append(_Task(formal, partial(_evaluate_forms, frame, formal, batch)))
                conditions = [c for c in conditions if not c.names <= _FORM]
            if conditions:
                tasks.append(_Task(conditions, partial(_evaluate, frame, conditions, batch)))
        tasks.sort(key=lambda task: not task.asks)
        evaluated = side_by_side([partial(task.run, asked, batch) for task in tasks])
        hits = [found for several in evaluated for found in several]
        return _each_once(sorted(hits, key=lambda found: found.number))

    def features_of(self, rows: pl.DataFrame, file: int) -> pl.DataFrame:
        """File, line and the features of each row. Raises RuleFailure."""
        try:
            return self._featured(rows, file)
        except pl.exceptions.PolarsError as error:
            raise RuleFailure(f"a feature cannot be computed: {error}") from error

    def no_features(self) -> pl.DataFrame:
        """The features of no rows at all."""
        return self._featured(pl.DataFrame(schema=ROW_SCHEMA), 0)

    def _featured(self, rows: pl.DataFrame, file: int) -> pl.DataFrame:
        features = [FEATURES[name]().alias(name) for name in self.features]
        if self.counts_tokens:
            rows = with_missing(rows)
        frame = on_its_own(rows.lazy().select("line", *features).collect())
        number = pl.repeat(file, frame.height, dtype=pl.UInt32, eager=True)
        return frame.insert_column(0, number.alias("file"))


def conditions_of(rules: Iterable[Rule], options: LintOptions) -> Iterable[Condition]:
    """What the rules ask of rows, made for these options."""
    for rule in rules:
        if isinstance(rule, ColumnRule):
            test = rule.condition(options)
            if rule.first is None:
                yield Condition(rule, rule.frame, test)
            else:
                first = rule.first(options)
                look = first.meta.serialize()
                yield Condition(rule, rule.frame, first, test, look)
            if rule.otherwise is not None:
                yield Condition(rule, rule.frame, rule.otherwise(options))
        elif isinstance(rule, RecordRule):
            yield Condition(rule, "rows", rule.applies(options))


def expressions_of(conditions: Iterable[Condition]) -> list[pl.Expr | None]:
    """All that conditions compute, two for each."""
    return [expression for c in conditions for expression in (c.test, c.then)]


def _each_once(hits: Sequence[Hits]) -> list[Hits]:
    """The same with the places of each rule together; those of one stand beside each other."""
    united: list[Hits] = []
    for found in hits:
        if united and united[-1].rule is found.rule:
            both = pl.concat([united[-1].positions, found.positions]).unique().sort()
            found = replace(united.pop(), positions=both)
        united.append(found)
    return united


def _of_kept(found: Hits, batch: Batch) -> Hits:
    """The same without the answers that were judged bad, where the rule judges answers."""
    positions = spoken_of(found.rule, found.positions, batch.format, batch.rows, batch.segments)
    return Hits(found.rule, positions, found.number)


def _evaluate(frame: pl.DataFrame, conditions: list[Condition], batch: Batch) -> list[Hits]:
    # "row" keeps the frame's height when every condition is a constant.
    frame = _with_lower(frame, conditions)
    tests = [cut(c.test, frame).alias(str(i)) for i, c in enumerate(conditions)]
    try:
        # The optimiser finds what conditions have in common, and compiles their expressions for that.
        few = frame.height < _WORTH_OPTIMISING
        flags = frame.select("row", *tests) if few else frame.lazy().select("row", *tests).collect()
    except pl.exceptions.PolarsError:
        raise _culprit(frame, conditions, batch) from None
    found = [flags[str(i)].arg_true() for i in range(len(conditions))]
    # Rules that take the same first look (all on personal data do) are narrowed together.
    looks: dict[bytes, list[int]] = {}
    for i, condition in enumerate(conditions):
        if condition.then is not None and len(found[i]):
            looks.setdefault(condition.look, []).append(i)
    for together in looks.values():
        _narrow(frame, [(conditions[i], i) for i in together], found, batch)
    return [
        Hits(condition.rule, positions, condition.number)
        for condition, positions in zip(conditions, found, strict=True)
        if len(positions)
    ]


def _evaluate_forms(frame: pl.DataFrame, conditions: list[Condition], batch: Batch) -> list[Hits]:
    """As `_evaluate`, for conditions about the form of records alone, of which there are few."""
    names = sorted(_FORM)
    forms = frame.select("row", *names).unique(names, keep="first", maintain_order=True)
    numbered = frame.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"), *names)
    found = []
    for hits in _evaluate(forms, conditions, batch):
        such = forms[hits.positions]
        rows = numbered.join(such, on=names, how="semi", nulls_equal=True)
        found.append(replace(hits, positions=rows["at"].sort()))
    return found


def _marked(
    frame: pl.DataFrame,
    screened: Sequence[tuple[Condition, Mask]],
    screen: Screen,
    marks: Mapping[str, U64],
    batch: Batch,
) -> Iterator[_Task]:
    """As `_evaluate`, each condition only where the marks that it demands are set."""
    # Rules that take the same first look at the same rows take it together.
    together: dict[tuple[Mask, bytes | int], list[Condition]] = {}
    for condition, mask in screened:
        together.setdefault((mask, condition.look or condition.number), []).append(condition)
    masks = Masks([mask for mask, _ in together])
    found = masks.candidates(screen.kernel, marks)
    for rows, conditions in zip(found, together.values(), strict=True):
        if not len(rows):
            continue
        if len(rows) >= _WORTH_NARROWING:
            long = [c for c in conditions if c.is_long]
            for c in long:
                yield _Task([c], partial(_evaluate_parts, frame, rows, c, batch))
            conditions = [c for c in conditions if not c.is_long]
        if conditions:
            at = partial(_evaluate_at, frame, series_of(rows), conditions, batch)
            yield _Task(conditions, at)


def _evaluate_parts(
    frame: pl.DataFrame, rows: U32, condition: Condition, batch: Batch
) -> list[Hits]:
    """As `_evaluate_at`, each part of the condition only where those before it hold."""
    try:
        found = condition.parts.where(frame, rows)
    except pl.exceptions.PolarsError:
        return _evaluate_at(frame, series_of(rows), [condition], batch)
    return [Hits(condition.rule, series_of(found), condition.number)] if len(found) else []


def _evaluate_at(
    frame: pl.DataFrame, rows: pl.Series, conditions: list[Condition], batch: Batch
) -> list[Hits]:
    names = {"row"}.union(*(condition.names for condition in conditions))
    if "text_lower" in names:
        names = names - {"text_lower"} | {"text"}
    return [
        replace(found, positions=rows.gather(found.positions))
        for found in _evaluate(frame.select(sorted(names))[rows], conditions, batch)
    ]


def _with_lower(frame: pl.DataFrame, conditions: Iterable[Condition]) -> pl.DataFrame:
    if any("text_lower" in condition.names for condition in conditions):
        return frame.with_columns(text_lower=pl.col("text").str.to_lowercase())
    return frame


def _narrow(
    frame: pl.DataFrame,
    conditions: Sequence[tuple[Condition, int]],
    found: list[pl.Series],
    batch: Batch,
) -> None:
    """Of the rows that a first look let through, keep those where each rule's condition holds."""
    positions = found[conditions[0][1]]
    part = frame[positions]
    tests = [cut(c.then, part).alias(str(i)) for c, i in conditions if c.then is not None]
    try:
        kept = part.select("row", *tests)
    except pl.exceptions.PolarsError as error:
        for condition, _ in conditions:
            if condition.then is not None and _error_of(part, condition.then) is not None:
                raise RuleFailure(_failed(condition, batch, None, error)) from error
        raise
    for _, i in conditions:
        found[i] = positions.filter(kept[str(i)].fill_null(False))


def _culprit(frame: pl.DataFrame, conditions: list[Condition], batch: Batch) -> RuleFailure:
    """Find the rule that cannot be computed, and the line where it cannot, by halving."""
    for condition in conditions:
        part = frame
        error = _error_of(part, condition.test)
        if error is None:
            continue
        while part.height > 1:
            halves = part[: part.height // 2], part[part.height // 2 :]
            part = next((h for h in halves if _error_of(h, condition.test) is not None), part[:0])
        line = int(batch.rows["line"][int(part["row"][0])]) if part.height else None
        return RuleFailure(_failed(condition, batch, line, error))
    return RuleFailure(f"{batch.path}: the rules cannot be computed together")


def _error_of(frame: pl.DataFrame, test: pl.Expr) -> pl.exceptions.PolarsError | None:
    try:
        frame.lazy().select(test.alias("0")).collect()
    except pl.exceptions.PolarsError as error:
        return error
    return None


def _failed(condition: Condition, batch: Batch, line: int | None, error: Exception) -> str:
    about = condition.rule.about
    place = batch.path if line is None else f"{batch.path}:{line}"
    return f"rule {about.code} ({about.name}) failed on {place}: {error}"
