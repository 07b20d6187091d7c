"""Findings about two rows stay known in any order of the rows, and a third row is new."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from curate.baseline import write_baseline
from curate.linting import lint
from curate.materialising import content_hash
from curate.pair_identity import Pairs, pair_content
from curate.schemas.options.lint import LintOptions
from curate.suppressions import add_suppressions

Write = Callable[..., Path]
Row = dict[str, Any]

LONG = (
    "The river rises in the hills above the town and runs past three mills before it turns south "
    "through the meadows, where herons stand in the shallows every morning of the year. {}"
)
# Some of each rule's rows, one that joins their group, and some that are none of its business.
GROUPS: dict[str, tuple[list[Row], Row]] = {
    "DUP001": (
        [{"id": i, "prompt": "Name a fruit.", "completion": "An apple."} for i in range(3)],
        {"id": 9, "prompt": "Name a fruit.", "completion": "An apple."},
    ),
    "DUP002": (
        [{"prompt": p, "completion": "An apple."} for p in ("Name a fruit.", "name a fruit.", "NAME a fruit.")],
        {"prompt": "Name A Fruit.", "completion": "An apple."},
    ),
    "DUP003": (
        [{"prompt": "Describe the river.", "completion": LONG.format(x)} for x in ("Twice.", "Often.", "Always.")],
        {"prompt": "Describe the river.", "completion": LONG.format("Never.")},
    ),
    "DUP004": (
        [{"prompt": "Write a poem.", "completion": x} for x in ("Rain on tin.", "Snow at noon.", "Wind, then none.")],
        {"prompt": "Write a poem.", "completion": "A door stands open."},
    ),
    "PRF005": (
        [{"id": i, "prompt": "Hi", "chosen": "Hello!", "rejected": "What?"} for i in range(3)],
        {"id": 9, "prompt": "Hi", "chosen": "Hello!", "rejected": "What?"},
    ),
}  # fmt: skip


def others(row: Row) -> list[Row]:
    if "chosen" in row:
        return [{"prompt": "Bye", "chosen": "See you.", "rejected": "Go."}]
    return [{"prompt": "Where is Rome?", "completion": "In Italy, on the Tiber."}]


def found(write: Write, rows: list[Row], code: str, **options: Any) -> list[int | None]:
    report = lint([write(rows, "rows.jsonl")], LintOptions(select=(code,), **options))
    return [f.line for f in report.findings]


@pytest.fixture(params=GROUPS)
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_baseline_holds_in_any_order(code: str, write_jsonl: Write, tmp_path: Path) -> None:
    rows, new = GROUPS[code]
    known = tmp_path / "baseline.json"
    path = write_jsonl([*rows, *others(new)], "before.jsonl")
    assert write_baseline(known, lint([path], LintOptions(select=(code,))).findings) == 2
    for order in permutations(rows):
        assert found(write_jsonl, [*others(new), *order], code, baseline=known) == []
    for place in range(4):
        more = [*rows[:place], new, *rows[place:]]
        assert len(found(write_jsonl, more, code, baseline=known)) == 1
    assert len(found(write_jsonl, [new, rows[1]], code, baseline=known)) == 1


def test_suppressions_hold_in_any_order(code: str, write_jsonl: Write, tmp_path: Path) -> None:
    rows, new = GROUPS[code]
    options = LintOptions(select=(code,), suppressions=tmp_path / "accepted.jsonl", reason="wanted")
    path = write_jsonl([*rows, *others(new)], "before.jsonl")
    add_suppressions(options, lint([path], LintOptions(select=(code,))).findings)
    for order in permutations(rows):
        report = lint([write_jsonl([*others(new), *order], path.name)], options)
        assert report.findings == ()
        assert report.unused_suppressions == ()
    # Accepting some pairs of a group accepts no further row.
    for place in range(4):
        more = write_jsonl([*rows[:place], new, *rows[place:]], path.name)
        assert len(lint([more], options).findings) == 1


def test_what_was_accepted_by_the_row_alone_still_is(write_jsonl: Write, tmp_path: Path) -> None:
    rows, _ = GROUPS["DUP004"]
    former = [f"DUP004:{content_hash(json.dumps(row).encode())}" for row in rows[1:]]
    known = tmp_path / "baseline.json"
    entries = [{"fingerprint": f, "count": 1, "name": "x", "path": "y"} for f in former]
    known.write_text(json.dumps({"version": 1, "findings": entries}))
    assert found(write_jsonl, rows, "DUP004", baseline=known) == []
    assert found(write_jsonl, [*rows, {"prompt": "Write a poem.", "completion": "No."}], "DUP004", baseline=known) == [4]  # fmt: skip


def test_a_pair_has_one_content_in_either_order() -> None:
    assert pair_content("aa", "bb") == pair_content("bb", "aa") != pair_content("aa", "cc")


def test_large_groups_are_not_compared_row_by_row() -> None:
    contents = {(0, line): f"{line:016x}" for line in range(5_000)}
    pairs = Pairs(contents)
    for line in range(1, 5_000):
        pairs.add((0, line), (0, 0))
    identity = pairs.identity((0, 4_999), (0, 0))
    assert identity is not None
    assert len(identity.others) < 100
    assert pairs.identity((0, 6_000), (0, 0)) is None
