"""How English prose ends: with a mark or without, after one sentence or several."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from curate import textkernel
from curate.arrays import series_of
from curate.textkernel import TextKernel

_MARKUP = r"[\n|{}<>]|```"
_PROSE_BYTES = 60
# Of a sentence that is cut off, a few words will do, if the last is in small letters: no name below a letter.
_UNFINISHED = r"[a-z0-9][.!?][\"”’)]?\s+[A-Z](?:[^.!?\n#*|<>{}\[\]=:_/\\@]{25,}[a-z]|[^.!?\n#*|<>{}\[\]=:_/\\@]{3,} [a-z]+)\s*$"
# What the kernel leaves to the expressions.
_NOT_ASCII = 255


def sentence_end() -> pl.Expr:
    """How a completion ends, as a digit; null for everything but prose (lists, code, headings).

    1 and 2: one sentence, with and without a final mark; 3 and 4: several sentences, with
    and without.
    """
    kernel = textkernel.load()
    completion = pl.col("completion")
    if kernel is None:
        return ends_of(completion)
    return completion.map_batches(partial(_ends, kernel), return_dtype=pl.UInt8)


def _ends(kernel: TextKernel, texts: pl.Series) -> pl.Series:
    ends = kernel.sentence_ends(texts)
    places = np.flatnonzero(ends == _NOT_ASCII)
    if len(places):
        others = (
            texts.gather(series_of(places)).alias("text").to_frame().select(ends_of(pl.col("text")))
        )
        ends[places] = others.to_series().fill_null(0).to_numpy()
    numbers = series_of(ends, texts.name)
    return numbers.set(numbers == 0, None)


def ends_of(text: pl.Expr) -> pl.Expr:
    """The same of any text, for texts of all languages."""
    text = text.str.strip_chars_end()
    length = text.str.len_bytes()
    # An expression is only computed where the texts are not null: the long ones end with the test
    # whether there is any markup, on the few that pass the others.
    long = pl.when(length >= _PROSE_BYTES).then(text)
    tail = long.str.tail(200)
    # A last sentence of some length that ends in a word, or in a mark.
    cut = tail.str.contains(_UNFINISHED)
    marked = tail.str.contains(r"[a-z0-9][.!?][\"”’)]? +[A-Z][^.!?]{25,}[a-z][.!?]$")
    prose = pl.when(cut | marked).then(text)
    plain = ~prose.str.contains(_MARKUP)
    sentence = pl.when(length.is_between(40, 240)).then(text)
    one = sentence.str.contains(r"^[A-Z][^.!?:;]*[a-z][.!?]?$")
    alone = ~pl.when(one).then(text).str.contains(_MARKUP)
    ended = pl.when(one).then(text).str.contains(r"[.!?]$")
    return (
        pl.when(cut & plain)
        .then(pl.lit(4, pl.UInt8))
        .when(marked & plain)
        .then(pl.lit(3, pl.UInt8))
        .when(one & alone & ended)
        .then(pl.lit(1, pl.UInt8))
        .when(one & alone)
        .then(pl.lit(2, pl.UInt8))
    )
