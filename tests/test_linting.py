"""The engine: order, counts, limits, files, roles of files, failures of rules."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.dataset import Dataset
from curate.dataset_linting import _apart
from curate.errors import UserError
from curate.evaluating import RuleFailure
from curate.linting import Source, lint, lint_sources, sources_of
from curate.rules import RULES
from curate.rules.protocol import About, ColumnRule, DatasetRule, Hit, Mark, RecordRule, Rule
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.data import DataOptions
from curate.schemas.options.lint import LintOptions
from curate.schemas.report import LintReport
from curate.schemas.turns import RecordFormat
from curate.threads import ahead

Write = Callable[..., Path]
GOOD = {"prompt": "Name a fruit.", "completion": "An apple."}
EMPTY = {"prompt": "Name a fruit.", "completion": " "}


def about(code: str = "TST001", **changes: Any) -> About:
    given: dict[str, Any] = {
        "code": code,
        "name": f"test-{code.lower()}",
        "severity": Severity.WARNING,
        "confidence": Confidence.HIGH,
        "summary": "s",
        "reason": "r",
        "example": "e",
        "remedy": "m",
    }
    return About(**(given | changes))


def contains(word: str, code: str = "TST001", **changes: Any) -> ColumnRule:
    given: dict[str, Any] = {
        "about": about(code),
        "frame": "segments",
        "condition": lambda options: pl.col("text").str.contains(word, literal=True),
        "message": "has {match}",
        "pattern": word,
    }
    return ColumnRule(**(given | changes))


def run(path: Path, *rules: Rule, keep: int | None = None, **options: Any) -> LintReport:
    chosen = LintOptions.model_validate(options)
    sources = sources_of([path], chosen)
    return lint_sources(sources, chosen, DataOptions(), rules=rules, keep_per_rule=keep)[0]


def test_findings_come_by_path_line_and_code(write_jsonl: Write) -> None:
    a = write_jsonl([GOOD, EMPTY, EMPTY], "b.jsonl")
    b = write_jsonl([EMPTY], "a.jsonl")
    report = lint([a, b], LintOptions(select=("TXT001",)))
    assert [(Path(f.path).name, f.line) for f in report.findings] == [
        ("a.jsonl", 1),
        ("b.jsonl", 2),
        ("b.jsonl", 3),
    ]
    assert report.rows == 4
    assert len(report.files) == 2


def test_limits_keep_counts_whole(write_jsonl: Write) -> None:
    path = write_jsonl([EMPTY] * 50)
    report = lint([path], LintOptions(select=("TXT001",)), keep_per_rule=3)
    assert [f.line for f in report.findings] == [1, 2, 3]
    assert report.total == 50
    assert not report.shown_in_full
    assert report.summary.errors == 50
    assert report.summary.fixable == 50


def test_keeping_none_still_counts(write_jsonl: Write) -> None:
    report = lint([write_jsonl([EMPTY] * 5)], LintOptions(select=("TXT001",)), keep_per_rule=0)
    assert report.findings == ()
    assert report.total == 5


def test_excerpt_and_caret_point_at_characters_not_bytes(write_jsonl: Write) -> None:
    path = write_jsonl([{"prompt": "x", "completion": "日本語 é NEEDLE end"}])
    [finding] = run(path, contains("NEEDLE")).findings
    assert finding.excerpt is not None
    assert finding.span is not None
    assert finding.excerpt[slice(*finding.span)] == "NEEDLE"
    assert finding.message == "has NEEDLE"
    assert finding.field == "completion"


def test_the_excerpt_of_a_long_text_is_short(write_jsonl: Write) -> None:
    path = write_jsonl([{"prompt": "x", "completion": "é" * 100_000 + "NEEDLE" + "z" * 100_000}])
    [finding] = run(path, contains("NEEDLE")).findings
    assert finding.excerpt is not None
    assert finding.span is not None
    assert len(finding.excerpt) <= 200
    assert finding.excerpt[slice(*finding.span)] == "NEEDLE"


def test_a_masked_rule_shows_nothing_around_its_match(write_jsonl: Write) -> None:
    path = write_jsonl([{"prompt": "x", "completion": "key sk-123 and sk-456"}])
    rule = contains("sk-123", mask=lambda match: match[:3] + "***")
    [finding] = run(path, rule).findings
    shown = finding.model_dump_json()
    assert "sk-123" not in shown
    assert "sk-456" not in shown
    assert finding.excerpt == "sk-***"


def test_a_cheap_first_look_only_narrows(write_jsonl: Write) -> None:
    path = write_jsonl([{"prompt": "a", "completion": c} for c in ("ab", "b", "a", "ab")])
    plain = contains("b")
    narrowed = contains("b", first=lambda options: pl.col("text").str.contains("a", literal=True))
    assert [f.line for f in run(path, plain).findings] == [1, 2, 4]
    assert [f.line for f in run(path, narrowed).findings] == [1, 4]


def test_conditions_may_use_the_lower_case_text(write_jsonl: Write) -> None:
    path = write_jsonl([{"prompt": "a", "completion": c} for c in ("SHOUT", "shout", "no")])
    rule = contains(
        "", pattern=None, condition=lambda options: pl.col("text_lower").str.contains("shout")
    )
    assert [f.line for f in run(path, rule).findings] == [1, 2]


def test_a_null_condition_counts_as_false(write_jsonl: Write) -> None:
    rule = contains("", pattern=None, condition=lambda options: pl.lit(None, pl.Boolean))
    assert run(write_jsonl([GOOD]), rule).total == 0


def test_rules_run_only_on_their_formats(write_jsonl: Write) -> None:
    rule = contains("fruit", applies_to=(RecordFormat.CHAT,))
    assert run(write_jsonl([GOOD]), rule).total == 0


@pytest.mark.parametrize("column", ["prompt", "completion", "system"])
def test_row_rules_name_the_field_of_the_record(write_jsonl: Write, column: str) -> None:
    chat = [
        {"role": "system", "content": "NEEDLE s"},
        {"role": "user", "content": "NEEDLE u"},
        {"role": "assistant", "content": "NEEDLE a"},
    ]
    rule = ColumnRule(
        about=about(),
        frame="rows",
        column=column,
        condition=lambda options: pl.col(column).str.contains("NEEDLE"),
        message="m",
    )
    [finding] = run(write_jsonl([{"messages": chat}]), rule).findings
    index = {"system": 0, "prompt": 1, "completion": 2}[column]
    assert finding.field == f"messages[{index}].content"


def test_record_rules_see_canonical_names_and_report_the_users(write_jsonl: Write) -> None:
    def check(
        record: dict[str, Any], format_: RecordFormat, options: LintOptions
    ) -> Iterator[Mark]:
        assert set(record) == {"question", "answer"}
        yield Mark("answer", "seen")

    rule = RecordRule(about=about(), applies=lambda options: pl.lit(True), check=check)
    [finding] = run(write_jsonl([{"query": "q", "response": "r"}]), rule).findings
    assert finding.field == "response"


def test_a_rule_that_fails_on_a_row_has_not_assessed_it_and_the_run_goes_on(
    write_jsonl: Write,
) -> None:
    def check(
        record: dict[str, Any], format_: RecordFormat, options: LintOptions
    ) -> Iterator[Mark]:
        yield Mark(None, {"1": "odd", "3": "odd"}[record["prompt"]])

    rows = [{"prompt": str(i), "completion": "x"} for i in (1, 2, 3, 4)]
    record = RecordRule(about=about(), applies=lambda options: pl.lit(True), check=check)
    report = run(write_jsonl(rows), record, contains("x", "TST002"))
    assert [(f.code, f.line) for f in report.findings if f.code == "TST001"] == [
        ("TST001", 1),
        ("TST001", 3),
    ]
    assert sum(f.code == "TST002" for f in report.findings) == 4
    [item] = report.not_assessed
    assert (item.code, item.failed) == ("TST001", True)
    assert re.search(r"data.jsonl:2: KeyError: .*2.*, and once more", item.reason)


def test_a_dataset_rule_that_fails_is_not_assessed_and_the_others_run(write_jsonl: Write) -> None:
    broken = whole([], check=lambda dataset, options: iter([Hit(None, str(1 // 0))]))
    other = whole([Hit(None, "seen")], about=about("TST002"))
    report = run(write_jsonl([GOOD]), broken, other)
    assert [f.code for f in report.findings] == ["TST002"]
    assert [item.code for item in report.not_assessed if item.failed] == ["TST001"]


def test_an_expression_that_fails_is_named_with_the_row(write_jsonl: Write) -> None:
    path = write_jsonl([{"prompt": "1", "completion": c} for c in ("1", "2", "x", "4")])
    broken = contains("", pattern=None, condition=lambda o: pl.col("text").cast(pl.Int64) > 10)
    with pytest.raises(RuleFailure, match=r"rule TST001 \(test-tst001\) failed on .*data.jsonl:3"):
        run(path, contains("1", "TST002"), broken)


def whole(hits: list[Hit], **changes: Any) -> DatasetRule:
    given: dict[str, Any] = {
        "about": about(),
        "features": ("prompt_hash",),
        "check": lambda dataset, options: iter(hits),
    }
    return DatasetRule(**(given | changes))


def test_dataset_hits_are_traced_to_files_and_lines(write_jsonl: Write) -> None:
    a = write_jsonl([GOOD, GOOD], "a.jsonl")
    b = write_jsonl([GOOD], "b.jsonl")
    options = LintOptions()
    rule = whole([Hit(2, "twin", related=((0, 0.9),)), Hit(None, "all of it")])
    sources = sources_of([a, b], options)
    report, _ = lint_sources(sources, options, DataOptions(), rules=(rule,))
    twin = next(f for f in report.findings if f.line)
    assert (twin.path, twin.line) == (str(b), 1)
    assert (twin.related[0].path, twin.related[0].line) == (str(a), 1)
    assert next(f for f in report.findings if f.line is None).path == str(a.parent)


def test_a_rule_for_each_file_sees_one_file_at_a_time(write_jsonl: Write) -> None:
    seen = []

    def check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
        seen.append((dataset.files, len(dataset), dataset.rows_met))
        yield Hit(len(dataset) - 1, "last")

    a = write_jsonl([GOOD, GOOD], "a.jsonl")
    b = write_jsonl([GOOD, 5, GOOD], "b.jsonl")
    rule = whole([], check=check, scope="file")
    sources = sources_of([a, b], LintOptions())
    report, _ = lint_sources(sources, LintOptions(), DataOptions(), rules=(rule,))
    assert seen == [((str(a),), 2, 2), ((str(b),), 2, 3)]
    assert [(f.path, f.line) for f in report.findings] == [(str(a), 2), (str(b), 3)]


def test_files_have_roles_and_references_are_not_checked(write_jsonl: Write) -> None:
    seen: list[Dataset] = []

    def check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
        seen.append(dataset)
        yield Hit(0, "leaked", related=((len(dataset) + 1, 1.0),))

    train, val = write_jsonl([GOOD], "train.jsonl"), write_jsonl([GOOD], "val.jsonl")
    against = write_jsonl([GOOD, EMPTY], "bench.jsonl")
    options = LintOptions(train=(train,), val=(val,), against=(against,))
    rules = (whole([], check=check), *[r for r in RULES if r.about.code == "TXT001"])
    report, _ = lint_sources(sources_of([], options), options, DataOptions(), rules=rules)
    assert seen[0].roles == ("train", "val")
    assert seen[0].reference is not None
    assert seen[0].reference.height == 2
    assert report.rows == 2
    [finding] = report.findings
    assert (finding.related[0].path, finding.related[0].line) == (str(against), 2)


def test_a_rule_that_cannot_run_is_not_assessed(write_jsonl: Write) -> None:
    rule = whole([Hit(0, "x")], unavailable=lambda options: "no tokenizer given")
    report = run(write_jsonl([GOOD]), rule)
    assert report.findings == ()
    assert [n.reason for n in report.not_assessed] == ["no tokenizer given"]
    assert not report.rules


def test_rules_are_left_out_in_some_files(write_jsonl: Write) -> None:
    write_jsonl([EMPTY], "a/data.jsonl")
    write_jsonl([EMPTY], "b/data.jsonl")
    options = LintOptions(select=("TXT001",), per_file_ignores={"a/*": ("TXT",)})
    report = lint(["a", "b"], options)
    assert [f.path for f in report.findings] == ["b/data.jsonl"]


def test_mixed_formats_keep_lines(write_jsonl: Write) -> None:
    chat = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": ""}]}
    path = write_jsonl([EMPTY, chat, EMPTY, GOOD])
    report = lint([path], LintOptions(select=("TXT001",)))
    assert [f.line for f in report.findings] == [1, 2, 3]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(EMPTY).encode() + b"\n"))
    assert lint([path], LintOptions(select=("TXT001",))).total == 1


def test_fingerprints_stay_when_rows_move_or_are_spelled_anew(tmp_path: Path) -> None:
    a, b = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    a.write_text('{"prompt": "x", "completion": ""}\n')
    b.write_text('{"prompt": "y", "completion": "z"}\n{"completion":"","prompt":"x"}\n')
    options = LintOptions(select=("TXT001",))
    [before], [after] = lint([a], options).findings, lint([b], options).findings
    assert before.fingerprint == after.fingerprint
    assert (before.line, after.line) == (1, 2)


def test_reading_ahead_hands_on_items_and_errors() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise UserError("no")

    items = ahead(broken())
    assert next(items) == 1
    with pytest.raises(UserError):
        next(items)
    assert list(ahead(iter(range(5)))) == [0, 1, 2, 3, 4]


def test_sources_are_found_once_in_order(write_jsonl: Write) -> None:
    a = write_jsonl([GOOD], "a.jsonl")
    test = write_jsonl([GOOD], "test.jsonl")
    assert sources_of([a, a], LintOptions(test=(test,))) == [
        Source(str(a), str(a), "data"),
        Source(str(test), str(test), "test"),
    ]


def test_a_missing_file_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="no such file"):
        lint(["nowhere.jsonl"])


@pytest.mark.parametrize("name", ["tickets.jsonl", "preferences.jsonl"])
def test_the_kernel_changes_nothing_but_the_time(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(__file__).parent.parent / "sample_data" / name
    with_kernel = lint([path])
    monkeypatch.setattr("curate.textkernel.load", lambda: None)
    without = lint([path])
    assert with_kernel.findings
    assert without.model_copy(update={"elapsed_s": 0}) == with_kernel.model_copy(
        update={"elapsed_s": 0}
    )


@pytest.mark.parametrize("form", ["chat", "instruction", "mixed"])
def test_rules_about_form_find_the_same_without_the_texts(tmp_path: Path, form: str) -> None:
    def row(i: int) -> dict[str, Any]:
        turns = [{"role": "user", "content": f"Name {i}"}, {"role": "assistant", "content": "x"}]
        chat: dict[str, Any] = {"messages": turns, "id": str(i)}
        flat: dict[str, Any] = {"instruction": f"Näme {i}", "input": "", "output": "é", "id": i}
        value = flat if form == "instruction" or (form == "mixed" and i % 3) else chat
        if i % 97 == 5:
            del value["id"]
        if i % 101 == 7:
            value["id"] = [i]
        if i % 211 == 3:
            value["note"] = "stray"
        if i % 307 == 9:
            value.pop("messages", None)
            value.pop("output", None)
        return value

    lines = [json.dumps(row(i), ensure_ascii=i % 2 == 0).encode() for i in range(1500)]
    lines[700] = b'{"instruction": "a'
    lines[900] = b""
    lines[1000] = lines[1000].replace(b"N", b"\xff", 1)
    lines[1100] = b"[1]"
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\r\n".join(lines))
    whole = [f for f in lint([path]).findings if f.code.startswith("FMT")]
    alone = lint([path], LintOptions(select=("FMT",)))
    assert alone.rows == 1499
    assert {f.name for f in whole} >= {"invalid-json", "invalid-utf8", "not-an-object"}
    assert list(alone.findings) == whole


def test_rules_that_share_a_collector_take_turns() -> None:
    rules = [rule for rule in RULES if isinstance(rule, DatasetRule)]
    groups = _apart(rules)
    assert sorted(rule.about.code for group in groups for rule in group) == [
        rule.about.code for rule in rules
    ]
    kinds = [set().union(*(rule.collectors for rule in group)) for group in groups]
    assert sum(map(len, kinds)) == len(set().union(*kinds))
    assert len(groups) > 5
    for group in groups:
        assert group == sorted(group, key=rules.index)


def test_a_rule_holds_where_its_condition_does_or_otherwise(write_jsonl: Write) -> None:
    rule = ColumnRule(
        about=about(),
        frame="segments",
        condition=lambda options: pl.col("text").str.contains("apple"),
        otherwise=lambda options: pl.col("text").str.len_bytes() == 1,
        message="found",
    )
    texts = ["an apple", "x", "a pear", "apple"]
    path = write_jsonl([{"prompt": text, "completion": "Answer."} for text in texts])
    report, _ = lint_sources(
        sources_of([path], LintOptions()), LintOptions(), DataOptions(), rules=[rule]
    )
    assert [finding.line for finding in report.findings] == [1, 2, 4]


def test_rules_about_forms_find_every_such_row(tmp_path: Path) -> None:
    """Above some thousand rows each form is looked at once."""
    user, assistant = ({"role": role, "content": "Say it."} for role in ("user", "assistant"))
    turns = [[user, assistant], [assistant, user, assistant], [user, user, assistant]]
    rows = [{"messages": turns[i % 7 if i % 7 < 3 else 0]} for i in range(6000)]
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = lint([path], LintOptions(select=("ROL002", "ROL005")), DataOptions())
    for code, place in (("ROL002", 1), ("ROL005", 2)):
        lines = [finding.line for finding in report.findings if finding.code == code]
        assert lines == [i + 1 for i in range(6000) if i % 7 == place]
