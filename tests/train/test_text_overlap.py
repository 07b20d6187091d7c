"""Overlap of texts, against the libraries that are its reference."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.train.text_overlap import chrf, common_subsequence, exact_match, rouge_l, token_f1


def test_exact_match_ignores_only_the_space_around() -> None:
    assert exact_match(" yes\n", "yes") == 1.0
    assert exact_match("Yes", "yes") == 0.0


def test_token_f1() -> None:
    assert token_f1("The cat sat.", "a cat sat") == 1.0
    assert token_f1("cat", "dog") == 0.0
    assert token_f1("cat cat dog", "cat mouse") == pytest.approx(2 * 1 / 5)
    assert token_f1("", "") == 1.0
    assert token_f1("", "x") == 0.0


# Output, reference, and what rouge-score 0.1.2 says (rougeL, without stemming).
ROUGE = [
    ("The cat sat on a mat.", "A cat was sitting on the mat.", 0.4615384615384615),
    ("one two three four", "four three two one", 0.25),
    ("def f(x):\n    return x + 1", "def g(x):\n    return 1 + x", 0.6666666666666666),
    ("Café au lait, 3.50 €", "café au lait: 3,50", 1.0),
    ("the the the", "the", 0.5),
    ("", "word", 0.0),
]


@pytest.mark.parametrize(("output", "reference", "expected"), ROUGE)
def test_rouge_l_on_fixed_cases(output: str, reference: str, expected: float) -> None:
    assert rouge_l(output, reference) == pytest.approx(expected, abs=1e-12)


def test_rouge_l_is_that_of_rouge_score() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    rng = random.Random(5)
    words = [
        "the",
        "cat",
        "sat",
        "on",
        "a",
        "mat,",
        "and",
        "Then",
        "it",
        "ran!",
        "12",
        "3.5",
        "café",
        "x-ray",
    ]
    for _ in range(300):
        output = " ".join(rng.choices(words, k=rng.randint(0, 30)))
        reference = " ".join(rng.choices(words, k=rng.randint(1, 30)))
        expected = scorer.score(reference, output)["rougeL"].fmeasure
        assert rouge_l(output, reference) == pytest.approx(expected, abs=1e-12)


def test_rouge_l_sees_other_scripts() -> None:
    assert rouge_l("кот спит дома", "кот спит") == pytest.approx(0.8)
    assert rouge_l("собака", "кот спит") == 0.0


WORDS = st.lists(st.sampled_from("abcd"), max_size=40)


@given(WORDS, WORDS)
def test_the_longest_common_subsequence_is_that_of_the_table(a: list[str], b: list[str]) -> None:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, left in enumerate(a):
        for j, right in enumerate(b):
            longest = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if left == right else longest
    assert common_subsequence(a, b) == table[-1][-1]


def test_chrf_is_sacrebleus() -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    score = chrf()
    assert score is not None
    output, reference = "The cat sat on a mat.", "A cat was sitting on the mat."
    expected = sacrebleu.sentence_chrf(output, [reference]).score / 100
    assert score(output, reference) == pytest.approx(expected)
