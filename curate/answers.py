"""Record rules that look at the last exchange of a row, asked from the columns instead of the record.

Of a row with one question and one answer, the columns `prompt` and `completion` (`curate.columns`) are
the last exchange (`curate.rules.exchanges`); a record, which takes longer to make than many a rule to
ask, is then needed only of the rows that a rule reports.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.columns import Batch
from curate.schemas.turns import RecordFormat

_FORMATS = (
    RecordFormat.CHAT,
    RecordFormat.SHAREGPT,
    RecordFormat.INSTRUCTION,
    RecordFormat.PROMPT_COMPLETION,
    RecordFormat.QUESTION_ANSWER,
)
# The roles of a single question and its answer, under a system prompt or not.
_SINGLE = ("ua", "sua")


def exchanges_at(
    batch: Batch, positions: pl.Series
) -> Iterator[tuple[int, tuple[str, str] | None]]:
    """Each of these rows, with the prompt and the completion of its last exchange.

    None in their place where only the record knows them: several turns, parts, tools, broken characters,
    an empty field beside the one that is asked (a record leaves it out, a column keeps the blank line).
    """
    rows = positions.to_list()
    if batch.format not in _FORMATS:
        for row in rows:
            yield row, None
        return
    texts = pl.col("prompt"), pl.col("completion")
    known = (
        pl.col("roles").is_in(_SINGLE)
        & ~pl.col("special")
        & ~pl.any_horizontal(text.str.contains("\ufffd", literal=True) for text in texts)
        & ~pl.col("prompt").str.starts_with("\n\n")
        & ~pl.col("prompt").str.ends_with("\n\n")
    )
    frame = batch.rows.select("prompt", "completion", "roles", "special")[positions].select(
        *texts, known=known.fill_null(False)
    )
    prompts, completions, knowns = (column.to_list() for column in frame)
    for row, prompt, completion, is_known in zip(rows, prompts, completions, knowns, strict=True):
        yield row, (prompt, completion) if is_known else None
