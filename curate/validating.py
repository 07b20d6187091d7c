"""Parsed rows to schema-checked columns; every malformed row becomes faults, never an exception.

The format of a file is detected from its first batch (or named), rows of another known format are
reported as mixed and still read in their own, and columns named differently (`response`, `query`)
are understood where the name leaves no doubt, or mapped with `--map FIELD=COLUMN`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import Any

from pydantic import ValidationError

from curate.columns import Batch, ColumnBuilder
from curate.duplicate_keys import duplicate_key_faults
from curate.errors import UserError
from curate.faults import Fault, RawBatch
from curate.light_dataclass import dataclass
from curate.line_block import LineBlock
from curate.plain import PlainReader
from curate.plain_lines import PlainLines
from curate.reading import read_pieces
from curate.record_forms import Shape, as_written
from curate.record_shapes import JUDGEMENTS, numbers_answers, shape_of, shape_of_keys
from curate.schema_faults import faults_of, kind_shown, listed, shortened
from curate.schemas.options.data import DataOptions
from curate.schemas.records import Record, model_of
from curate.schemas.turns import Example, RecordFormat
from curate.sources import expand, kind_of
from curate.speaker_names import SpeakerNames, some_of
from curate.threads import ahead

# Harmless once read; `curate lint` names them.
HARMLESS_FAULTS = frozenset(
    {
        "byte-order-mark",
        "carriage-returns",
        "blank-line",
        "mixed-formats",
        "sharegpt-role-names",
        "mixed-speaker-names",
    }
)
_DETECTION_ROWS = 200
_LEARNT_FROM = 256  # lines
_WITH_PROMPT = frozenset(
    {
        RecordFormat.PROMPT_COMPLETION,
        RecordFormat.PREFERENCE,
        RecordFormat.UNPAIRED_PREFERENCE,
        RecordFormat.STEPWISE,
    }
)
_REMEMBERED_SHAPES = 10_000


@dataclass(slots=True)
class Checked:
    """What one raw batch became: columns by format, and the faults of the rows that did not fit."""

    batches: list[Batch] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rows_met: int = 0

    def add(self, other: Checked) -> None:
        """Put what another became behind this."""
        self.batches += other.batches
        self.faults += other.faults
        self.rows_met += other.rows_met


class Validator:
    """Checks the rows of one file; remembers the file's shape from its first batch on."""

    def __init__(self, path: str, data: DataOptions, *, unread: bool = False) -> None:
        """Where the texts of the rows are `unread`, those that come in lines need not have any."""
        self.path = path
        self._unread = unread
        self.shape: Shape | None = None
        self._data = data
        self._reader: PlainReader | None = None
        self._shapes: dict[tuple[str, ...], Shape | None] = {}
        self._classes: frozenset[str] = frozenset()  # columns that could judge answers and do not
        self._lines: PlainLines | None = None
        self._speakers = SpeakerNames()
        self._told = False  # that no row has a known format

    def check_lines(self, *blocks: LineBlock) -> Checked:
        """As `check`, for lines that are not parsed; those that are plain never need be."""
        checked = Checked()
        waiting = list(blocks)
        if self._lines is None and waiting:
            # The first rows tell what the others are like: as many as the format is told by.
            first, *waiting = waiting
            head, rest = first.split(_LEARNT_FROM)
            raw = head.parsed()
            if len(rest) and len(raw.values) >= _DETECTION_ROWS:
                waiting.insert(0, rest)
            else:
                raw = first.parsed()
            checked.add(self.check(raw))
            self._learn(raw)
        if self._lines is None:
            for block in waiting:
                checked.add(self.check(block.parsed()))
            return checked
        if not waiting:
            return checked
        if self.shape is not None and self.shape.format is RecordFormat.SHAREGPT:
            for block in waiting:
                some = block.some_parsed(some_of(len(block)))
                checked.faults += self._speakers.look(some.values, some.lines)
        batch, left = self._lines.read(waiting)
        if batch is not None:
            checked.add(Checked([batch], rows_met=len(batch)))
        for block, lines in zip(waiting, left, strict=True):
            checked.faults += block.faults
            if len(lines):
                raw = block.some_parsed(lines)
                checked.add(self.check(raw))
                self._learn(raw)
        return checked

    def _learn(self, raw: RawBatch) -> None:
        if self.shape is not None and raw.values:
            if self._lines is None:
                self._lines = PlainLines(
                    self._plain_reader(), self._is_of_file, unread=self._unread
                )
            self._lines.learn(raw.values)

    def _plain_reader(self) -> PlainReader:
        assert self.shape is not None
        if self._reader is None:
            self._reader = PlainReader(self.path, self.shape.format, self.shape.columns)
        return self._reader

    def _is_of_file(self, keys: tuple[str, ...]) -> bool:
        return self._shape_of_keys(keys) == self.shape

    def check(self, raw: RawBatch) -> Checked:
        """Columns for the rows that fit, faults for the others."""
        checked = Checked(faults=list(raw.faults), rows_met=raw.rows_met)
        checked.faults += duplicate_key_faults(raw.values, raw.lines, raw.raw)
        if self.shape is None and raw.values:
            self.shape = self._detect(raw.values, checked)
            if self.shape is not None and self.shape.called:
                checked.faults.append(_called_otherwise(raw, self.path))
        if self.shape is None:
            return checked
        if self.shape.format is RecordFormat.SHAREGPT:
            some = some_of(len(raw.values)).tolist()
            values, lines = ([column[i] for i in some] for column in (raw.values, raw.lines))
            checked.faults += self._speakers.look(values, lines)
        rest = list(range(len(raw.values)))
        plain = self._plain_rows(raw)
        if plain is not None:
            batch, rest = plain
            checked.batches.append(batch)
        builders: dict[RecordFormat, ColumnBuilder] = {}
        for i in rest:
            self._check_row(raw.values[i], raw.lines[i], raw.raw[i], builders, checked)
        checked.batches += [b.build() for b in builders.values() if len(b)]
        return checked

    def _plain_rows(self, raw: RawBatch) -> tuple[Batch, list[int]] | None:
        """The plain rows as one batch, and the indices of the others; None when none is plain."""
        reader, values = self._plain_reader(), raw.values
        if set(map(type, values)) == {dict} and self._all_of_this_shape(values):
            batch = reader.batch(values, raw.lines, raw.raw)
            if batch is not None:
                return batch, []
        if not reader.usable:
            return None
        plain: list[int] = []
        rest: list[int] = []
        for i, value in enumerate(values):
            fits = type(value) is dict and self._shape_of(value) == self.shape
            (plain if fits and reader.is_plain(value) else rest).append(i)
        batch = reader.batch(
            [values[i] for i in plain], [raw.lines[i] for i in plain], [raw.raw[i] for i in plain]
        )
        return None if batch is None else (batch, rest)

    def _all_of_this_shape(self, records: list[dict[str, Any]]) -> bool:
        return all(map(self._is_of_file, set(map(tuple, records))))

    def _shape_of(self, record: dict[str, Any]) -> Shape | None:
        shape = self._shape_of_keys(tuple(record))
        format_, of_file = shape and shape.format, self.shape and self.shape.format
        if format_ is RecordFormat.UNPAIRED_PREFERENCE is not of_file:
            shape = self._in_file(shape_of_keys(record, self._data))  # its label decides
        named = self._data.format is not None
        return None if shape is None else as_written(shape, record, named=named)

    def _shape_of_keys(self, keys: tuple[str, ...]) -> Shape | None:
        """The shape of a record with these keys, in this file; it is remembered."""
        if keys not in self._shapes:
            if len(self._shapes) >= _REMEMBERED_SHAPES:
                self._shapes.clear()
            # Whether a label judges an answer is told by the first rows, if they have it.
            labels = {k: "class" if k in self._classes else True for k in JUDGEMENTS if k in keys}
            shape = shape_of_keys(dict.fromkeys(keys) | labels, self._data)
            text = self.shape is not None and self.shape.format is RecordFormat.TEXT
            # In a file of plain text, what looks like a label is a number or a note.
            labelled = shape is not None and ("prompt", "text") in shape.columns
            self._shapes[keys] = self.shape if text and labelled else self._in_file(shape)
        return self._shapes[keys]

    def _in_file(self, shape: Shape | None) -> Shape | None:
        return shape if shape is None or self.shape is None else _within(shape, self.shape)

    def _detect(self, values: list[Any], checked: Checked) -> Shape | None:
        objects = [v for v in values[:_DETECTION_ROWS] if isinstance(v, dict)]
        if self._data.format is None and numbers_answers(objects):
            objects = [{**value, "label": "class"} for value in objects]
        shapes = Counter(s for v in objects if (s := shape_of(v, self._data)) is not None)
        # Prompts alone are a format only where no row answers one: elsewhere the answer is missing.
        alone = not any(s.format in _WITH_PROMPT for s in shapes)
        for shape, _ in shapes.most_common():
            if shape.format is not RecordFormat.PROMPT_ONLY or alone:
                if shape.format is not RecordFormat.UNPAIRED_PREFERENCE:
                    self._classes = _classes_in(objects)
                return shape
        if objects and not self._told:
            self._told = True
            checked.faults.append(
                Fault(
                    "unknown-format",
                    None,
                    f"no known record format: the rows have the keys {listed(objects[0])}; expected "
                    "messages, conversations, instruction and output, prompt and completion, question "
                    "and answer, chosen and rejected, text, or prompt alone; name the columns with --map FIELD=COLUMN",
                )
            )
        return None if objects else Shape(self._data.format or RecordFormat.CHAT)

    def _check_row(
        self,
        value: Any,
        line: int,
        raw: bytes,
        builders: dict[RecordFormat, ColumnBuilder],
        checked: Checked,
    ) -> None:
        shape = self.shape
        assert shape is not None
        if not isinstance(value, dict):
            checked.faults.append(
                Fault(
                    "not-an-object",
                    line,
                    f"the row is {kind_shown(value)}; expected an object with named fields",
                )
            )
            return
        own = self._shape_of(value)
        if own is not None and own.called and not shape.called:
            own = replace(own, called=())  # the file calls them user and assistant
        if own is not None and own.format is not shape.format:
            checked.faults.append(
                Fault(
                    "mixed-formats",
                    line,
                    f"this row is in {own.format} format, the file in {shape.format}",
                    excerpt=shortened(raw),
                )
            )
            shape = own
        elif own is not None:
            shape = own
        model = self._model(shape, value, line, raw, checked)
        if model is not None:
            builder = builders.setdefault(shape.format, ColumnBuilder(self.path, shape.format))
            builder.add(value, model, line, raw, shape.original)

    def _model(
        self, shape: Shape, value: dict[str, Any], line: int, raw: bytes, checked: Checked
    ) -> Record | None:
        try:
            renamed = shape.rename(value)
            return model_of(shape.format, renamed).model_validate(renamed)
        except ValidationError as error:
            checked.faults += faults_of(error, shape, line, raw)
        except RecursionError:
            checked.faults.append(
                Fault("schema-violation", line, "the record is nested too deeply")
            )
        return None


def _called_otherwise(raw: RawBatch, path: str) -> Fault:
    """That a file has ShareGPT's names for roles throughout; told once, of tables without a repair."""
    table = kind_of(path) in ("csv", "tsv", "parquet")
    return Fault(
        "sharegpt-role-names",
        None,
        "the roles have ShareGPT's names, such as human and gpt; here they are read as user and "
        "assistant, but chat templates do not know them",
        raw=raw.raw[0] if table else None,
    )


def _classes_in(records: list[dict[str, Any]]) -> frozenset[str]:
    """The columns that could judge answers and never say true or false in these records."""
    labels = ((name, record[name]) for record in records for name in JUDGEMENTS if name in record)
    met: dict[str, bool] = {}
    for name, value in labels:
        met[name] = met.get(name, False) or isinstance(value, bool)
    return frozenset(name for name, judges in met.items() if not judges)


def _within(shape: Shape, file: Shape) -> Shape | None:
    """What the keys of a row say, in a file of this shape."""
    if shape.format is RecordFormat.PROMPT_ONLY and file.format is not shape.format:
        return None  # the answer is missing
    conversations = (RecordFormat.CHAT, RecordFormat.SHAREGPT)
    if shape.format in conversations and shape.format is not file.format:
        # The keys do not tell how turns are written; those of the file are likelier.
        other = shape.in_other_style()
        return other if other == file else shape
    return shape


def read_checked(
    path: str,
    data: DataOptions,
    *,
    lines_at_once: int = 1,
    bytes_at_once: int = 1,
    unread: bool = False,
) -> Iterator[Checked]:
    """Read and validate one file, batch by batch. Raises UserError when it cannot be read.

    Lines of JSON come in batches of at least so many, or of so many bytes, but for the last. Where nobody
    reads the texts of the rows (`unread`), some are left out.
    """
    validator = Validator(path, data, unread=unread)
    for piece in ahead(_together(read_pieces(path), lines_at_once, bytes_at_once)):
        checked = (
            validator.check(piece) if isinstance(piece, RawBatch) else validator.check_lines(*piece)
        )
        if checked.rows_met or checked.faults:
            yield checked


def _together(
    pieces: Iterator[RawBatch | LineBlock], lines_at_once: int, bytes_at_once: int
) -> Iterator[RawBatch | list[LineBlock]]:
    waiting: list[LineBlock] = []
    for piece in pieces:
        if isinstance(piece, RawBatch):
            if waiting:
                yield waiting
                waiting = []
            yield piece
            continue
        waiting.append(piece)
        lines, size = sum(map(len, waiting)), sum(len(block.text) for block in waiting)
        if lines >= lines_at_once or size >= bytes_at_once:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def to_example(batch: Batch, index: int, data: DataOptions) -> Example:
    """The canonical example of one validated record."""
    record = batch.records[index]
    renamed = shape_in(batch.format, record, data).rename(record)
    model = model_of(batch.format, renamed).model_validate(renamed)
    line = int(batch.rows["line"][index])
    return model.example().model_copy(update={"path": batch.path, "line": line})


def shape_in(format_: RecordFormat, record: dict[str, Any], data: DataOptions) -> Shape:
    """The shape of a record that was validated, in this format, under these options."""
    shape = shape_of(record, data)
    if shape is None or shape.format is not format_:
        # What the file is decides, where a record by itself would be another thing.
        shape = shape_of(record, data.model_copy(update={"format": format_}))
    assert shape is not None
    return shape


def load_examples(paths: Sequence[str | os.PathLike[str]], data: DataOptions) -> list[Example]:
    """Every record of the files as an `Example`, in order.

    Raises UserError naming file and line at the first row that is not a valid record: training
    must not go on with rows silently left out.
    """
    examples: list[Example] = []
    for path in expand(paths):
        for checked in read_checked(path, data):
            for fault in checked.faults:
                if fault.rule in HARMLESS_FAULTS:
                    continue
                place = f"{path}:{fault.line}" if fault.line else path
                raise UserError(
                    f"{place}: {fault.message}. Run `curate lint {path}` for all such rows."
                )
            placed = [(b, i) for b in checked.batches for i in range(len(b))]
            placed.sort(key=lambda at: int(at[0].rows["line"][at[1]]))
            examples += [to_example(b, i, data) for b, i in placed]
    return examples
