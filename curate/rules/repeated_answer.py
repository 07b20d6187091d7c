"""SIZ008: one answer to many different prompts, where answers are no labels."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.contract import CHECKED
from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.texts_again import texts_again
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 40
_SHORTEST = 20  # characters; shorter ones are labels, numbers, yes and no
# Of all rows: whatever the others do; or less, where the others hardly repeat each other.
_MUCH, _SOME, _LEAST = 0.3, 0.03, 10
_FEW, _OTHERS_REPEAT = 3, 0.1
_SHOWN, _CHARACTERS = 20, 60


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    needed = ("file", "has_output", "prompt_key", "completion_key", "completion_length", "roles")
    rows = dataset.frame.lazy().select(*needed).with_row_index("index").filter("has_output")
    prompted = rows.filter(~pl.col("roles").str.ends_with("c")).collect()
    for (number,), part in prompted.group_by("file", maintain_order=True):
        file = int(str(number))
        contract = collector.contract_of(dataset, file)
        if part.height < _LEAST_ROWS or contract is None or contract.kind in CHECKED:
            continue
        for answer in _repeated(part):
            index = answer["index"].to_list()
            ((text,),) = texts_again(dataset, index[:1], ("completion",)).values()
            shown = " ".join((text or "").split())
            shown = shown if len(shown) <= _CHARACTERS else shown[: _CHARACTERS - 1] + "…"
            said = f"{answer.height:,} of {part.height:,} rows have the answer {shown!r}, to {answer['prompt_key'].n_unique():,} different prompts"
            yield Hit(None, said, related=tuple((row, None) for row in index[:_SHOWN]), file=file)


def _repeated(part: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows of each answer that is given again and again."""
    least = max(_LEAST, _SOME * part.height)
    long = part.filter(pl.col("completion_length") >= _SHORTEST)
    met = long["completion_key"].value_counts(name="n")["n"].max()
    if not isinstance(met, int) or met < least:
        return
    # A repeated row is a duplicate, and no answer to another prompt.
    pairs = long.unique(["prompt_key", "completion_key"], maintain_order=True)
    counts = pairs["completion_key"].value_counts(sort=True, name="n").filter(pl.col("n") > 1)
    often = counts.filter(pl.col("n") >= least)
    others = int(counts["n"].sum()) - int(often["n"].sum())
    rest = pairs.height - int(often["n"].sum())
    # Where many answers are stock replies, choosing among them is the task; and talks end alike.
    talks = int(part["roles"].str.contains("u.*u").sum())
    alone = often.height <= _FEW and others <= _OTHERS_REPEAT * rest and 2 * talks < part.height
    for key, count in often.iter_rows():
        if count >= _MUCH * part.height or alone:
            yield long.filter(pl.col("completion_key") == key)


RULE = DatasetRule(
    about=About(
        code="SIZ008",
        name="repeated-answer",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="one answer is given to many different prompts",
        reason="The model learns to say it whatever it is asked: a stock reply, a refusal, or a placeholder has taken "
        "the place of answers.",
        example='210 of 300 questions are answered "Please see our website for more information."',
        remedy="Answer the prompts, or keep a few of these rows.",
    ),
    features=("has_output", "prompt_key", "completion_key", "completion_length", "roles"),
    check=_check,
    collectors=(OutputContracts,),
)
