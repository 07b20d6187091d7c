"""TXT056: many outputs end at the same length, or only the longest ones lack their end: a limit cut them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from curate.contract import CHECKED
from curate.dataset import Dataset
from curate.light_dataclass import dataclass
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.texts_again import texts_again
from curate.rules.unfinished_sentence import looks_cut
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions
from curate.texts import I64

_LEAST_ROWS = 50
_LEAST_CUT, _LEAST_SHARE = 10, 0.02
_SHORTEST = 40  # characters; shorter outputs may all have one length
# At one length: so much more often than at those around it, and nearly always without an end.
_AROUND, _TIMES, _OPEN = 10, 4, 0.8
# At a limit in tokens: so many of the longest have no end, and so few of the others.
_LONGEST_OPEN, _OTHERS_OPEN = 0.7, 0.15
_LOOKED_AT, _PROSE = 60, 0.6
_SHOWN = 20
_LONGEST = 100_000  # longer ones count as long as that


@dataclass(frozen=True, slots=True)
class _Limit:
    """Rows (indices of `Dataset.frame`) that a limit seems to have cut, and how that is said."""

    rows: list[int]
    said: str


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    needed = ("file", "has_output", "ends_a_sentence", "completion_length")
    rows = (
        dataset.frame.lazy().select(*needed).with_row_index("index").filter("has_output").collect()
    )
    for (number,), part in rows.group_by("file", maintain_order=True):
        file = int(str(number))
        contract = collector.contract_of(dataset, file)
        if part.height < _LEAST_ROWS or contract is None or contract.kind in CHECKED:
            continue
        limit = _limit(part)
        if limit is None:
            continue
        step = max(1, len(limit.rows) // _LOOKED_AT)
        texts = texts_again(dataset, limit.rows[::step][:_LOOKED_AT], ("completion",))
        prose = sum(looks_cut(text or "") for (text,) in texts.values())
        if prose >= _PROSE * len(texts):
            shown = tuple((row, None) for row in limit.rows[:_SHOWN])
            yield Hit(None, limit.said, related=shown, file=file)


def _limit(part: pl.DataFrame) -> _Limit | None:
    lengths = np.minimum(part["completion_length"].fill_null(0).to_numpy(), _LONGEST).astype(
        np.int64
    )
    cut = ~part["ends_a_sentence"].fill_null(False).to_numpy()
    least = max(_LEAST_CUT, _LEAST_SHARE * len(lengths))
    if np.count_nonzero(cut) < least:
        return None
    # How many outputs of each length there are, and how many of them have no end.
    counts = np.bincount(lengths)
    opened = np.bincount(lengths[cut], minlength=len(counts))
    rows = part["index"].to_numpy()
    length = _one_length(counts, opened, least)
    if length is not None:
        found = rows[(lengths == length) & cut].tolist()
        said = f"{len(found):,} of {len(lengths):,} outputs end after exactly {length:,} characters, without an end mark"
        return _Limit(found, f"{said}: a limit has cut them")
    first = _first_open(counts, opened, least)
    if first is None:
        return None
    found = rows[(lengths >= first) & cut].tolist()
    said = f"{len(found):,} of the {counts[first:].sum():,} longest outputs ({first:,} characters or more) end without an end mark"
    others = opened[:first].sum() / counts[:first].sum()
    return _Limit(found, f"{said}, and {others:.0%} of the others: a limit has cut them")


def _one_length(counts: I64, opened: I64, least: float) -> int | None:
    """The length at which outputs without an end pile up, hardly any being longer."""
    length = int(opened[_SHORTEST:].argmax()) + _SHORTEST if len(opened) > _SHORTEST else 0
    here = int(counts[length])
    if opened[length] < max(least, _OPEN * here):
        return None
    around = int(counts[max(0, length - _AROUND) : length + _AROUND + 1].sum()) - here
    piled = here * 2 * _AROUND >= _TIMES * around
    return length if piled and 2 * int(counts[length + 1 :].sum()) <= here else None


def _first_open(counts: I64, opened: I64, least: float) -> int | None:
    """The length from which on outputs mostly have no end, though nearly all shorter ones have one."""
    longer, longer_open = (np.cumsum(c[::-1])[::-1] for c in (counts, opened))
    shorter, shorter_open = longer[0] - longer, longer_open[0] - longer_open
    fits = (longer >= least) & (longer_open >= _LONGEST_OPEN * longer)
    fits &= (shorter > 0) & (shorter_open <= _OTHERS_OPEN * shorter) & (opened > 0)
    places = np.flatnonzero(fits[_SHORTEST:])
    return int(places[0]) + _SHORTEST if len(places) else None


RULE = DatasetRule(
    about=About(
        code="TXT056",
        name="cut-at-one-length",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="many outputs end at one length, or only the longest ones, in the middle of a sentence",
        reason="A limit on characters or tokens has cut them when they were generated or stored; the model learns to "
        "stop there, in the middle of a word.",
        example="211 of 300 outputs have exactly 200 characters and no full stop at the end",
        remedy="Generate the outputs again with a higher limit, or drop those that are cut.",
        assumes="scripts with marks at the ends of sentences",
    ),
    features=("has_output", "ends_a_sentence", "completion_length"),
    check=_check,
    collectors=(OutputContracts,),
)
