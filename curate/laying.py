"""Texts laid into the columns of a batch: what plain records have in common, however they were read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.arrays import series_of
from curate.schemas.turns import RecordFormat


def row_frame(rows: pl.DataFrame, line: pl.Series, layout: pl.Series) -> pl.DataFrame:
    """The `rows` of a batch of plain records, from their texts and roles."""
    return rows.select(
        series_of(np.arange(len(line), dtype=np.uint32), "row"),
        line.alias("line"),
        "system",
        "prompt",
        "completion",
        pl.lit(None, pl.String).alias("rejected"),
        pl.lit(None, pl.Boolean).alias("label"),
        "roles",
        pl.lit(False).alias("special"),
        layout.alias("layout"),
    )


def segments_of(row: Any, slot: Any, role: pl.Series, text: pl.Series) -> pl.DataFrame:
    """The `segments` of a batch of plain records."""
    return pl.DataFrame(
        [
            series_of(row.astype(np.uint32), "row"),
            series_of(slot.astype(np.uint32), "slot"),
            role,
            text,
            (role == "assistant").alias("learnt"),
            pl.repeat(False, len(text), dtype=pl.Boolean, eager=True).alias("void"),
        ]
    )


def flat_rows(format_: RecordFormat, texts: pl.DataFrame) -> pl.DataFrame:
    """system, prompt, completion and roles of flat records, as the models' examples have them."""

    def column(name: str) -> pl.Expr:
        return pl.col(name) if name in texts.columns else pl.lit(None, pl.String)

    def after(first: str, second: str) -> pl.Expr:
        # The optional text and the required one, a blank line between; an empty one is left out.
        optional = column(first) if format_ is RecordFormat.QUESTION_ANSWER else column(second)
        joined = pl.concat_str(column(first), column(second), separator="\n\n")
        required = column(second) if format_ is RecordFormat.QUESTION_ANSWER else column(first)
        return pl.when(optional.fill_null("") == "").then(required).otherwise(joined)

    system = pl.when(column("system") != "").then(column("system"))
    if format_ is RecordFormat.TEXT:
        prompt, completion = pl.lit(None, pl.String), column("text")
    elif format_ is RecordFormat.INSTRUCTION:
        prompt, completion = after("instruction", "input"), column("output")
    elif format_ is RecordFormat.QUESTION_ANSWER:
        prompt, completion = after("context", "question"), column("answer")
    else:
        prompt, completion = column("prompt"), column("completion")
    roles = (
        pl.lit("")
        if format_ is RecordFormat.TEXT
        else pl.when(system.is_null()).then(pl.lit("ua")).otherwise(pl.lit("sua"))
    )
    return texts.select(system=system, prompt=prompt, completion=completion, roles=roles)


def conversation_rows(text: pl.Series, letters: str, sizes: NDArray[np.int64]) -> pl.DataFrame:
    """system, prompt, completion and roles of conversations, taken from the texts of their turns.

    Args:
        text: the turns of all conversations, one after the other.
        letters: who speaks each of them.
        sizes: how many each conversation has; none is empty.

    Most columns are views into `text`; only where several turns make one prompt are they joined.
    """
    count, size = len(sizes), int(sizes[0])
    places = {
        name: np.full(count, -1, dtype=np.int64) for name in ("system", "prompt", "completion")
    }
    pieces, held = [text], len(text)
    groups: list[tuple[str, Any, Any]]
    if letters == letters[:size] * count and (sizes == size).all():
        roles = pl.repeat(letters[:size], count, dtype=pl.String, eager=True)
        groups = [(letters[:size], np.arange(count), np.arange(count) * size)]
    else:
        ends = np.cumsum(sizes)
        starts = ends - sizes
        patterns = [letters[s:e] for s, e in zip(starts.tolist(), ends.tolist(), strict=True)]
        roles = pl.Series(patterns, dtype=pl.String)
        rows_of: dict[str, list[int]] = {}
        for row, pattern in enumerate(patterns):
            rows_of.setdefault(pattern, []).append(row)
        groups = [(p, np.asarray(rows), starts[rows]) for p, rows in rows_of.items()]
    for pattern, rows, first in groups:
        for name, turns in _plan(pattern).items():
            if len(turns) == 1:
                places[name][rows] = first + turns[0]
            elif turns:
                places[name][rows] = held + np.arange(len(rows))
                pieces.append(_joined([text.gather(series_of(first + turn)) for turn in turns]))
                held += len(rows)
    if len(pieces) > 1:
        text = pl.concat(pieces, rechunk=True)
    columns = [gathered(text, at).alias(name) for name, at in places.items()]
    # No turn before the answer: an empty prompt, not a missing one.
    return pl.DataFrame([*columns, roles.alias("roles")]).with_columns(
        pl.col("prompt").fill_null("")
    )


def _joined(turns: Sequence[pl.Series]) -> pl.Series:
    """The texts of several turns of each conversation, a blank line between them."""
    frame = pl.DataFrame([turn.alias(str(i)) for i, turn in enumerate(turns)])
    return frame.select(text=pl.concat_str(pl.all(), separator="\n\n"))["text"]


def gathered(text: pl.Series, places: Any) -> pl.Series:
    """The texts at these places; null where the place is -1."""
    missing = places < 0
    if not missing.any():
        return text.gather(series_of(places))
    if missing.all():
        return pl.repeat(None, len(places), dtype=pl.String, eager=True)
    index = series_of(places)
    return text.gather(index.set(series_of(missing), None))


def _plan(pattern: str) -> dict[str, list[int]]:
    """For the letters of a conversation, which turns make its system text, prompt and completion."""
    last = pattern.rfind("a")
    before = range(last if last >= 0 else len(pattern))
    return {
        "system": [i for i, letter in enumerate(pattern) if letter == "s"],
        "prompt": [i for i in before if pattern[i] != "s"],
        "completion": [last] if last >= 0 else [],
    }
