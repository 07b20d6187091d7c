"""Metrics on outputs that people have seen models write, and against reference libraries."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.contract import infer_contract
from curate.errors import UserError
from curate.train.metrics import (
    Metric,
    all_fields,
    field_accuracy,
    final_answer,
    instruction,
    macro_f1,
    metrics_for,
    parse_json,
    same_number,
    scores_of,
    told_as,
)


def ticket(category: str = "billing", urgency: str = "low", product: str | None = "lamp") -> str:
    return json.dumps({"category": category, "urgency": urgency, "product": product})


PROSE = [f"Dear customer {i}, we have sent your parcel. It will be there soon." for i in range(40)]
TICKETS = [
    ticket(
        ["billing", "delivery", "returns"][i % 3],
        ["low", "high"][i % 2],
        None if i % 4 == 0 else f"product {i}",
    )
    for i in range(120)
]


@pytest.mark.parametrize(
    "output",
    [
        "",
        "null",
        "3",
        '"x"',
        "{",
        ticket() + " Thanks!",
        f"```json\n{ticket()}\n```",
        "[" * 100_000,
    ],
)
def test_what_is_no_json_object(output: str) -> None:
    assert parse_json(output) is None
    assert field_accuracy(output, ticket()) == 0.0
    assert all_fields(output, ticket()) == 0.0


def test_fields_are_compared_exactly() -> None:
    assert field_accuracy(ticket(), ticket()) == 1.0
    assert field_accuracy(ticket(urgency="high"), ticket()) == pytest.approx(2 / 3)
    assert field_accuracy('{"a": 1, "b": true}', '{"a": 1.0, "b": 1}') == 0.5
    assert field_accuracy('{"a": [1, {"b": null}]}', '{"a": [1, {"b": null}]}') == 1.0
    assert field_accuracy('{"a": [1, {"b": 2}]}', '{"a": [1, {"b": null}]}') == 0.5
    assert field_accuracy('[{"a": 1}, {"a": 3}]', '[{"a": 1}, {"a": 2}]') == 0.5
    assert field_accuracy("[]", '{"a": 1}') == 0.0
    assert all_fields('{"b": 1, "a": 2}', '{"a": 2, "b": 1}') == 1.0
    assert all_fields('{"a": 2, "b": 1, "c": 0}', '{"a": 2, "b": 1}') == 0.0
    assert field_accuracy("{}", "{}") == 1.0


@given(st.dictionaries(st.text(max_size=4), st.integers() | st.none() | st.text(max_size=4)))
def test_every_object_agrees_with_itself(value: dict[str, object]) -> None:
    text = json.dumps(value)
    assert all_fields(text, text) == field_accuracy(text, text) == 1.0


def test_macro_f1_counts_what_is_no_label_as_wrong() -> None:
    references = ["a", "a", "b", "b"]
    rows = np.arange(4)
    assert macro_f1(references, references).value(rows) == 1.0
    # a: precision 1/2, recall 1/2; b: precision 1, recall 1/2.
    assert macro_f1(["a", "nonsense", "b", "a"], references).value(rows) == pytest.approx(
        (0.5 + 2 / 3) / 2
    )


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=30)
)
def test_macro_f1_equals_its_definition(pairs: list[tuple[str, str]]) -> None:
    references, outputs = [r for r, _ in pairs], [o for _, o in pairs]
    right = Counter(r for r, o in pairs if r == o)
    expected = np.mean(
        [
            2 * right[label] / (references.count(label) + outputs.count(label))
            for label in sorted(set(references))
        ]
    )
    assert macro_f1(outputs, references).value(np.arange(len(pairs))) == pytest.approx(expected)


@settings(deadline=None)  # the first call imports scikit-learn
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1, max_size=30)
)
def test_macro_f1_is_sklearns(pairs: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    references, outputs = [r for r, _ in pairs], [o for _, o in pairs]
    expected = metrics.f1_score(
        references, outputs, labels=sorted(set(references)), average="macro", zero_division=0
    )
    assert macro_f1(outputs, references).value(np.arange(len(pairs))) == pytest.approx(expected)


def test_an_own_metric_from_0_to_1_is_told_as_a_share() -> None:
    own = Metric("mine", "your mine", lambda output, reference: 0.5, share=False)
    assert told_as(own, [np.array([0.0, 1.0]), np.array([0.5])]).share
    assert not told_as(own, [np.array([0.0, 1.0]), np.array([2.0])]).share


def test_final_answers() -> None:
    assert final_answer("2 + 2 = 4\n#### 4", "####") == "4"
    assert final_answer("#### 1,234.\nmore", "####") == "1234"
    assert final_answer("#### 3\n#### 4", "####") == "4"
    assert final_answer("four", "####") is None
    assert final_answer("####", "####") is None


def test_no_answer_scores_nothing() -> None:
    sums = [f"{i} and {i} are {2 * i}.\n#### {2 * i}" for i in range(60)]
    for outputs in (TICKETS, ["yes", "no"] * 30, sums, PROSE):
        for metric in metrics_for(infer_contract(outputs)):
            scores = scores_of(metric, [None, outputs[0]], [outputs[0]] * 2)
            assert scores.tolist() == [0.0, 1.0], metric.name


def test_a_metric_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "my_metrics_for_test.py").write_text(
        "def length(output, reference):\n    return abs(len(output) - len(reference))\n"
        "def broken(output, reference):\n    return 'high'\n"
    )
    before = list(sys.path)
    [own, *rest] = metrics_for(infer_contract(TICKETS), "my_metrics_for_test:length")
    assert own.score("ab", "abcd") == 2.0
    assert rest
    assert sys.path == before
    with pytest.raises(UserError, match="finite number"):
        metrics_for(infer_contract(PROSE), "my_metrics_for_test:broken")[0].score("a", "b")


@pytest.mark.parametrize(
    "spelling", ["nothing", "no_such_module_x:f", "json:no_such", ":f", "json:"]
)
def test_a_metric_that_cannot_be_found(spelling: str) -> None:
    with pytest.raises(UserError, match="--metric"):
        metrics_for(infer_contract(PROSE), spelling)


def test_validity_by_the_contract() -> None:
    valid = {m.name: m for m in metrics_for(infer_contract(TICKETS))}["contract"]
    assert valid.score(ticket(product="never seen"), "") == 1.0
    for broken in (ticket(category="cats"), '{"category": "billing"}', "", ticket() + "!"):
        assert valid.score(broken, "") == 0.0, broken


def test_numbers_are_compared_as_numbers() -> None:
    assert same_number("1,000", "1000.0") == 1.0
    assert same_number("12", "13") == 0.0
    assert same_number("twelve", "12") == 0.0
    assert metrics_for(infer_contract([str(i * 7) for i in range(60)]))[0].name == "number"


def test_an_instruction_from_the_contract() -> None:
    said = instruction(infer_contract(TICKETS))
    assert said is not None
    assert '"category"' in said
    assert '"delivery"' in said
    texts = [f"Dear customer, we have sent you item number {i} today." for i in range(60)]
    assert instruction(infer_contract(texts)) is None
