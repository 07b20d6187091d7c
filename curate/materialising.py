"""From hits to findings: message, place, excerpt, caret and fingerprint, only for flagged rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson
import polars as pl

from curate.answers import Answers
from curate.columns import Batch
from curate.evaluating import Hits
from curate.faults import EXCERPT_CHARACTERS, Fault, RawBatch
from curate.few_texts import cut_pattern
from curate.light_dataclass import dataclass
from curate.masking import masked
from curate.memory import lean
from curate.pair_identity import Identity
from curate.record_forms import Shape
from curate.record_shapes import shape_of
from curate.rules.exchanges import OnExchange, last_exchange, mark_of
from curate.rules.protocol import About, ColumnRule, FaultRule, Mark, RecordRule, Repair, Rule
from curate.schemas.findings import Finding, Fix, FixSafety, Related
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.validating import Validator, shape_in

# A record rule that fires very often in one row (a thousand tool calls) says so this many times.
MARKS_A_ROW = 100
_AT_ONCE = 1024  # rows that are validated again


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, together with the repair that would mend it.

    `everywhere`: the fault is one of the file, told once; its raw repair is for every line.
    `identity` is that of a finding about a pair of rows.
    """

    finding: Finding
    repair: Repair | None
    everywhere: bool = False
    identity: Identity | None = None

    def not_offered(self) -> Found:
        """The same where the file cannot be mended in place: the repair is not advertised.

        It stays known, so that `--fix` says why the file was left alone.
        """
        return replace(self, finding=self.finding.model_copy(update={"fix": None}))


def content_hash(raw: bytes) -> str:
    """16 hexadecimal digits that stand for what a row says, however it is written down.

    JSON rows hash the same whatever their spacing and key order; other rows by their bytes.
    """
    try:
        raw = orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, TypeError):
        raw = raw.strip()
    return hashlib.blake2b(raw, digest_size=8).hexdigest()


_LONGEST_SECRET = 200  # characters


def finding_of(
    rule: Rule,
    path: str,
    line: int | None,
    message: str,
    *,
    raw: bytes | None,
    repair: Repair | None,
    field: str | None = None,
    column: int | None = None,
    excerpt: str | None = None,
    span: tuple[int, int] | None = None,
    related: tuple[Related, ...] = (),
    content: str | None = None,
) -> Finding:
    """A finding of a rule. `raw` are the bytes of the row, where there is one, for the fingerprint.

    `content`, where given, is what the fingerprint stands for instead of the row alone.
    Secrets and personal data are hidden in what is shown, whatever the rule is about.
    """
    about = rule.about
    message = masked(message)
    if excerpt is not None and (hidden := masked(excerpt)) != excerpt:
        excerpt, span = hidden, None
    if content is not None:
        pass
    elif raw is None:
        said = "|".join((field or "", excerpt or "")) if line is None else message
        content = hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=8).hexdigest()
    else:
        content = content_hash(raw)
    finding = Finding(
        code=about.code,
        name=about.name,
        severity=about.severity,
        confidence=about.confidence,
        path=path,
        line=line,
        message=message,
        field=field,
        column=column,
        excerpt=excerpt,
        span=span,
        fix=None if repair is None else _fix(repair.safety, repair.summary),
        related=related,
        fingerprint=f"{about.code}:{content}",
    )
    return lean(finding)


@lru_cache(maxsize=1024)
def _fix(safety: FixSafety, summary: str) -> Fix:
    """One for all findings that have it."""
    return Fix(safety=safety, summary=summary)


def found_in_faults(rule: FaultRule, faults: list[Fault], path: str) -> Iterator[Found]:
    """Findings for faults of one rule. A raw repair is offered only where it can mend the row."""
    for fault in faults:
        repair = rule.repair
        if repair is not None and repair.raw is not None and fault.raw is not None:
            mended = repair.raw(fault.raw)
            repair = None if mended is None or mended == fault.raw else repair
        yield Found(
            finding_of(
                rule,
                path,
                fault.line,
                fault.message,
                raw=fault.raw,
                repair=repair,
                field=fault.field,
                column=fault.column,
                excerpt=fault.excerpt,
                span=fault.span,
            ),
            repair,
            everywhere=repair is not None and repair.raw is not None and fault.raw is None,
        )


def found_in_columns(hits: Hits, batch: Batch, path: str, limit: int | None) -> Iterator[Found]:
    """Findings for the hits of a column rule, at most `limit` of them.

    What polars has to do is done at once, the findings are made as they are asked for.
    """
    rule = hits.rule
    assert isinstance(rule, ColumnRule)
    positions = hits.positions if limit is None else hits.positions.head(limit)
    frame = (batch.segments if rule.frame == "segments" else batch.rows)[positions]
    column = "text" if rule.frame == "segments" else rule.column
    texts = frame[column] if column in frame.columns else pl.Series([None] * frame.height)
    starts: list[int | None] = [None] * frame.height
    matches: list[str | None] = [None] * frame.height
    if rule.pattern is not None and frame.height:
        starts, matches = _matches(rule.pattern, frame[column])
    rows = frame["row"].to_list()
    lines = batch.rows["line"][frame["row"]].to_list()
    if rule.frame == "segments":
        fields: list[str | None] = [batch.fields[slot] for slot in frame["slot"].to_list()]
    else:
        fields = _fields_of_column(rule, batch, rows)
    raws = (batch.raw[row] for row in rows)
    shown = zip(raws, lines, fields, texts.to_list(), starts, matches, strict=True)
    return _described(rule, path, shown)


def _described(
    rule: ColumnRule,
    path: str,
    rows: Iterable[tuple[bytes, int, str | None, str | None, int | None, str | None]],
) -> Iterator[Found]:
    """A finding for each row, field, text, and where in it the pattern matches what."""
    for raw, line, field, text, start, match in rows:
        excerpt, span = _excerpt(rule, text, start, match)
        repair = rule.repair
        # A repair of texts is offered only where it can mend this one.
        if repair is not None and repair.text is not None and text is not None:
            repair = repair if repair.text(text) != text else None
        yield Found(
            finding_of(
                rule,
                path,
                line,
                _message(rule, match),
                raw=raw,
                repair=repair,
                field=field,
                excerpt=excerpt,
                span=span,
            ),
            repair,
        )


def _matches(pattern: str, texts: pl.Series) -> tuple[list[int | None], list[str | None]]:
    """Where the pattern first matches in each text, in characters, and what it matches there.

    polars compiles a regular expression anew for each use, which takes milliseconds. So it is asked
    where a match stands only for those texts that hold the same words more than once.
    """
    whole: list[str | None] = texts.to_list()
    pattern = cut_pattern(pattern, whole)
    matches: list[str | None] = texts.str.extract(f"({pattern})", 1).to_list()
    starts: list[int | None] = [None] * len(whole)
    several: list[int] = []
    for i, (text, match) in enumerate(zip(whole, matches, strict=True)):
        if text is None or match is None:
            continue
        first = text.find(match)
        if match and text.find(match, first + 1) < 0:
            starts[i] = first
        else:
            several.append(i)
    if several:
        for i, byte in zip(several, texts[several].str.find(pattern).to_list(), strict=True):
            text = whole[i]
            if text is not None and byte is not None:
                starts[i] = len(text.encode("utf-8")[:byte].decode("utf-8", "ignore"))
    return starts, matches


def _message(rule: ColumnRule, match: str | None) -> str:
    shown = match or ""
    if rule.mask is not None:
        shown = rule.mask(shown) if shown else ""
    if callable(rule.message):
        return rule.message(shown)
    return rule.message.replace("{match}", shorten(shown))


def shorten(text: str, characters: int = 60) -> str:
    """One line of at most so many characters."""
    line = " ".join(text[: characters * 4].split())
    return line if len(line) <= characters else line[: characters - 1] + "…"


def _excerpt(
    rule: ColumnRule, text: str | None, at: int | None, match: str | None
) -> tuple[str | None, tuple[int, int] | None]:
    """The part of a text to show, and where in it the match stands."""
    if text is None:
        return None, None
    if rule.mask is not None:
        # What stands around one secret may hold the next: show nothing but the masked match.
        shown = rule.mask(match) if match else None
        return shown, (0, len(shown)) if shown else None
    start = at or 0
    # A secret that the excerpt's edge would cut is recognised, and hidden, only as a whole.
    near = text[max(0, start - EXCERPT_CHARACTERS - _LONGEST_SECRET) :][
        : 3 * EXCERPT_CHARACTERS + 2 * _LONGEST_SECRET
    ]
    if (hidden := masked(near)) != near:
        return hidden[:EXCERPT_CHARACTERS] if start == 0 else _middle(hidden), None
    if at is None or match is None:
        return text[:EXCERPT_CHARACTERS], None
    return around(text, start, start + len(match))


def _middle(text: str) -> str:
    first = max(0, (len(text) - EXCERPT_CHARACTERS) // 2)
    return text[first : first + EXCERPT_CHARACTERS]


def around(text: str, start: int, end: int) -> tuple[str, tuple[int, int]]:
    """The part of a text around a span, and the span in it; both in characters."""
    room = max(EXCERPT_CHARACTERS - (end - start), 0) // 2
    first = max(0, start - room)
    shown = text[first : first + EXCERPT_CHARACTERS]
    return shown, (start - first, min(end - first, len(shown)))


_SPEAKERS = {"system": "system", "prompt": "user", "completion": "assistant"}


def _fields_of_column(rule: ColumnRule, batch: Batch, rows: Sequence[int]) -> list[str | None]:
    """The field of each of these records that the rule's column was made from."""
    if rule.field is not None:
        return [rule.field] * len(rows)
    return _last_fields(rule.column, batch, rows)


def _last_fields(column: str, batch: Batch, rows: Sequence[int]) -> list[str | None]:
    """The fields that a canonical column was made from: of each record, the last turn of that kind."""
    if column == "rejected":
        return ["rejected"] * len(rows)
    role = _SPEAKERS.get(column)
    if role is None or not rows:
        return [None] * len(rows)
    among = pl.col("row").is_in(pl.Series(sorted(set(rows)), dtype=pl.UInt32).implode())
    turns = batch.segments.lazy().select("row", "slot", "role").filter(among).collect()
    turns = turns.filter(pl.col("role") == role)
    last: dict[int, str] = {}
    for row, slot in zip(turns["row"].to_list(), turns["slot"].to_list(), strict=True):
        name = batch.fields[slot]
        if not name.startswith("rejected"):
            last[row] = name
    return [last.get(row) for row in rows]


def texts_of_columns(
    wanted: Sequence[tuple[str, Any]], data: DataOptions
) -> list[tuple[str | None, str | None]]:
    """For each canonical column of one record, the field that it was made from, and its text there."""
    found: list[tuple[str | None, str | None]] = [(None, None)] * len(wanted)
    alike: dict[tuple[str, Shape], list[tuple[int, Any]]] = {}
    for i, (column, value) in enumerate(wanted):
        shape = shape_of(value, data) if isinstance(value, dict) else None
        if shape is not None:
            alike.setdefault((column, shape), []).append((i, value))
    # Rows of one shape are validated together, as in a file; each by itself takes milliseconds.
    for (column, _), rows in alike.items():
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            values = [value for _, value in some]
            batch = RawBatch("", values, [i for i, _ in some], [b""] * len(some))
            for checked in Validator("", data).check(batch).batches:
                fields = _last_fields(column, checked, range(len(checked)))
                lines, texts = checked.rows["line"].to_list(), checked.rows[column].to_list()
                for i, field, text in zip(lines, fields, texts, strict=True):
                    found[i] = field, text
    return found


def found_in_records(
    hits: Hits,
    batch: Batch,
    path: str,
    options: LintOptions,
    data: DataOptions,
    failed: Callable[[About, str, Exception], None],
    limit: int | None = None,
    unseen: Callable[[Repair | None], None] | None = None,
    answers: Answers | None = None,
) -> Iterator[Found]:
    """Findings of a record rule, called on the records that its `applies` let through.

    `answers` are those about this batch, where it was asked about before.

    A rule that raises on a record has not assessed it: `failed` is told, and the next is looked at.
    Past so many as `limit` says, `unseen` is told the repair of each, and nothing more is made of it.
    """
    made = 0
    rule = hits.rule
    assert isinstance(rule, RecordRule)
    says = rule.check.says if isinstance(rule.check, OnExchange) else None
    answers = answers or Answers(batch, None)
    for row, exchange, said in answers.of(hits):
        try:
            if says and exchange:
                said = says(*exchange)
                if said is None:
                    continue
            if said is not None and unseen is not None and limit is not None and made >= limit:
                unseen(rule.repair)
                continue
            record = batch.records[row]
            shape = shape_in(batch.format, record, data)
            renamed = shape.rename(record)
            if said is None:
                marks = _some(rule.check(renamed, batch.format, options))
            else:
                last = last_exchange(renamed, batch.format)
                assert last is not None  # the columns have it
                marks = [mark_of(last, said)]
        except Exception as error:
            failed(rule.about, f"{path}:{batch.rows['line'][row]}", error)
            continue
        for mark in marks:
            repair = mark.repair or rule.repair
            if unseen is not None and limit is not None and made >= limit:
                unseen(repair)
                continue
            made += 1
            yield Found(
                finding_of(
                    rule,
                    path,
                    int(batch.rows["line"][row]),
                    mark.message,
                    raw=batch.raw[row],
                    repair=repair,
                    field=None if mark.field is None else shape.original(mark.field),
                    excerpt=None if mark.excerpt is None else mark.excerpt[:EXCERPT_CHARACTERS],
                ),
                repair,
            )


def _some(marks: Any) -> list[Mark]:
    kept: list[Mark] = []
    for mark in marks:
        kept.append(mark)
        if len(kept) >= MARKS_A_ROW:
            break
    return kept
