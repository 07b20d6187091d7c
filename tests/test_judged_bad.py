"""What is said of answers that were judged bad: of their characters and prompts, not that they are bad answers.

In whichever layout the judgement stands, it goes with the row, unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.cli import main
from curate.linting import lint
from curate.schemas.options.lint import LintOptions

Layout = Callable[[str, str, bool], dict[str, Any]]

_BAD = [
    "I cannot help with that.",
    "As an AI language model, I have no opinion.",
    "[Insert name] wrote it.",
    "That makes 2 + 2 = 5.",
    "N/A",
    "Assistant: it is.",
]


def _turns(prompt: str, answer: str, names: tuple[str, str, str, str]) -> list[dict[str, str]]:
    speaker, text, asks, answers = names
    return [{speaker: asks, text: prompt}, {speaker: answers, text: answer}]


_CHAT = ("role", "content", "user", "assistant")
_SHAREGPT = ("from", "value", "human", "gpt")
LAYOUTS: dict[str, Layout] = {
    "strings": lambda p, a, good: {"prompt": p, "completion": a, "label": good},
    "lists": lambda p, a, good: {
        "prompt": _turns(p, a, _CHAT)[:1],
        "completion": _turns(p, a, _CHAT)[1:],
        "label": good,
    },
    "messages": lambda p, a, good: {"messages": _turns(p, a, _CHAT), "label": good},
    "tagged messages": lambda p, a, good: {"messages": _turns(p, a, _CHAT), "kto_tag": good},
    "conversations": lambda p, a, good: {
        "conversations": _turns(p, a, _SHAREGPT),
        "kto_tag": good,
    },
    "instruction": lambda p, a, good: {
        "instruction": p,
        "input": "",
        "output": a,
        "kto_tag": good,
    },
}


def _write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "judged.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _codes(
    folder: Path, layout: str, label: bool, answers: list[str], prompt: str = "Who wrote book {}?"
) -> set[str]:
    row = LAYOUTS[layout]
    rows = [
        row(prompt.format(i), f"It was written by the {i}th sister.", not label) for i in range(60)
    ]
    rows += [row(prompt.format(i + 60), answer, label) for i, answer in enumerate(answers)]
    found = lint([str(_write(folder, rows))], LintOptions()).findings
    return {f.code for f in found if f.line is not None and f.line > 60}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_bad_answer_may_be_bad(tmp_path: Path, layout: str) -> None:
    found = _codes(tmp_path, layout, False, _BAD)
    assert not {c for c in found if c.startswith(("TXT", "CON"))}
    found = _codes(tmp_path, layout, True, _BAD)
    assert {"TXT011", "TXT006", "TXT031", "TXT005", "TXT020"} <= found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_its_characters_and_its_prompt_are_still_looked_at(tmp_path: Path, layout: str) -> None:
    answers = ["", "Hi<|im_end|>", "a\u200bb"]
    assert {"TXT001", "TXT019", "TXT017"} <= _codes(tmp_path, layout, False, answers)
    shown = "What does this screenshot no. {} show?"
    assert "TXT027" in _codes(tmp_path, layout, False, ["An error.", "A window."], shown)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_judged_rows_are_kept_as_they_are(tmp_path: Path, layout: str) -> None:
    row = LAYOUTS[layout]
    rows = [
        row(f"Who wrote the {i} books of {i * i} pages?", f"{word} did, in {i * 7}.", i % 2 == 0)
        for i, word in enumerate(["Ann", "Bea", "Cleo", "Dora", "Ella", "Fay"] * 10)
    ]
    path = _write(tmp_path, rows)
    lines = path.read_bytes().splitlines()
    assert main(["dedupe", str(path), "-o", str(tmp_path / "kept.jsonl"), "--isolated"]) == 0
    assert (tmp_path / "kept.jsonl").read_bytes() == path.read_bytes()
    assert main(["split", str(path), "-o", str(tmp_path / "splits"), "--isolated"]) == 0
    parts = [(tmp_path / "splits" / f"{n}.jsonl").read_bytes() for n in ("train", "val", "test")]
    assert sorted(line for part in parts for line in part.splitlines()) == sorted(lines)
    dirty = _write(tmp_path, [row("Who\u200b wrote it?", "Ann\u200b did.", False), *rows])
    main(["lint", "--fix", "--no-cache", "--select", "TXT017", "--isolated", str(dirty)])
    assert dirty.read_bytes().splitlines()[1:] == lines
    mended = json.loads(dirty.read_bytes().splitlines()[0])
    assert mended == row("Who wrote it?", "Ann did.", False)
