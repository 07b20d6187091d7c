"""Plain texts that are conversations as a chat template renders them: there, its control tokens are meant."""

from __future__ import annotations

import polars as pl

from curate.rules.protocol import ColumnRule, RecordRule

_ABOUT_TOKENS = "leaked-template-token"
_BEGINS = r"<s>|<bos>|<\|begin_of_text\|>|<\|startoftext\|>|\[gMASK\]<sop>|<｜begin▁of▁sentence｜>"
_OPENS = (
    r"<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>|\[INST\]|<｜User｜>"
    r"|<\|(?:system|user|prompter|start|start_of_role|turn)\|>"
)
# A token inside a text that begins otherwise has leaked.
_RENDERED = rf"^\s*(?:{_BEGINS})?\s*(?:{_OPENS})"


def leaked(
    rule: ColumnRule | RecordRule, positions: pl.Series, segments: pl.DataFrame
) -> pl.Series:
    """Of the segments of plain texts where a rule holds, those that it may report."""
    if rule.about.name != _ABOUT_TOKENS or not len(positions):
        return positions
    texts = segments["text"].gather(positions.cast(pl.UInt32))
    return positions.filter(~texts.str.contains(_RENDERED))
