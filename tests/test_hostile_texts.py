"""Rows that no rule may stumble over, nor spend more than a moment on: numbers and letters without end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.linting import lint
from curate.rules.number_series import wrong_primes

VAST = "9" * 5_000
ROWS = [
    ("What is the sum?", f"{VAST} plus 1 is 2"),
    ("And its root?", f"The square root of 1{'0' * 400} is 8."),
    ("Solve the system of equations 2x+3y=7 and x-y=1", f"x = {VAST}, y = 3"),
    ("What is the area of a square whose side is " + "9" * 150 + "?", "It is 5."),
    ("Calculate the compound interest on $1000 at 5% for 99999999 years.", "5"),
    ("List the prime numbers.", "They are " + "1" * 60 + "!"),
    ("Make an acronym for the word CAT", "CAT = " + "A" * 60 + "!"),
    ("Make an acronym for the word CAT", "A" * 60 + "! (CAT)"),
    ("Compute 9^9^9^9", "3"),
    ("Write a summary of the following text.", "\n" * 50_000 + "So."),
    ("Write a summary of the following text." + " \n" * 50_000 + "So.", "Well."),
]


@pytest.mark.parametrize(("prompt", "completion"), ROWS)
def test_the_row_is_read_to_its_end(tmp_path: Path, prompt: str, completion: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps({"prompt": prompt, "completion": completion}) + "\n")
    report = lint([path])
    assert report.summary.rows == 1


@pytest.mark.parametrize(
    ("completion", "wrong"),
    [
        ("They are 2, 3 and 9.", "9"),
        ("The primes are 2, 3, 5, and 15", "15"),
        ("{2, 3, 21}", "21"),
        ("2 x 3 x 25", "25"),
        ("They are 2, 3, 5 and 7.", None),
        ("There are 4", None),
        ("The answer is 4", None),
    ],
)
def test_lists_of_primes_are_read(completion: str, wrong: str | None) -> None:
    said = list(wrong_primes("List the prime numbers.", completion))
    assert [f"counts {wrong} among" in s for s in said] == ([True] if wrong else [])
