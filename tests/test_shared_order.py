"""What all prompts of a set say: shared words and lines, and the labels that they list."""

from __future__ import annotations

import polars as pl
import pytest

from curate.label_vocabularies import one_vocabulary
from curate.shared_order import Order, OrderTally

LABELS = ["Positive", "Negative", "Mixed", "Good", "Bad"]


def _order(prompts: list[str], system: str | None = None) -> str:
    tally = OrderTally()
    tally.add(
        pl.DataFrame(
            {"system": [system] * len(prompts), "prompt": prompts},
            schema={"system": pl.String, "prompt": pl.String},
        )
    )
    return tally.order().text


def test_order_is_the_system_prompt_and_the_lines_and_words_around_the_text() -> None:
    assert _order([f"text {i} of {i * 7}" for i in range(40)], "Be brief.\nBe kind.") == (
        "Be brief.\nBe kind."
    )
    prompts = [f"Classify the mail: {i} lamps came late. Options: a or b" for i in range(40)]
    assert _order(prompts) == "Classify the mail: \n lamps came late. Options: a or b"
    assert _order([f"List the\n- town\n\n{i} roads" for i in range(40)]).startswith(
        "List the\n- town"
    )


def test_there_is_no_order_where_prompts_differ_or_are_few() -> None:
    assert not _order([f"{i} is a question {i * i}" for i in range(10)], "Be brief.")
    assert not _order([("Say", "Tell", "Name")[i % 3] + f" me of {i * 37}" for i in range(60)])


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("Possible answers: Positive, Negative, Mixed.", {"Positive", "Negative", "Mixed"}),
        ("Say positive or negative.", {"Positive", "Negative"}),
        ("One of: unclear, positive, negative or mixed.", {"unclear", "Positive", "Negative", "Mixed"}),
        ("“positive” / “negative” / “no idea”", {"Positive", "Negative", "no idea"}),
        ("positive, negative or spam; urgency", {"Positive", "Negative", "spam"}),
        ("- positive\n- negative\n- mixed", {"Positive", "Negative", "Mixed"}),
    ],
)  # fmt: skip
def test_lists_the_labels_and_what_stands_beside_them(text: str, listed: set[str]) -> None:
    assert set(Order(text).lists(LABELS) or ()) == listed


@pytest.mark.parametrize(
    "text",
    [
        "Use labels such as positive, negative.",
        "Is it positive, negative, etc.?",
        "positive or negative, or something else",
        "A positive review is not a bad thing.",
        "What is the mood?",
    ],
)
def test_examples_and_mentions_are_no_list(text: str) -> None:
    assert Order(text).lists(LABELS) is None


def test_json_is_wanted_where_no_condition_stands() -> None:
    assert Order("Return JSON only. If a value is unknown, use null.").wants_json
    assert not Order("Answer in JSON if the user orders something.").wants_json
    assert not Order("Answer briefly.").wants_json
    assert Order("Leave the key out when not stated; omit null.").allows_lacks
    assert not Order("Use null for what the text does not say.").allows_lacks


@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ({"positive": 60, "negative": 50, "pos": 20, "neg": 10}, ("positive", "negative")),
        ({"Yes": 60, "No": 50, "True": 20, "False": 10}, ("Yes", "No")),
        ({"Sport": 60, "Politics": 50, "S": 20, "P": 10}, ("Sport", "Politics")),
        ({"low": 60, "high": 50, "0": 20, "1": 10}, ("low", "high")),
        ({"yes": 60, "no": 50, "yes or no": 5}, ("yes", "no")),
        # Not those that are classes of their own.
        ({"north": 9, "northeast": 9, "south": 9, "southeast": 9}, None),
        ({"category a": 9, "category b": 9, "category c": 9, "category d": 9}, None),
        ({"very good": 9, "good": 9, "bad": 9, "very bad": 9, "neutral": 9}, None),
        ({"1": 9, "2": 9, "3": 9, "4": 9, "not rated": 9}, None),
        ({"A": 9, "B": 9, "C": 9, "D": 9, "Paris": 9, "Rome": 9}, None),
        ({"drama": 9, "comedy": 9, "drama/comedy": 9}, None),
        ({"positive": 60, "negative": 50, "good": 20}, None),
    ],
)
def test_one_of_two_vocabularies(counts: dict[str, int], kept: tuple[str, ...] | None) -> None:
    core = tuple(counts)
    assert one_vocabulary(core, counts, ordered=True) == (core if kept is None else kept)


def test_numbers_beside_words_may_be_two_tasks() -> None:
    counts = {"low": 60, "high": 50, "0": 20, "1": 10}
    assert one_vocabulary(tuple(counts), counts, ordered=False) == tuple(counts)
