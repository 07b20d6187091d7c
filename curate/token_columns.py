"""The columns that counting tokens adds to `Batch.rows`; null where a record was not rendered."""

from __future__ import annotations

from typing import Any

import polars as pl

TOKEN_SCHEMA: dict[str, Any] = {
    "tokens": pl.UInt32,  # of the longest rendering
    "learnt_tokens": pl.UInt32,  # of all renderings
    "learnt_kept": pl.UInt32,  # those left when every rendering ends at the limit
    "unknown_tokens": pl.UInt32,
    "ends": pl.Boolean,  # the learnt turns end with a token that can end a turn
    "template_error": pl.String,  # why the record was not rendered
    "dropped_field": pl.String,  # the first field whose text the rendering does not hold
    "control_text": pl.String,  # "field\x1ftoken" of the first special token inside a text
}

# How `template_error` starts for records that hold images or sounds: not counted, not wrong.
MEDIA = "content parts of type"


def with_missing(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose tokens were not counted, with these columns all null."""
    missing = [n for n in TOKEN_SCHEMA if n not in rows.columns]
    return rows.with_columns(pl.lit(None, TOKEN_SCHEMA[n]).alias(n) for n in missing)
