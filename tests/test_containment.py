"""Texts that contain a reference, edited a little: exact by dynamic programming, on both engines."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.containment import MIN_TOKENS, least_edits
from curate.duplicates import contained_matches
from curate.engines import EngineName

ENGINES: tuple[EngineName, ...] = ("local", "datasketch")
QUESTION = "Natalia sold clips to 48 of her friends in April and then half as many clips in May"


def slow_edits(wanted: list[int], text: list[int]) -> int:
    """The plain recursion over all stretches of the text."""

    def distance(stretch: list[int]) -> int:
        row = list(range(len(stretch) + 1))
        for i, a in enumerate(wanted, 1):
            before, row[0] = row[0], i
            for j, b in enumerate(stretch, 1):
                before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
        return row[-1]

    size = len(text)
    return min(distance(text[i:j]) for i in range(size + 1) for j in range(i, size + 1))


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.lists(st.integers(0, 3), max_size=9))
def test_least_edits_is_the_least_over_all_stretches(wanted: list[int], text: list[int]) -> None:
    assert least_edits(wanted, text) == slow_edits(wanted, text)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_not_contained(engine: EngineName) -> None:
    texts = [
        "",
        "Natalia sold clips",
        "In April and then half as many clips in May were sold by someone else to friends",
        " ".join(sorted(QUESTION.split())),
    ]
    assert contained_matches(texts, [QUESTION, "", "too short to tell"], engine=engine) == []


@pytest.mark.parametrize("engine", ENGINES)
def test_short_references_are_no_evidence(engine: EngineName) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    assert len(words) == MIN_TOKENS
    text = "so " + " ".join(words)
    assert contained_matches([text], [" ".join(words[1:])], engine=engine) == []
    assert len(contained_matches([text], [" ".join(words)], engine=engine)) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_light_edits_are_found(engine: EngineName) -> None:
    random_ = random.Random(0)
    around = [f"word{i}" for i in range(300)]
    texts = []
    for _ in range(60):
        words = QUESTION.replace(",", "").split()
        for _ in range(2):
            words[random_.randrange(len(words))] = random_.choice(around)
        inside = " ".join(words)
        inside = random_.choice(
            [inside, inside.upper(), inside.replace(" ", " -- "), inside + "!!"]
        )
        cut = random_.randrange(200)
        texts.append(" ".join(around[:cut]) + "\n" + inside + "\n" + " ".join(around[cut:]))
    found = contained_matches(
        texts, ["something else entirely, which stands nowhere here", QUESTION], engine=engine
    )
    assert [c.row for c in found] == list(range(60))
    assert {c.reference for c in found} == {1}
    assert all(c.containment >= 1 - 2 / 18 for c in found)


def test_engines_agree() -> None:
    random_ = random.Random(4)
    words = ["a", "b", "c", "d", "e", "f"]
    texts = [" ".join(random_.choices(words, k=random_.randrange(40))) for _ in range(80)]
    references = [" ".join(random_.choices(words, k=random_.randrange(6, 14))) for _ in range(30)]
    references += ["日本語のテキストです", references[3]]
    texts.append("これは日本語のテキストですね")
    for containment in (0.5, 0.8, 1.0):
        one, two = (
            contained_matches(texts, references, containment=containment, engine=engine)
            for engine in ENGINES
        )
        assert one == two
        assert any(c.row == 80 for c in one)


@pytest.mark.data
def test_gsm8k_questions_planted_and_edited_are_all_found(public_data: Path) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        return [json.loads(line) for line in (public_data / name).read_text("utf-8").splitlines()]

    train, test = rows("gsm8k_train.jsonl"), rows("gsm8k_test.jsonl")
    questions = [row["question"] for row in test]
    solved = [f"{row['question']}\n{row['answer']}" for row in train]
    # Three training rows are test questions with other names and numbers; no other is flagged.
    flagged = [(c.row + 1, c.reference + 1) for c in contained_matches(solved, questions)]
    assert flagged == [(21, 633), (1315, 603), (5163, 603)]
    random_ = random.Random(1)
    planted = []
    for question in questions:
        words = question.split()
        for at in random_.sample(range(len(words)), 2):
            words[at] = random_.choice(["seven", "blue", "carefully", "Nadia"])
        text = " ".join(words)
        bare = "".join(c for c in text if c not in string.punctuation)
        text = random_.choice([text, text.upper(), text.lower(), bare])
        planted.append("\n".join([random_.choice(solved), text, random_.choice(solved)]))
    found = contained_matches(planted, questions)
    assert [(c.row, c.reference) for c in found] == [(i, i) for i in range(len(questions))]
