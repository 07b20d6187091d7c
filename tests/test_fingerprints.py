"""Fingerprints: the benchmark is found without its text, and nothing else is."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from curate.cli import main
from curate.errors import UserError
from curate.fingerprints import (
    FingerprintIndex,
    fingerprint_of,
    read_fingerprint,
    write_fingerprint,
)
from curate.texts import TextBatch

WORDS = [f"word{i}" for i in range(400)]


def _prompt(number: int) -> str:
    rng = random.Random(number)
    return " ".join(rng.choice(WORDS) for _ in range(30))


PROMPTS = [_prompt(i) for i in range(50)]
LINES = list(range(1, 51))


def _found(texts: list[str]) -> list[tuple[int, int]]:
    index = FingerprintIndex(fingerprint_of("bench.jsonl", LINES, PROMPTS))
    return [(s.row, s.reference) for s in index.find(TextBatch.of(texts))]


def test_finds_prompts_whatever_stands_around_them() -> None:
    texts = [f"Please answer: {p.upper()}! Thank you." for p in PROMPTS]
    assert _found(texts) == [(i, i) for i in range(50)]


def test_finds_prompts_with_a_changed_word() -> None:
    assert _found([PROMPTS[7].replace(PROMPTS[7].split()[15], "other", 1)]) == [(0, 7)]


def test_other_texts_are_not_taken_for_prompts() -> None:
    assert _found([_prompt(i) for i in range(100, 400)]) == []
    assert _found(["", "short", " ".join(PROMPTS[0].split()[:12])]) == []


def test_is_read_back_and_holds_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bench.fingerprint"
    written = fingerprint_of("bench.jsonl", LINES, [*PROMPTS[:-1], "too short"])
    write_fingerprint(path, written)
    read = read_fingerprint(str(path))
    assert read.name == "bench.jsonl"
    assert read.lines == tuple(LINES[:-1])
    assert all((a == b).all() for a, b in zip(read.grams, written.grams, strict=True))
    content = path.read_text()
    assert not any(word in content for word in PROMPTS[0].split())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        ("", "not a fingerprint"),
        ("nonsense", "not a fingerprint"),
        ('{"kind": "other"}', "not a fingerprint"),
        ('{"kind": "curate-fingerprint", "version": 9, "ngram": 4}', "another version"),
        ('{"kind": "curate-fingerprint", "version": 1, "ngram": 4}\n{"line": 1}', "broken"),
    ],
)
def test_a_wrong_file_is_the_users_mistake(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bench.fingerprint"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=said):
        read_fingerprint(str(path))


def test_lint_looks_for_the_prompts_of_a_fingerprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = [{"question": p, "answer": "x"} for p in PROMPTS]
    data = [
        {"prompt": PROMPTS[3], "completion": "y"},
        {"prompt": "Something else?", "completion": "z"},
    ]
    for name, rows in (("bench.jsonl", bench), ("data.jsonl", data)):
        (tmp_path / name).write_text("".join(json.dumps(r) + "\n" for r in rows))
    assert main(["fingerprint", "bench.jsonl"]) == 0
    (tmp_path / "bench.jsonl").unlink()
    capsys.readouterr()
    chosen = ["--isolated", "--select", "DUP008", "--output-format", "json"]
    assert main(["lint", "data.jsonl", *chosen, "--against", "bench.jsonl.fingerprint"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(f["line"], f["code"]) for f in found] == [(1, "DUP008")]
    assert "bench.jsonl:4" in found[0]["message"]


def test_gsm8k_test_rows_are_found_and_train_rows_are_not(
    public_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test, train = public_data / "gsm8k_test.jsonl", public_data / "gsm8k_train.jsonl"
    assert main(["fingerprint", str(test), "-o", "g.fingerprint"]) == 0
    capsys.readouterr()
    chosen = ["--isolated", "--select", "DUP008", "--output-format", "json", "--exit-zero"]
    for against in (str(test), "g.fingerprint"):
        for path, expected in ((test, 1319), (train, 0)):
            main(["lint", str(path), *chosen, "--against", against])
            assert json.loads(capsys.readouterr().out)["summary"]["errors"] == expected
