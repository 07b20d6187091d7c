"""What is said of answers that were judged bad: of their characters and prompts, not that they are bad answers."""

from __future__ import annotations

import json
from pathlib import Path

from curate.linting import lint
from curate.schemas.options.lint import LintOptions

_BAD = [
    "I cannot help with that.",
    "As an AI language model, I have no opinion.",
    "[Insert name] wrote it.",
    "That makes 2 + 2 = 5.",
    "N/A",
    "Assistant: it is.",
]


def _codes(
    folder: Path, label: bool, answers: list[str], prompt: str = "Who wrote book {}?"
) -> set[str]:
    path = folder / "judged.jsonl"
    rows = [
        {
            "prompt": prompt.format(i),
            "completion": f"It was written by the {i}th sister.",
            "label": not label,
        }
        for i in range(60)
    ] + [
        {"prompt": prompt.format(i + 60), "completion": answer, "label": label}
        for i, answer in enumerate(answers)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = lint([str(path)], LintOptions()).findings
    return {f.code for f in found if f.line is not None and f.line > 60}


def test_a_bad_answer_may_be_bad(tmp_path: Path) -> None:
    assert not {c for c in _codes(tmp_path, False, _BAD) if c.startswith(("TXT", "CON"))}
    assert {"TXT011", "TXT006", "TXT031", "TXT005", "TXT020"} <= _codes(tmp_path, True, _BAD)


def test_its_characters_and_its_prompt_are_still_looked_at(tmp_path: Path) -> None:
    assert {"TXT001", "TXT019", "TXT017"} <= _codes(
        tmp_path, False, ["", "Hi<|im_end|>", "a\u200bb"]
    )
    shown = "What does this screenshot no. {} show?"
    assert "TXT027" in _codes(tmp_path, False, ["An error.", "A window."], shown)
