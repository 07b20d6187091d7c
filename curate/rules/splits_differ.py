"""FMT018: a validation or test set that is written otherwise than what is trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from curate.dataset import Dataset
from curate.layouts import entries_of
from curate.rules.key_statistics import DEFINING, NEARLY_ALL
from curate.rules.output_contracts import OutputContracts
from curate.rules.output_forms import difference
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.splits import roles_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_ROWS = 5


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    roles = roles_of(dataset)
    if "train" not in roles or set(roles) == {"train"}:
        return
    train = _rows(dataset, [f for f, role in enumerate(roles) if role == "train"])
    if train.height < _FEWEST_ROWS:
        return
    fields, system = _fields(train), _usual(train)
    for file, role in enumerate(roles):
        rows = _rows(dataset, [file])
        if role not in ("val", "test") or rows.height < _FEWEST_ROWS:
            continue
        others = _fields(rows)
        if fields and others and fields != others:
            yield Hit(
                None,
                f"the rows have the fields {_listed(others)}; what is trained on has {_listed(fields)}",
                file=file,
            )
        elif (found := _of_outputs(dataset, file, roles)) is not None:
            yield Hit(None, found, file=file)
        elif None not in (system, (asked := _usual(rows))) and asked != system:
            yield Hit(
                None,
                "nearly all rows have another system prompt than nearly all that are trained on",
                file=file,
            )


def _of_outputs(dataset: Dataset, file: int, roles: Sequence[str]) -> str | None:
    collector = dataset.collector(OutputContracts)
    trained = collector.tally_of([f for f, role in enumerate(roles) if role == "train"])
    return difference(collector.tally_of([file]), trained)


def _rows(dataset: Dataset, files: list[int]) -> pl.DataFrame:
    chosen = dataset.frame.lazy().select("file", "layout", "system_hash")
    return chosen.filter(pl.col("file").is_in(files)).collect()


def _fields(rows: pl.DataFrame) -> frozenset[str]:
    """The fields of the format that nearly all rows have."""
    counts: dict[str, int] = {}
    for layout, count in rows.group_by(pl.col("layout").cast(pl.String)).len().iter_rows():
        for key in {key for key, _ in entries_of(layout)} & DEFINING:
            counts[key] = counts.get(key, 0) + count
    return frozenset(k for k, n in counts.items() if n >= NEARLY_ALL * rows.height)


def _usual(rows: pl.DataFrame) -> int | None:
    """The system prompt, or the lack of one, of nearly all rows, as a hash; None where there are several."""
    counts = rows["system_hash"].value_counts(sort=True)
    usual, count = counts.row(0)
    return int(usual) if count >= NEARLY_ALL * rows.height else None


def _listed(fields: frozenset[str]) -> str:
    return ", ".join(map(repr, sorted(fields)))


RULE = DatasetRule(
    about=About(
        code="FMT018",
        name="splits-differ",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the validation or test set has other fields, another system prompt or other outputs than what is trained on",
        reason="What is measured on it is then how well the model copes with another prompt or guesses another form, "
        "not how well it has learnt; the loss of such a set also rises where nothing is overfitted.",
        example="train.jsonl with the system prompt 'Answer with one label.', val.jsonl with 'Sort the mail.'",
        remedy="Write all splits in one layout, with one system prompt and one form of outputs.",
    ),
    features=("layout", "system_hash"),
    check=_check,
    collectors=(OutputContracts,),
    compares_files=True,
)
