"""CON015: an answer whose form hardly any other has: a label before it, or another casing."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.answer_form import CAPITALS, LABEL, MIXED, SMALL, TITLE, WHITE
from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 50
# What more rows than this do is a way of writing.
_MOST = 0.06
_FREE = {ContractKind.TEXT, ContractKind.SENTENCE, ContractKind.LIST}
_SAID = {
    LABEL: "begins with a label such as 'Answer:'",
    CAPITALS: "is written in capitals",
    SMALL: "is written without a capital",
    WHITE: "begins with white space",
    TITLE: "has a capital on every word",
    MIXED: "has capitals within its words",
}


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    chosen = dataset.frame.lazy().select("file", "has_output", "odd_form").with_row_index("index")
    found = chosen.filter(pl.col("odd_form").is_not_null()).collect()
    for (file,), part in found.group_by("file", maintain_order=True):
        contract = collector.contract_of(dataset, int(str(file)))
        if contract is None or contract.kind not in _FREE:
            continue
        outputs = int(dataset.frame.filter(pl.col("file") == file)["has_output"].sum())
        if outputs < _LEAST_ROWS:
            continue
        for (form,), rows in part.group_by("odd_form", maintain_order=True):
            if rows.height > max(1.0, _MOST * outputs):
                continue
            said = f"the completion {_SAID[int(str(form))]}; {1 - rows.height / outputs:.1%} of the completions do not"
            for row in rows["index"].to_list():
                yield Hit(row, said, column="completion")


RULE = DatasetRule(
    about=About(
        code="CON015",
        name="odd-form",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the completion has a label before it, or a casing, that hardly any other has",
        reason="A heading such as 'Answer:', an answer in capitals or one that begins with blanks is a leftover of "
        "another source where no other row has it; the model learns to write it now and then.",
        example="'Answer: The shop opens at nine.' in one row of 500 that begin with the answer itself",
        remedy="Write the answer as the others are written.",
        assumes="English labels; casing of scripts that have it",
    ),
    features=("has_output", "odd_form"),
    check=_check,
    collectors=(OutputContracts,),
)
