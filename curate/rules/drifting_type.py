"""FMT014: a value of another JSON type than under the same key elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.key_statistics import NEARLY_ALL, key_statistics, rows_with
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_ROWS = 20


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    statistics = key_statistics(dataset)
    usual: dict[str, str] = {}
    for key, kinds in statistics.types.items():
        values = kinds.total() - kinds["null"]
        if values < _FEWEST_ROWS:
            continue
        [(kind, count)] = kinds.most_common(1)
        if kind != "null" and NEARLY_ALL * values <= count < values:
            usual[key] = kind
    odd: dict[str, list[tuple[str, str, str]]] = {}
    for layout, entries in statistics.layouts.items():
        others = [
            entry
            for entry in entries
            if entry[1] in usual and entry[2] not in ("null", usual[entry[1]])
        ]
        if others:
            odd[layout] = others
    for row, layout in rows_with(dataset, list(odd)):
        for key, name, kind in odd[layout]:
            expected = usual[name]
            yield Hit(
                row,
                f"{key} is {_with_article(kind)}; in {statistics.types[name][expected]} other rows "
                f"it is {_with_article(expected)}",
                field=key,
            )


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind == "object" else f"a {kind}"


RULE = DatasetRule(
    about=About(
        code="FMT014",
        name="drifting-type",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="a value has another type than under the same key in the other rows",
        reason="Columns have one type: Arrow-based loaders fail at the first row that differs, often "
        "after hours, or turn the whole column into text.",
        example='{"id": "17", …} in a file whose other rows have {"id": 17, …}',
        remedy="Write the value in the type of the other rows.",
    ),
    features=("layout",),
    check=_check,
    scope="file",
)
