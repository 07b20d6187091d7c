"""FMT015: a key that hardly any row has."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from curate.dataset import Dataset
from curate.layouts import TURN_KEYS
from curate.rules.key_statistics import OPTIONAL, KeyStatistics, key_statistics, rows_with
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_ROWS = 50
_ALIKE = 0.84
# Other names of one field.
_SAME_FIELD = (
    ("output", "response", "answer", "completion", "target", "reply"),
    ("instruction", "question", "query", "prompt"),
)
# Beyond these a key is no field name, and comparing names would take long.
_LONGEST_NAME, _MOST_KEYS = 40, 500


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    statistics = key_statistics(dataset)
    rare: dict[str, str | None] = {}
    for key in statistics.types:
        if key in OPTIONAL or statistics.share(key) > 0.5:
            continue
        meant = _meant(key, statistics)
        is_rare = statistics.rows >= _FEWEST_ROWS and statistics.share(key) <= options.odd_key_share
        if is_rare or (meant is not None and statistics.share(key) <= 0.1):
            rare[key] = meant
    instead = _in_place_of(statistics)
    rare |= instead
    strays: dict[str, list[tuple[str, str]]] = {}
    for layout, entries in statistics.layouts.items():
        found = [(key, name) for key, name, _ in entries if name in rare]
        names = {name for _, name, _ in entries}
        renamed = any(name in instead and instead[name] not in names for name in names)
        if found and (renamed or not statistics.is_foreign(names)):
            strays[layout] = found
    for row, layout in rows_with(dataset, list(strays)):
        for key, name in strays[layout]:
            meant = rare[name]
            hint = f"; is it meant to be {meant!r}?" if meant else ""
            count = statistics.count(name)
            if name in instead:
                yield Hit(
                    row,
                    f"the key {name!r}, where {statistics.count(str(meant)):,} of {statistics.rows:,} rows have {meant!r}",
                    field=key,
                )
                continue
            others = "no other row has" if count == 1 else f"only {count} rows have"
            last = name.rpartition(".")[2]
            yield Hit(row, f"the key {last!r}, which {others}{hint}", field=key)


def _in_place_of(statistics: KeyStatistics) -> dict[str, str]:
    """Names of the answer, or of the question, that a part of the rows has in place of the usual one."""
    found: dict[str, str] = {}
    for names in _SAME_FIELD:
        met = sorted((n for n in names if n in statistics.types), key=statistics.count)
        # Each row has one of them, or they are columns of their own.
        if len(met) > 1 and sum(map(statistics.count, met)) <= statistics.rows:
            together = any(
                len({name for _, name, _ in entries} & set(met)) > 1
                for entries in statistics.layouts.values()
            )
            if not together:
                found |= dict.fromkeys(met[:-1], met[-1])
    return found


def _meant(key: str, statistics: KeyStatistics) -> str | None:
    """The usual key that this one is a misspelling of, if there is one."""
    where, dot, last = key.rpartition(".")
    if len(last) > _LONGEST_NAME or len(statistics.types) > _MOST_KEYS:
        return None
    if dot and where.endswith("[]"):
        known = TURN_KEYS
    elif dot:
        return None
    else:
        known = statistics.usual | OPTIONAL
    folded = {k.lower(): k for k in known}
    near = difflib.get_close_matches(last.strip().lower(), list(folded), n=1, cutoff=_ALIKE)
    return folded[near[0]] if near else None


RULE = DatasetRule(
    about=About(
        code="FMT015",
        name="stray-key",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="a key that hardly any row has",
        reason="Usually a misspelt key or the rest of another format: what it holds is not trained "
        "on, and loaders that infer columns fail at it or add a column that is nearly all null.",
        example='{"prompt": "Hi", "completion": "Hello", "completoin": ""}',
        remedy="Correct or remove the key.",
        options=("odd_key_share",),
    ),
    features=("layout",),
    check=_check,
    scope="file",
)
