"""Contracts, duplicates, leaks and framing on the sample data: what is planted is named, and the
clean set gets nothing above info except that it is small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curate.linting import lint
from curate.schemas.findings import Severity
from curate.schemas.options.lint import LintOptions

FAMILIES = ("CON", "DUP", "SIZ", "FRM")


def _expected(sample_data: Path) -> list[dict[str, Any]]:
    entries = json.loads((sample_data / "expected_findings.json").read_text(encoding="utf-8"))
    return [e for e in entries if e["family"] in FAMILIES and e["line"] is not None]


def _lines(paths: list[Path], **options: Any) -> set[tuple[str, int | None, str]]:
    report = lint(paths, LintOptions(select=FAMILIES, **options))
    return {(Path(f.path).name, f.line, f.code[:3]) for f in report.findings}


def test_every_planted_defect_of_these_families_is_named(sample_data: Path) -> None:
    found = _lines([sample_data / "tickets.jsonl"])
    found |= _lines([sample_data / "preferences_dirty.jsonl"])
    found |= _lines([sample_data / "leak"])
    # One of two variants of a label in a set of 23 rows can only be called rare.
    missed = [
        e
        for e in _expected(sample_data)
        if (Path(e["file"]).name, e["line"], e["family"]) not in found
    ]
    assert missed == []


@pytest.mark.parametrize("name", ["clean/tickets.jsonl", "preferences.jsonl"])
def test_clean_sets_are_only_small(sample_data: Path, name: str) -> None:
    report = lint([sample_data / name], LintOptions(select=FAMILIES))
    told = [f.code for f in report.findings if f.severity is not Severity.INFO]
    assert set(told) <= {"SIZ002", "SIZ003"}
    assert "SIZ002" in told


def test_half_json_half_python_is_named_with_all_rows(tmp_path: Path) -> None:
    rows = []
    for i in range(200):
        value = {"name": f"n{i}", "score": i, "seen": i % 2 == 0, "note": None}
        output = json.dumps(value) if i % 2 else repr(value)
        rows.append({"prompt": f"Describe {i}.", "completion": output})
    path = tmp_path / "half.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    report = lint([path], LintOptions(select=("CON",)))
    broken = [f.line for f in report.findings if f.code == "CON001"]
    assert broken == list(range(1, 201, 2))
    stated = [f.message for f in report.findings if f.code == "CON009"]
    assert stated == [
        "50% of 200 outputs are JSON objects with the keys name (string), score (integer), "
        "seen (boolean), note (null); 100 break it"
    ]


@pytest.mark.parametrize(
    "name", ["alpaca_4800.json", "dolly_3k.json", "gsm8k_train.jsonl", "code_alpaca_2k.json",
             "gpteacher_codegen.json", "hh_harmless_test.jsonl"],
)  # fmt: skip
def test_public_sets_get_no_contract_and_are_no_knowledge(public_data: Path, name: str) -> None:
    report = lint([public_data / name], LintOptions(select=("CON", "FRM", "SIZ")))
    told = [f for f in report.findings if f.severity is not Severity.INFO]
    # Seven of hh's speakers leave out all capitals.
    small = [f for f in told if f.code == "CON015" and "without a capital" in f.message]
    assert told == small
    assert len(small) == (7 if name == "hh_harmless_test.jsonl" else 0)
