"""Findings past the limit of a rule: counted, though nothing is made of them."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from curate.linting import lint
from curate.rules import RULES
from curate.rules.protocol import RecordRule
from curate.schemas.options.lint import LintOptions


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    rows = []
    for i in range(40):
        said = "" if i % 3 else f"Answer {i} is 2 + 2 = 5, as anybody can see."
        call = {
            "id": f"c{i}",
            "type": "function",
            "function": {"name": "look", "arguments": "{oops"},
        }
        rows.append(
            {
                "messages": [
                    {"role": "user", "content": f"  What is 2 + 2, please, in case {i}?"},
                    {"role": "assistant", "content": said, "tool_calls": [call]},
                    {"role": "tool", "tool_call_id": "nobody", "content": "4"},
                    {"role": "assistant", "content": f"List 5 items:\n1. one {i}\n2. two"},
                ]
            }
        )
    path = tmp_path / "dirty.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    return path


def test_counts_do_not_depend_on_how_many_findings_are_kept(dirty: Path) -> None:
    whole = lint([dirty], LintOptions(), keep_per_rule=None)
    few = lint([dirty], LintOptions(), keep_per_rule=3)
    by_records = {r.about.code for r in RULES if isinstance(r, RecordRule)}
    assert any(r.count > 3 and r.code in by_records for r in whole.rules)
    assert few.rules == whole.rules
    for rule in whole.rules:
        all_of_it = [f.message for f in whole.findings if f.code == rule.code]
        kept = [f.message for f in few.findings if f.code == rule.code]
        assert len(kept) == min(3, len(all_of_it))
        assert set(kept) <= set(all_of_it)


def test_of_a_dataset_rule_that_holds_very_often_the_first_findings_are_kept(
    tmp_path: Path,
) -> None:
    path = tmp_path / "same.jsonl"
    row = orjson.dumps({"prompt": "Name a colour of the sky.", "completion": "Blue, mostly."})
    path.write_bytes(b"\n".join([row] * 30))
    report = lint([path], LintOptions(select=("exact-duplicate",)), keep_per_rule=3)
    assert [(f.line, f.field) for f in report.findings] == [
        (2, "prompt"),
        (3, "prompt"),
        (4, "prompt"),
    ]
    [rule] = report.rules
    assert (rule.count, rule.fixable) == (29, 29)
