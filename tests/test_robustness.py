"""Whatever the bytes, `curate lint` answers with findings or one sentence, and leaves them alone.

`CURATE_FUZZ=20` makes twenty times as many inputs.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.cli import main

TIMES = int(os.environ.get("CURATE_FUZZ", "1"))
CHAT = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is 2 + 2?\n- [x] é 日本"},
        {"role": "assistant", "content": '{"answer": 4}', "weight": 1},
    ]
}
TOOLS = {
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Time?"}], "name": "ann"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "t", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": "12:00"},
        {"role": "assistant", "content": "Noon."},
    ],
    "tools": [{"type": "function", "function": {"name": "t", "parameters": {"type": "object"}}}],
}
RECORDS: list[dict[str, Any]] = [
    CHAT,
    TOOLS,
    {"instruction": "Add", "input": "1 2", "output": "3", "history": [["a", "b"]]},
    {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
    {"prompt": "Say hi", "completion": "Hi.", "score": 1.5},
    {"question": "Where?", "answer": "There, at jane@example.com.", "context": "Here"},
    {"text": "Some text. " * 5},
    {"prompt": "Q", "chosen": "Good answer", "rejected": "Bad answer"},
    {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"},
    {"prompt": "Q", "completion": "A", "label": True},
]
WRONG: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**70,
    "",
    "\u0000",
    "\u202e\ufeff\u200b",
    "﷽" * 50,
    "a" * 5000,
    [],
    {},
    [[]],
    [None],
    {"": ""},
    [{"role": 1}],
    {"a": {"b": {"c": []}}},
]
PIECES: list[bytes] = [
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b"\\", b"{", b"}", b"[", b"]"),
    *(b",", b"\\ud800", b"\\u0000", b"NaN", b"Infinity", b"1e999", b"\xc3", b"\xed\xa0\x80"),
    *(b"[" * 3000, b'{"a":' * 3000, b"9" * 5000, b"\xf0\x9f\x98\x80", b"'", b"\x1b[31m"),
]


def _rows(chance: random.Random) -> list[dict[str, Any]]:
    kind = chance.choice(RECORDS)
    mixed = chance.random() < 0.2
    return [dict(chance.choice(RECORDS) if mixed else kind) for _ in range(chance.randint(1, 8))]


def _with_wrong_value(value: Any, chance: random.Random) -> Any:
    """A copy with one value, somewhere inside, replaced by one of another kind."""
    if not value or not isinstance(value, (dict, list)) or chance.random() < 0.2:
        return chance.choice(WRONG)
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [_with_wrong_value(v, chance) if i == at else v for i, v in enumerate(value)]
    name = chance.choice(list(value))
    return {k: _with_wrong_value(v, chance) if k == name else v for k, v in value.items()}


def _content(rows: list[Any], suffix: str) -> bytes:
    if suffix == ".json":
        return json.dumps(rows, ensure_ascii=False, indent=random.choice([None, 1])).encode(
            "utf-8", "surrogatepass"
        )
    if suffix in (".csv", ".tsv"):
        text = io.StringIO()
        names = list(rows[0]) if isinstance(rows[0], dict) else ["prompt", "completion"]
        text.write(("," if suffix == ".csv" else "\t").join(names) + "\n")
        for row in rows:
            cells = [json.dumps(row.get(n) if isinstance(row, dict) else row) for n in names]
            text.write(",".join(cells) + "\n")
        return text.getvalue().encode("utf-8", "surrogatepass")
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    return "\n".join(lines).encode("utf-8", "surrogatepass") + b"\n"


def _mutated(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice([0, 1, 1, 2, 5])):
        at = chance.randrange(len(content) + 1)
        to = min(len(content), at + chance.choice([1, 3, 40, 4000]))
        match chance.randrange(6):
            case 0:
                content = content[:at]
            case 1:
                content = content[:at] + chance.randbytes(to - at) + content[to:]
            case 2:
                content = content[:to] + content[at:to] * 3 + content[to:]
            case 3:
                content = content[:at] + chance.choice(PIECES) + content[at:]
            case 4:
                content = content[:at] + content[to:]
            case _:
                content = content.decode("utf-8", "replace").encode(
                    chance.choice(["latin-1", "utf-16", "cp1252", "shift_jis"]), "replace"
                )
    return content


PACKED: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress}


@pytest.mark.parametrize("seed", range(30))
def test_mutated_inputs(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(8 * TIMES):
        chance = random.Random(f"{seed}/{number}")
        suffix = chance.choice([".jsonl", ".jsonl", ".jsonl", ".json", ".csv", ".tsv"])
        rows: list[Any] = _rows(chance)
        if chance.random() < 0.6:
            rows = [_with_wrong_value(r, chance) if chance.random() < 0.5 else r for r in rows]
        content = _mutated(_content(rows, suffix), chance)
        packing = chance.choice(["", "", "", ".gz", ".bz2"])
        path = tmp_path / f"{number}{suffix}{packing}"
        packed = PACKED[packing](content) if packing else content
        if packing and chance.random() < 0.5:
            packed = _mutated(packed, chance)
        path.write_bytes(packed)
        flags = chance.choice([[], ["--diff"], ["--diff", "--unsafe-fixes"]])
        form = chance.choice(["text", "json", "sarif", "github", "html"])
        code = main(["lint", "--no-cache", "--output-format", form, *flags, str(path)])
        said = capsys.readouterr()
        assert code in (0, 1, 2), f"seed {seed}/{number}: {said.err}"
        assert "Traceback" not in said.err
        if code == 2:
            assert said.err.count("\n") <= 2
        assert path.read_bytes() == packed, "the input was changed"


@pytest.mark.parametrize("seed", range(5))
def test_repairing_mutated_inputs_ends_and_repairing_again_changes_nothing(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(6 * TIMES):
        chance = random.Random(f"fix {seed}/{number}")
        suffix = chance.choice([".jsonl", ".jsonl", ".json", ".csv"])
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(_mutated(_content(_rows(chance), suffix), chance))
        flags = ["--no-cache", "--unsafe-fixes", str(path)]
        assert main(["lint", *flags]) in (0, 1, 2), f"seed {seed}/{number}"
        after = path.read_bytes()
        assert main(["lint", *flags]) in (0, 1, 2), f"seed {seed}/{number}"
        assert path.read_bytes() == after, f"seed {seed}/{number}: repaired twice"


def check(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """(exit code, everything that was said)."""
    code = main(["lint", "--no-cache", "--select", "FMT,ROL,TXT", str(path)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert code in (0, 1, 2)
    return code, said.out + said.err


ROW = json.dumps(CHAT, ensure_ascii=False).encode()
BAD: dict[str, tuple[bytes, int, str]] = {
    "invalid UTF-8": (ROW + b'\n{"text": "\xff"}\n', 1, ":2 "),
    "a NUL byte": (ROW + b'\n{"text": "\x00"}\n', 1, "NUL"),
    "a byte-order mark": (b"\xef\xbb\xbf" + ROW + b"\n", 0, "byte-order mark"),
    "CR LF": (ROW + b"\r\n" + ROW + b"\r\n", 0, "CR LF"),
    "a cut last line": (ROW + b"\n" + ROW[:50], 1, ":2 "),
    "deep nesting": (ROW + b"\n" + b"[" * 100_000 + b"\n", 1, ":2 "),
    "deep objects": (ROW + b"\n" + b'{"a":' * 100_000 + b"\n", 1, ":2 "),
    "huge numbers": (
        b'{"prompt": "a", "completion": "b", "n": ' + b"9" * 10_000 + b"}\n",
        1,
        "a number of 10,000 digits",
    ),
    "an empty file": (b"", 0, "0 rows"),
    "only blank lines": (b"\n\n\n", 0, "0 rows"),
    "a bare number": (b"5\n" + ROW + b"\n", 1, ":1 "),
    "a program": (b"\x7fELF" + bytes(range(256)) * 4, 2, "a program"),
    "binary data": (bytes(range(256)) * 20, 2, "binary"),
    "UTF-16": (ROW.decode().encode("utf-16"), 2, "UTF-16"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, expected, words = BAD[kind]
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    code, said = check(path, capsys)
    assert code == expected, said
    assert words in said
    assert path.read_bytes() == content


def test_a_very_long_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data.jsonl"
    long = {"prompt": "a", "completion": "word " * 2_000_000}
    path.write_text(json.dumps(long) + "\n" + json.dumps({"prompt": "a", "completion": ""}) + "\n")
    code, said = check(path, capsys)
    assert code == 1
    assert ":2 TXT001" in said
    assert len(said) < 20_000


def test_a_folder_a_missing_file_and_one_without_permission(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert check(tmp_path / "empty", capsys)[0] == 2
    assert check(tmp_path / "nowhere.jsonl", capsys)[0] == 2
    locked = tmp_path / "locked.jsonl"
    locked.write_bytes(ROW)
    locked.chmod(0)
    if os.access(locked, os.R_OK):
        pytest.skip("this user may read everything")
    code, said = check(locked, capsys)
    assert code == 2
    assert "permission" in said


def test_damaged_containers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = gzip.compress(ROW * 100)
    (tmp_path / "cut.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "not.jsonl.gz").write_bytes(ROW)
    (tmp_path / "not.parquet").write_bytes(ROW)
    pl.DataFrame({"a": [1], "b": ["x"]}).write_parquet(tmp_path / "columns.parquet")
    assert check(tmp_path / "cut.jsonl.gz", capsys)[0] == 2
    assert check(tmp_path / "not.jsonl.gz", capsys)[0] == 2
    assert check(tmp_path / "not.parquet", capsys)[0] == 2
    code, said = check(tmp_path / "columns.parquet", capsys)
    assert code == 1
    assert "no known record format" in said
