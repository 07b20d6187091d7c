"""CSV, TSV and parquet: tables whose rows become records."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator
from typing import IO, Any

import orjson

from curate.errors import UserError
from curate.faults import BATCH_ROWS, BOM, Fault, RawBatch
from curate.schemas.preference_records import split_transcript
from curate.sources import open_binary, suffixes


def read_delimited(path: str, stream: IO[bytes], delimiter: str) -> Iterator[RawBatch]:
    """Rows of a CSV file; the physical lines that a row spans are its original bytes."""
    csv.field_size_limit(1 << 30)
    batch = RawBatch(path)
    consumed: list[bytes] = []
    bad_lines: list[tuple[int, int]] = []

    def decoded() -> Iterator[str]:
        for number, raw in enumerate(stream, 1):
            if number == 1 and raw.startswith(BOM):
                raw = raw.removeprefix(BOM)
                batch.faults.append(
                    Fault("byte-order-mark", 1, "the file starts with a byte-order mark")
                )
            consumed.append(raw)
            if b"\0" in raw:
                batch.faults.append(Fault("nul-byte", number, "NUL byte in this line", raw=raw))
                raw = raw.replace(b"\0", b"")
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError as error:
                bad_lines.append((number, error.start + 1))
                yield raw.decode("utf-8", errors="replace")

    reader = csv.reader(decoded(), delimiter=delimiter, strict=True)
    try:
        header = next(reader, None)
    except csv.Error as error:
        raise UserError(f"{path}:1: not a valid header: {error}") from None
    if header is None:
        return
    if bad_lines:
        raise UserError(f"{path}:1: the header is not valid UTF-8; convert the file first")
    if len(set(header)) != len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise UserError(f"{path}:1: the column {twice!r} stands twice in the header")
    while True:
        consumed.clear()
        bad_lines.clear()
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            batch.rows_met += 1
            batch.faults.append(Fault("invalid-csv", line, f"not valid CSV: {error}"))
            continue
        if cells is None:
            break
        if not cells:
            batch.faults.append(Fault("blank-line", line, "blank line"))
            continue
        batch.rows_met += 1
        if bad_lines:
            number, column = bad_lines[0]
            batch.faults.append(
                Fault(
                    "invalid-utf8",
                    number,
                    f"the byte at column {column} is not valid UTF-8",
                    column=column,
                )
            )
        elif len(cells) != len(header):
            batch.faults.append(
                Fault("invalid-csv", line, f"{len(cells)} cells where the header has {len(header)}")
            )
        else:
            cells_of = zip(header, cells, strict=True)
            batch.values.append({k: csv_value(k, v, header) for k, v in cells_of})
            batch.lines.append(line)
            batch.raw.append(b"".join(consumed).rstrip(b"\r\n"))
        if batch.rows_met >= BATCH_ROWS:
            yield batch
            batch = RawBatch(path)
    if batch.rows_met or batch.faults:
        yield batch


_OBJECT_COLUMNS = ("messages", "conversations", "conversation", "tools", "functions")
_SIDE_COLUMNS = (
    *("prompt", "completion", "chosen", "rejected"),
    *("preferred_output", "non_preferred_output"),
)
_BOOLEANS = {"true": True, "false": False}
_DIGITS = {"1": True, "0": False}
_BOOLEAN_COLUMNS = ("label", "kto_tag", "parallel_tool_calls")
# No strings, or nothing where they are empty: that is null.
_OPTIONAL = ("margin", "tools", "functions", "history", "parallel_tool_calls")
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?(e[+-]?\d{1,2})?", re.I)


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, dict) for v in value)


_SAID = ("content", "tool_calls", "function_call")


def _is_turns(value: Any) -> bool:
    """Whether a side is one message or several: objects of other kinds are what a text is made of."""
    first = value[0] if _is_objects(value) and value else value
    if not isinstance(first, dict):
        return False
    spoken = "role" in first and not first.keys().isdisjoint(_SAID)
    return spoken or first.keys() >= {"from", "value"}


# Columns that hold JSON, and what tells it from a text that happens to be JSON: a prompt may itself
# be a piece of JSON text.
_STRUCTURES: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_OBJECT_COLUMNS, _is_objects),
    **dict.fromkeys(_SIDE_COLUMNS, _is_turns),
    "history": lambda value: isinstance(value, list) and all(isinstance(v, list) for v in value),
    "input": lambda value: isinstance(value, dict) and _is_objects(value.get("messages")),
    "completions": lambda value: isinstance(value, list) and set(map(type, value)) == {str},
    "labels": lambda value: isinstance(value, list) and set(map(type, value)) == {bool},
}


def csv_value(column: str, text: str, columns: Collection[str]) -> Any:
    """What a CSV cell means: turns are written as JSON, labels as true or false, margins as numbers.

    A label that is a digit may be a class; where the `columns` are those of judged answers, it is not.
    """
    if column in _STRUCTURES and text[:1] in ("[", "{"):
        return _structured(column, text)
    if not text and column in _OPTIONAL:
        return None
    if column in _BOOLEAN_COLUMNS:
        said = text.strip().lower()
        if said in _BOOLEANS:
            return _BOOLEANS[said]
        if said in _DIGITS and (column != "label" or "prompt" in columns):
            return _DIGITS[said]
    if column == "margin" and _NUMBER.fullmatch(text):
        return float(text)
    if text[:4] == "\r\n\r\n" and split_transcript(unix := text.replace("\r\n", "\n")) is not None:
        return unix  # the line endings of the file, not of hh-rlhf
    return text


def _structured(column: str, text: str) -> Any:
    """What a text in such a column means: what it is JSON of, if that fits the column."""
    if text[:1] not in ("[", "{") or text[-1:] not in ("]", "}"):
        return text
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value if _STRUCTURES[column](value) else text


def check_parquet(path: str, head: bytes) -> None:
    """Raises UserError for a file that does not begin as a parquet file does."""
    if not head.startswith(b"PAR1"):
        raise UserError(f"{path}: not a parquet file (its first bytes are not PAR1)")


def read_parquet(path: str) -> Iterator[RawBatch]:
    import polars

    with open_binary(path) as stream:  # also checks the name, the permission and the first bytes
        if path != "-":
            check_parquet(path, stream.read(4))
        stream.seek(0)
        # Only a file as it lies there may be read by parts; a damaged stream must fail here, not in polars.
        source = stream if suffixes(path)[1] == "" and path != "-" else io.BytesIO(stream.read())
        try:
            frames = polars.scan_parquet(source).collect_batches(chunk_size=BATCH_ROWS)
            record = 0
            for frame in frames:
                values = [_without_missing(row) for row in frame.iter_rows(named=True)]
                # Turns whose contents differ in kind are kept as JSON: a column has one type.
                for name in frame.columns:
                    if name in _STRUCTURES and frame[name].dtype == polars.String:
                        for value in values:
                            if name in value:
                                value[name] = _structured(name, value[name])
                numbers = list(range(record + 1, record + 1 + len(values)))
                record += len(values)
                yield RawBatch(
                    path,
                    values=values,
                    lines=numbers,
                    raw=[orjson.dumps(v, default=str) for v in values],
                    rows_met=len(values),
                )
        except (polars.exceptions.PolarsError, OSError, EOFError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UserError(f"{path}: cannot be read as parquet ({reason})") from None


def _without_missing(value: Any) -> Any:
    """Parquet gives every struct all keys of its column; a key that is null was not there."""
    if isinstance(value, dict):
        return {k: _without_missing(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_missing(v) for v in value]
    if type(value) is int and not -(1 << 63) <= value < 1 << 64:
        return str(value)  # JSON as it is read here knows 64 bits
    return value
