"""Every rule against its cases (tests/rules/NAME.jsonl), and every case against the invariants.

A case is one JSON object a line:
    case        what it shows
    rows        the records; or `text`, the raw content of the file
    suffix      the file's suffix (".jsonl")
    repeat      write the rows so many times, "{i}" in their strings replaced by the number
    run         {"passes", "odd", "trained_on", "val", "val_losses", "val_odd"}: a run on the data, for `options.run`
                "run"; lines are strings (tests/dynamics_runs.py)
    options     LintOptions that differ from the defaults; `tokenizer` is a folder in tests/tokenizers
    data        DataOptions that differ from the defaults
    expect      the lines that this rule flags, ascending; null for a whole-dataset finding
    fields      the fields it names, parallel to `expect` (optional)
    fixed       {"rows": […]} after --fix --unsafe-fixes with this rule alone; or `fixed_text`
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curate import fixing
from curate.linting import lint, sources_of
from curate.rules import RULES
from curate.rules.protocol import DatasetRule, FaultRule, Rule
from curate.schemas.findings import Finding, FixSafety
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from tests.dynamics_runs import write_run

CASES = Path(__file__).parent / "rules"
TOKENIZERS = Path(__file__).parent / "tokenizers"


def _stem(rule: Rule) -> str:
    return rule.about.name.replace("-", "_")


def _cases(rule: Rule) -> list[dict[str, Any]]:
    path = CASES / f"{_stem(rule)}.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


ALL_CASES = [
    pytest.param(rule, case, id=f"{rule.about.code}-{number}")
    for rule in RULES
    for number, case in enumerate(_cases(rule), 1)
]


def _numbered(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return value.replace("{i}", str(number))
    if isinstance(value, list):
        return [_numbered(v, number) for v in value]
    if isinstance(value, dict):
        return {k: _numbered(v, number) for k, v in value.items()}
    return value


def _content(case: dict[str, Any]) -> bytes:
    """The file of a case: its `rows`, `repeat` times with {i} numbered, and `then` some more."""
    if "text" in case:
        # Bytes that are not UTF-8 are written as lone surrogates (\\udcff stands for 0xff).
        return str(case["text"]).encode("utf-8", "surrogateescape")
    rows = case["rows"]
    if "repeat" in case:
        rows = [_numbered(row, i) for i in range(case["repeat"]) for row in rows]
        rows += case.get("then", [])
    if case.get("suffix") == ".json":
        return json.dumps(rows, ensure_ascii=False).encode()
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _write(case: dict[str, Any], folder: Path, content: bytes) -> Path:
    path = folder / f"data{case.get('suffix', '.jsonl')}"
    path.write_bytes(content)
    for name, beside in case.get("files", {}).items():
        text = (
            json.dumps(beside) if isinstance(beside, dict) else _content({"rows": beside}).decode()
        )
        (folder / name).write_text(text, encoding="utf-8")
    if "run" in case:
        chosen = dict(case["run"])
        val = folder / chosen.pop("val") if "val" in chosen else None
        for key in ("odd", "val_odd"):
            chosen[key] = {int(line): losses for line, losses in chosen.get(key, {}).items()}
        write_run(folder / "run", folder / chosen.pop("trained_on", path.name), val, **chosen)
    return path


def _options(rule: Rule, case: dict[str, Any]) -> tuple[LintOptions, DataOptions]:
    chosen = {"select": (rule.about.code,), **case.get("options", {})}
    if "tokenizer" in chosen:
        chosen["tokenizer"] = str(TOKENIZERS / chosen["tokenizer"])
    return LintOptions.model_validate(chosen), DataOptions.model_validate(case.get("data", {}))


def _run(rule: Rule, case: dict[str, Any], path: Path) -> list[Finding]:
    options, data = _options(rule, case)
    report = lint([path], options, data)
    assert report.shown_in_full
    assert not [item for item in report.not_assessed if item.failed], "the rule raised"
    return [f for f in report.findings if f.code == rule.about.code]


@pytest.mark.parametrize(("rule", "case"), ALL_CASES)
def test_case(rule: Rule, case: dict[str, Any], tmp_path: Path) -> None:
    path = _write(case, tmp_path, _content(case))
    before = path.read_bytes()
    findings = _run(rule, case, path)
    told = "\n".join(f"{f.line}: {f.field}: {f.message} | {f.excerpt}" for f in findings)
    assert [f.line for f in findings] == case["expect"], f"{case['case']}\n{told}"
    if "fields" in case:
        assert [f.field for f in findings] == case["fields"], case["case"]
    assert path.read_bytes() == before, "linting changed the file"
    # The same data, linted again, says the same.
    assert _run(rule, case, path) == findings


@pytest.mark.parametrize(("rule", "case"), ALL_CASES)
def test_row_order_does_not_matter(rule: Rule, case: dict[str, Any], tmp_path: Path) -> None:
    """Rules that look at one row say the same about it wherever it stands."""
    if "rows" not in case or "repeat" in case or isinstance(rule, (DatasetRule, FaultRule)):
        pytest.skip("the order may matter")
    path = _write(case, tmp_path, _content({**case, "rows": case["rows"][::-1]}))
    lines = [f.line for f in _run(rule, case, path)]
    count = len(case["rows"])
    assert sorted(count + 1 - n for n in lines if n) == [n for n in case["expect"] if n]


def _repaired(
    rule: Rule, case: dict[str, Any], folder: Path, path: Path, *, unsafe: bool
) -> fixing.Repaired:
    options, data = _options(rule, case)
    sources = sources_of([path], options)
    copies = folder / f"copies-{unsafe}"
    copies.mkdir(exist_ok=True)
    return fixing.fix(sources, options, data, unsafe=unsafe, folder=str(copies))


@pytest.mark.parametrize(("rule", "case"), ALL_CASES)
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_after_fixing_nothing_is_left_to_fix(
    rule: Rule, case: dict[str, Any], unsafe: bool, tmp_path: Path
) -> None:
    path = _write(case, tmp_path, _content(case))
    before = path.read_bytes()
    repaired = _repaired(rule, case, tmp_path, path, unsafe=unsafe)
    assert path.read_bytes() == before, "repairs are made in copies"
    safe = [f for f in repaired.report.findings if f.fix and f.fix.safety is FixSafety.SAFE]
    assert not safe, f"still to repair: {safe}"
    if unsafe:
        assert not [f for f in repaired.report.findings if f.fix], "still to repair"
    fixing.write(repaired)
    assert bool(repaired.copies) == (path.read_bytes() != before)
    # Fixing again changes nothing.
    again = _repaired(rule, case, tmp_path, path, unsafe=unsafe)
    assert not again.copies
    if unsafe and "fixed" in case:
        left = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert left == case["fixed"]["rows"]
    if unsafe and "fixed_end" in case:
        lines = path.read_text(encoding="utf-8").splitlines()[-len(case["fixed_end"]) :]
        assert [json.loads(line) for line in lines] == case["fixed_end"]
    if unsafe and "fixed_text" in case:
        assert path.read_bytes() == _content({"text": case["fixed_text"]})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.about.code))
def test_every_rule_has_cases_and_negatives(rule: Rule) -> None:
    cases = _cases(rule)
    positives = [i for i, case in enumerate(cases) if case["expect"]]
    negatives = [i for i, case in enumerate(cases) if not case["expect"]]
    assert positives, f"tests/rules/{_stem(rule)}.jsonl needs a case that fires"
    assert len(negatives) >= 3, f"tests/rules/{_stem(rule)}.jsonl needs three that must not fire"
    assert max(negatives[:3]) < min(positives), "the cases that must not fire come first"


def test_no_case_file_is_left_over() -> None:
    assert {p.stem for p in CASES.glob("*.jsonl")} <= {_stem(rule) for rule in RULES}


def test_codes_and_names_are_unique_and_in_order() -> None:
    codes = [rule.about.code for rule in RULES]
    names = [rule.about.name for rule in RULES]
    assert codes == sorted(set(codes))
    assert len(names) == len(set(names))
