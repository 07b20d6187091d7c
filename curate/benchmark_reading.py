"""How a benchmark is read: what it asks counts, in whichever layout its answers stand.

Benchmarks give options, keys and tests where training sets give answers: as rows to learn from they are
malformed, and as questions that must not be learnt they are whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from curate.errors import UserError
from curate.faults import RawBatch
from curate.reading import read_rows
from curate.rules.protocol import DatasetRule
from curate.schema_faults import listed
from curate.schemas.findings import NotAssessed
from curate.schemas.options.data import DataOptions
from curate.schemas.turns import RecordFormat
from curate.validating import Validator

# Where benchmarks keep what they ask, the likeliest first.
_ASKED = (
    *("question", "prompt", "problem", "query", "instruction", "input", "question_stem", "ctx"),
    *("stem", "sentence", "goal", "premise", "context", "passage", "text", "task", "content"),
)
_FIRST_ROWS = 200
_COMPARES = "contaminated"


def benchmark_options(path: str, data: DataOptions) -> DataOptions:
    """How to read a benchmark: as it is, or by the column that holds its questions.

    Raises:
        UserError: its rows are in no known format, and no column of theirs has a known name.
    """
    if data.format is not None or data.map:
        return data
    first = _first_rows(path)
    values = [value for value in first.values if isinstance(value, dict)]
    if not values or _fits(first, data):
        return data
    texts = Counter(n for value in values for n in _ASKED if isinstance(value.get(n), str))
    column = next((n for n in _ASKED if 2 * texts[n] > len(values)), None)
    if column is None:
        raise UserError(
            f"{path}: no known record format: the rows have the keys {listed(values[0])}; hash what "
            f"it asks, and compare with the hashes: curate fingerprint {path} --map prompt=COLUMN"
        )
    return data.model_copy(update={"format": RecordFormat.PROMPT_ONLY, "map": {"prompt": column}})


def not_compared(path: str, rows: int, rules: Sequence[DatasetRule]) -> Iterator[NotAssessed]:
    """That so many rows of a benchmark cannot be read: whoever asks whether it leaked must know."""
    for rule in rules:
        if rule.about.name == _COMPARES:
            yield NotAssessed(
                code=rule.about.code,
                name=rule.about.name,
                reason=f"{rows:,} row{'' if rows == 1 else 's'} of {path} cannot be read, and nothing "
                "was compared with them; curate lint names them",
            )


def _first_rows(path: str) -> RawBatch:
    """Some rows from the beginning of a file; none where it has none."""
    for batch in read_rows(path):
        some = slice(_FIRST_ROWS)
        return RawBatch(path, batch.values[some], batch.lines[some], batch.raw[some])
    return RawBatch(path)


def _fits(first: RawBatch, data: DataOptions) -> bool:
    """Whether most rows are valid in their format."""
    checked = Validator(first.path, data).check(first)
    return 2 * sum(map(len, checked.batches)) > len(first.values)
