"""`curate lint` as its users meet it: flags, exit codes, streams, files."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.cli import main
from curate.cli.watching import changes
from curate.rules import RULES

Write = Callable[..., Path]
GOOD = {"prompt": "Name a fruit.", "completion": "An apple."}
EMPTY = {"prompt": "Name a fruit.", "completion": ""}
ONLY = ("--select", "TXT001", "--no-cache")


class _Input(io.TextIOWrapper):
    """Standard input that holds these bytes."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


def pipe(monkeypatch: pytest.MonkeyPatch, *rows: Any) -> None:
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    monkeypatch.setattr("sys.stdin", _Input(content))


def test_clean_data_exits_0(write_jsonl: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", *ONLY, str(write_jsonl([GOOD]))]) == 0
    assert "nothing found in 1 row of 1 file" in capsys.readouterr().out


def test_errors_exit_1_and_name_the_line(
    write_jsonl: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_jsonl([GOOD, EMPTY])
    assert main(["lint", *ONLY, str(path)]) == 1
    assert f"{path}:2 TXT001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "code"),
    [([], 0), (["--fail-on", "warning"], 1), (["--fail-on", "info"], 1), (["--exit-zero"], 0)],
)
def test_what_fails_can_be_chosen(write_jsonl: Write, flags: list[str], code: int) -> None:
    path = write_jsonl([GOOD])
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # a warning
    assert main(["lint", "--select", "carriage-returns", "--no-cache", *flags, str(path)]) == code


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere.jsonl"],
        ["--select", "NOPE", "data.jsonl"],
        ["--no-such-flag", "data.jsonl"],
        ["--fail-on", "fatal", "data.jsonl"],
        ["--output-format", "xml", "data.jsonl"],
        ["--add-suppressions", "data.jsonl"],
        ["--baseline", "nowhere.json", "data.jsonl"],
        ["--output", "no/such/folder/out.txt", "data.jsonl"],
        ["--max-per-rule", "-1", "data.jsonl"],
    ],
)
def test_the_users_mistakes_exit_2_in_one_line(
    write_jsonl: Write, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    write_jsonl([EMPTY])
    assert main(["lint", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("curate: ")
    assert "Traceback" not in said


def test_the_working_folder_is_checked_when_no_file_is_named(
    write_jsonl: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write_jsonl([EMPTY], "a/x.jsonl")
    write_jsonl([EMPTY], "x.removed.jsonl")
    assert main(["lint", *ONLY]) == 1
    assert "a/x.jsonl:1" in capsys.readouterr().out


def test_text_and_json_agree(write_jsonl: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write_jsonl([EMPTY, GOOD, EMPTY]))
    main(["lint", *ONLY, path])
    shown = capsys.readouterr().out
    main(["lint", *ONLY, path, "--output-format", "json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [f"{f['path']}:{f['line']} {f['code']}" in shown for f in findings] == [True, True]


def test_a_dirty_file_stays_readable(
    write_jsonl: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write_jsonl([EMPTY] * 500))
    main(["lint", *ONLY, path])
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) < 30
    assert "… and 490 more of TXT001" in shown
    assert "500 errors" in shown
    main(["lint", *ONLY, path, "--max-per-rule", "0"])
    assert capsys.readouterr().out.count("TXT001") == 500
    main(["lint", *ONLY, path, "--output-format", "jsonl"])
    assert len(capsys.readouterr().out.splitlines()) == 500


def test_the_output_goes_to_a_file(write_jsonl: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write_jsonl([EMPTY]))
    assert main(["lint", *ONLY, path, "--output-format", "sarif", "--output", "out.sarif"]) == 1
    assert json.loads(Path("out.sarif").read_text())["version"] == "2.1.0"
    assert "1 error" in capsys.readouterr().out


def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(monkeypatch, GOOD, EMPTY)
    assert main(["lint", *ONLY, "-"]) == 1
    assert "-:2 TXT001" in capsys.readouterr().out


def test_standard_input_can_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", _Input(b"prompt,completion\na,\n"))
    assert main(["lint", *ONLY, "-", "--stdin-filename", "some/where.csv"]) == 1
    assert "some/where.csv:2 TXT001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (
            gzip.compress(b"{}", mtime=0),
            "gzip-compressed; say so with --stdin-filename rows.jsonl.gz",
        ),
        (b"PAR1" + bytes(20), "a parquet file; say so with --stdin-filename rows.parquet"),
        (b"%PDF-1.4 and so on", "a PDF document"),
    ],
)
def test_standard_input_of_another_kind_says_how(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], head: bytes, said: str
) -> None:
    monkeypatch.setattr("sys.stdin", _Input(head))
    assert main(["lint", *ONLY, "-"]) == 2
    assert capsys.readouterr().err.strip() == f"curate: standard input is {said}"


def test_repaired_standard_input_goes_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr("sys.stdin", _Input(b'{"prompt": "a", "completion": "b",}\n'))
    flags = ["--select", "FMT001", "--no-cache", "--fix"]
    assert main(["lint", *flags, "-"]) == 0
    out, err = capfdbinary.readouterr()
    assert json.loads(out) == {"prompt": "a", "completion": "b"}
    assert b"made 1 repair" in err


def test_safe_repairs_are_made_and_unsafe_ones_are_not(
    write_jsonl: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_jsonl([EMPTY])
    path.write_text(path.read_text() + '{"prompt": "a", "completion": "b",}\n')
    flags = ["--select", "FMT001,TXT001", "--no-cache"]
    assert main(["lint", *flags, "--fix", str(path)]) == 1
    assert "made 1 repair (1 of FMT001)" in capsys.readouterr().out
    assert len(path.read_text().splitlines()) == 2
    assert main(["lint", *flags, "--unsafe-fixes", str(path)]) == 0
    assert len(path.read_text().splitlines()) == 1


def test_the_diff_writes_nothing(write_jsonl: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_jsonl([EMPTY])
    before = path.read_bytes()
    assert main(["lint", *ONLY, "--diff", str(path)]) == 0, "there is no safe repair"
    assert main(["lint", *ONLY, "--diff", "--unsafe-fixes", str(path)]) == 1
    assert "-{" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_baseline_and_suppressions(write_jsonl: Write) -> None:
    path = str(write_jsonl([EMPTY]))
    assert main(["lint", *ONLY, path, "--write-baseline", "known.json"]) == 0
    assert main(["lint", *ONLY, path, "--baseline", "known.json"]) == 0
    assert main(["lint", *ONLY, path]) == 1
    assert main(["lint", *ONLY, path, "--add-suppressions", "--reason", "meant"]) == 0
    assert main(["lint", *ONLY, path]) == 0


def test_settings_come_from_the_configuration_file(
    write_jsonl: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write_jsonl([EMPTY], "sub/data.jsonl"))
    Path("curate.toml").write_text(
        '[lint]\nselect = ["TXT001"]\nper-file-ignores = {"sub/*" = ["TXT"]}\n'
    )
    assert main(["lint", "--no-cache", "sub"]) == 0
    main(["lint", "--show-settings", path])
    shown = capsys.readouterr().out
    assert 'select = ["TXT001"]  # ' in shown
    assert "curate.toml" in shown
    assert 'fail-on = "error"  # default' in shown


def test_rules_are_left_out_in_some_files(write_jsonl: Write) -> None:
    path = str(write_jsonl([EMPTY], "old/data.jsonl"))
    assert main(["lint", *ONLY, path]) == 1
    assert main(["lint", *ONLY, path, "--per-file-ignores", "old/*=DUP,TXT"]) == 0
    assert main(["lint", *ONLY, path, "--per-file-ignores", "new/*=DUP,TXT"]) == 1


def test_files_can_be_listed(write_jsonl: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write_jsonl([EMPTY], "b.jsonl")
    write_jsonl([EMPTY], "a.jsonl")
    assert main(["lint", "--show-files", "."]) == 0
    assert capsys.readouterr().out.splitlines() == ["./a.jsonl", "./b.jsonl"]


def test_watching_notices_changes_new_files_and_gone_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("1")
    watched = changes(lambda: [str(p) for p in sorted(tmp_path.glob("*.jsonl"))])
    next(watched)
    path.write_text("longer")
    next(watched)
    (tmp_path / "b.jsonl").write_text("x")
    next(watched)
    path.unlink()
    next(watched)


def test_a_rule_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "TXT001"]) == 0
    by_code = capsys.readouterr().out
    assert "# TXT001: empty-completion" in by_code
    assert main(["rule", "empty-completion"]) == 0
    assert capsys.readouterr().out == by_code
    assert main(["rule", "TXT999"]) == 2
    assert main(["rule", "txt001", "--output-format", "json"]) == 0
    capsys.readouterr()


def test_all_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    shown = capsys.readouterr().out
    assert all(rule.about.code in shown for rule in RULES)
    assert main(["rules", "--output-format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [rule["code"] for rule in listed] == [rule.about.code for rule in RULES]
    assert {"name", "severity", "confidence", "summary", "reason", "example", "fix"} <= set(
        listed[0]
    )


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes only there")
def test_a_name_that_is_not_utf8_is_shown_in_escapes_and_repaired_in_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.jsonl"
    with open(path, "wb") as stream:
        stream.write(b'\xef\xbb\xbf{"prompt": "a", "completion": "b"}\n')
    for form in ("text", "json", "jsonl", "github", "gitlab", "sarif", "html"):
        out = tmp_path / f"out.{form}"
        flags = ["--no-cache", "--output-format", form, "--output", str(out)]
        assert main(["lint", *flags, str(tmp_path / "*.jsonl")]) == 1
        assert (
            "\\xff.jsonl" in out.read_text(encoding="utf-8").replace("\\\\", "\\")
            or form == "sarif"
        )
    assert main(["lint", "--no-cache", "--fix", str(tmp_path / "*.jsonl")]) == 1
    with open(path, "rb") as stream:
        assert not stream.read().startswith(b"\xef\xbb\xbf")
    assert "Traceback" not in capsys.readouterr().err


def test_of_several_files_those_that_can_be_read_are_checked(
    write_jsonl: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_jsonl([EMPTY], "sub/data.jsonl")
    (tmp_path / "sub" / "noise.jsonl").write_bytes(bytes(range(32)) * 40)
    (tmp_path / "sub" / "table.parquet").write_bytes(b"no parquet")
    assert main(["lint", "--no-cache", "sub"]) == 2
    told = capsys.readouterr()
    assert "sub/data.jsonl:1 TXT001 error" in told.out
    assert "in 1 row of 1 file" in told.out
    assert told.err.splitlines() == [
        "curate: sub/noise.jsonl: this is not text but binary data; expected JSON lines in UTF-8",
        "curate: sub/table.parquet: not a parquet file (its first bytes are not PAR1)",
        "curate: 2 of 3 files not checked",
    ]


def test_where_no_file_can_be_read_there_is_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(bytes(range(32)) * 40)
    assert main(["lint", "--no-cache", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
