"""What a rule is: data that says what it is about, plus one small function or column expression.

There are four kinds, by what they look at:

`FaultRule`    reports a fault that reading or validating met (`curate.faults`).
`ColumnRule`   a polars expression over one of the two frames of a `Batch` (`curate.columns`);
               all column rules run in one pass over the text. This is the kind to prefer.
`RecordRule`   a Python function on one parsed record, called only for the records that a column
               expression lets through. It has to earn its place.
`DatasetRule`  sees all rows at once, as the compact features that it asked for (`curate.features`),
               never as all the text.

Identity, severity, confidence, summary, reason and example are stated once, in `About`; findings,
`curate rule CODE` and docs/rules are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Protocol

from curate.light_dataclass import dataclass
from curate.schemas.findings import Confidence, FixSafety, Severity

if TYPE_CHECKING:
    import polars as pl

    from curate.dataset import Dataset
    from curate.schemas.options.lint import LintOptions
    from curate.schemas.turns import RecordFormat


@dataclass(frozen=True, slots=True)
class About:
    """Who a rule is and why it exists.

    Attributes:
        code: three letters of the family and three digits; never reused.
        name: names the fault, so that "allow empty-completion" reads well.
        severity: how bad it is if true. An error is a row or set that must not be trained on.
        confidence: how sure the rule is, from the measurements in benchmarks/quality.
        summary: one line, what is wrong.
        reason: why it harms a fine-tune.
        example: a row, or a piece of one, that the rule reports.
        remedy: what the user can do about it.
        options: the LintOptions fields that the rule reads.
        assumes: what it assumes about language or locale; empty when nothing.
    """

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    summary: str
    reason: str
    example: str
    remedy: str
    options: tuple[str, ...] = ()
    assumes: str = ""

    @property
    def family(self) -> str:
        """The three letters."""
        return self.code[:3]


@dataclass(frozen=True, slots=True)
class Repair:
    """How a fault can be mended. Exactly one of the functions is set.

    Attributes:
        safety: safe keeps what the row teaches; unsafe may change or drop it.
        summary: what it does, in the imperative ("remove the byte-order mark").
        raw: bytes of the line → repaired bytes, or None when this line cannot be repaired.
        text: text of the flagged field → repaired text.
        record: parsed record → repaired record, or None to drop the row (unsafe only).
    """

    safety: FixSafety
    summary: str
    raw: Callable[[bytes], bytes | None] | None = None
    text: Callable[[str], str] | None = None
    record: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None


@dataclass(frozen=True, slots=True)
class FaultRule:
    """Reports the faults whose `rule` is this rule's name."""

    about: About
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """A condition over the columns of one frame.

    Attributes:
        frame: "segments" (one row a piece of text) or "rows" (one row a record).
        condition: options → boolean expression; null counts as false. It may name the column
            `text_lower` (the text in lower case, made once for all rules) of the segments, and
            `user_beside` (whether a text of the user stands before or behind it in its record); and of the rows
            `question` and `prompt_end` (`curate.derived_columns`).
        first: options → a cheap expression; the rule holds where both hold. polars computes both
            sides of `&` for every row; with `first`, the condition is computed only for the rows
            that it lets through. What limits the rule (whose turn, how long a text) may stand here
            and nowhere else; words that it looks for must be all that the condition can begin
            with. Worth it where the condition costs more than 0.3 µs a row.
            Rules with the same function here share one evaluation of it (`curate.rules.screens`).
        otherwise: options → a boolean expression; the rule holds where it does, too. For what demands no
            words, and would have all rows looked at for the rest of the condition; it must be cheap.
        message: what to say; `{match}` stands for the matched text (masked rules leave it out).
        pattern: a Rust regular expression; finds the part of the text to point at. Where the
            condition alone is dear, start it with a cheap literal test.
        column: for frame "rows", which text column the excerpt is taken from; its name is the
            finding's field unless `field` gives another.
        masked: the excerpt must not be shown (secrets, personal data); `mask` shows it safely.
        applies_to: record formats, None for all.
    """

    about: About
    frame: Literal["segments", "rows"]
    condition: Callable[[LintOptions], pl.Expr]
    message: str | Callable[[str], str]
    pattern: str | None = None
    column: str = "text"
    field: str | None = None
    mask: Callable[[str], str] | None = None
    repair: Repair | None = None
    applies_to: tuple[RecordFormat, ...] | None = None
    first: Callable[[LintOptions], pl.Expr] | None = None
    otherwise: Callable[[LintOptions], pl.Expr] | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What a record rule says about one record: where in it, and what is wrong.

    `repair`, where given, stands instead of the rule's own.
    """

    field: str | None
    message: str
    excerpt: str | None = None
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class RecordRule:
    """A function on the parsed record, for the records that `applies` lets through."""

    about: About
    applies: Callable[[LintOptions], pl.Expr]
    check: Callable[[dict[str, Any], RecordFormat, LintOptions], Iterable[Mark]]
    repair: Repair | None = None
    applies_to: tuple[RecordFormat, ...] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """What a dataset rule says: about one row (its index in `Dataset.frame`) or, with None, all.

    `related` holds pairs of row index and score (or None). `repair`, where given, stands instead
    of the rule's own. `column` names a canonical column ("prompt", "completion", "system") when the
    rule does not know the field: the engine finds the field and the excerpt in the row. `file` is for
    a hit about one whole file (its index in `Dataset.files`) from a rule that sees all of them.
    """

    row: int | None
    message: str
    field: str | None = None
    column: str | None = None
    excerpt: str | None = None
    related: tuple[tuple[int, float | None], ...] = ()
    repair: Repair | None = None
    file: int | None = None


class Collector(Protocol):
    """Takes from the texts of all rows, while they are read, what features cannot hold.

    Made with the options of the run, once for all rules that name its class. It must stay small
    over millions of rows: counts, sketches, a bounded sample.
    """

    def __init__(self, options: LintOptions) -> None: ...

    def add(self, rows: pl.DataFrame, file: int) -> None:
        """The next rows (`Batch.rows`), in the order of `Dataset.frame`."""
        ...

    def add_reference(self, rows: pl.DataFrame, file: int) -> None:
        """Rows of a --against file; all of them come before the first `add`."""
        ...


@dataclass(frozen=True, slots=True)
class DatasetRule:
    """A function on the features of all rows.

    Attributes:
        features: names from `curate.features.FEATURES` that become columns of `Dataset.frame`.
        collectors: what it gathers besides; found in `Dataset.collected` under its class. A rule
            with collectors has scope "all", because they have seen all files.
        check: yields hits; works on columns, not on Python rows.
        unavailable: options → why the rule cannot run (no tokenizer given), or None. Such a rule
            is reported as not assessed, never as passed.
        scope: "file" runs once for each file, "all" once over all files together.
        compares_files: it looks at several files, and gathers nothing where there is one.
        either: a hit is about two rows, of which the first in order is in `related` and the other
            is named: in another order it would be the other way round.
    """

    about: About
    features: tuple[str, ...]
    check: Callable[[Dataset, LintOptions], Iterator[Hit]]
    unavailable: Callable[[LintOptions], str | None] | None = None
    repair: Repair | None = None
    scope: Literal["file", "all"] = "all"
    collectors: tuple[type[Collector], ...] = ()
    either: bool = False
    compares_files: bool = False


Rule = FaultRule | ColumnRule | RecordRule | DatasetRule
