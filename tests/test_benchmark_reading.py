"""Benchmarks are compared with by what they ask, in whichever layout their answers stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.cli import main
from curate.errors import UserError
from curate.linting import lint
from curate.schemas.options.lint import LintOptions

Write = Callable[..., Path]
ASKED = "Which of the two rivers that meet below the old mill is the longer one, row {}?"
LAYOUTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "options and the number of the right one": lambda q: {
        "question": q,
        "choices": ["the left", "the right"],
        "answer": 1,
        "subject": "rivers",
    },
    "a key": lambda q: {"id": "a", "question": q, "choices": {"text": ["a"]}, "answerKey": "A"},
    "yes or no": lambda q: {"question": q, "answer": True, "passage": "The left one."},
    "spans": lambda q: {"context": "Rivers.", "question": q, "answers": {"text": ["left"]}},
    "endings": lambda q: {"ind": 1, "ctx": q, "endings": ["left", "right"], "label": "1"},
    "a program": lambda q: {"task_id": "1", "prompt": q, "canonical_solution": "x", "test": "y"},
    "question and answer": lambda q: {"question": q, "answer": "The left one."},
}


def rows(ask: Callable[[str], dict[str, Any]], count: int = 4) -> list[dict[str, Any]]:
    return [ask(ASKED.format(i)) for i in range(count)]


def trained_on(write_jsonl: Write) -> Path:
    others = ["Name a tree that keeps its leaves.", "How far is it to the sea from here on foot?"]
    asked = [ASKED.format(i) for i in range(4)]
    return write_jsonl([{"prompt": q, "completion": "The left."} for q in asked + others])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_a_benchmark_asks_is_found(write_jsonl: Write, tmp_path: Path, layout: str) -> None:
    bench = write_jsonl(rows(LAYOUTS[layout]), "bench.jsonl")
    path = trained_on(write_jsonl)
    report = lint([path], LintOptions(select=("DUP008",), against=(bench,)))
    assert [f.line for f in report.findings] == [1, 2, 3, 4]
    assert not report.not_assessed
    hashes = tmp_path / "bench.fingerprint"
    assert main(["fingerprint", str(bench), "-o", str(hashes)]) == 0
    report = lint([path], LintOptions(select=("DUP008",), against=(hashes,)))
    assert [f.line for f in report.findings] == [1, 2, 3, 4]


def test_a_benchmark_that_cannot_be_read_does_not_pass(write_jsonl: Write) -> None:
    bench = write_jsonl([{"foo": ASKED.format(i)} for i in range(4)], "bench.jsonl")
    with pytest.raises(UserError, match=r"no known record format.*curate fingerprint"):
        lint([trained_on(write_jsonl)], LintOptions(against=(bench,)))


def test_rows_of_a_benchmark_that_are_left_out_are_told(write_jsonl: Write) -> None:
    whole = rows(LAYOUTS["question and answer"])
    bench = write_jsonl([*whole, {"question": 4, "answer": "Four."}], "bench.jsonl")
    report = lint([trained_on(write_jsonl)], LintOptions(select=("DUP",), against=(bench,)))
    assert len([f for f in report.findings if f.code == "DUP008"]) == 4
    [note] = [item for item in report.not_assessed if item.code == "DUP008"]
    assert "1 row of" in note.reason
    assert not note.failed
