"""FMT013: a key that nearly all rows have, and this one has not."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.key_statistics import OPTIONAL, key_statistics, rows_with
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_ROWS = 50


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    if len(dataset) < _FEWEST_ROWS:
        return
    statistics = key_statistics(dataset)
    expected = {
        key
        for key in statistics.usual - OPTIONAL
        if "[" not in key and 0 < 1 - statistics.share(key) <= options.odd_key_share
    }
    missing: dict[str, list[str]] = {}
    for layout, entries in statistics.layouts.items():
        keys = {name for _, name, _ in entries}
        if expected - keys and not statistics.is_foreign(keys):
            missing[layout] = sorted(expected - keys)
    for row, layout in rows_with(dataset, list(missing)):
        for key in missing[layout]:
            yield Hit(
                row,
                f"no key {key!r}, which {statistics.count(key)} of {statistics.rows} rows have",
                field=key,
            )


RULE = DatasetRule(
    about=About(
        code="FMT013",
        name="missing-key",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a key that nearly all rows have is missing",
        reason="Loaders that infer columns fill it with null, or fail when the block with the odd "
        "row comes; whatever the key is for (a source, a class, a split) does not work for this row.",
        example='{"prompt": "Hi", "completion": "Hello"} in a file whose other rows have "source" too',
        remedy="Add the key, or write it as null on purpose.",
        options=("odd_key_share",),
    ),
    features=("layout",),
    check=_check,
    scope="file",
)
