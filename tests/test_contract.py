"""Contracts: what is inferred, how it is stated, what breaks it, and the user's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.cli import main
from curate.contract import Contract, ContractKind, infer_contract
from curate.contract_loading import load_contract
from curate.errors import UserError
from curate.label_variants import canonical, core_labels, edit_distance
from curate.loose_json import read_loosely, strict_json


def _ticket(number: int) -> str:
    return json.dumps(
        {
            "category": ("billing", "delivery", "returns")[number % 3],
            "order_id": f"KL-{number}" if number % 2 else None,
            "tags": ["a", "b"][: number % 3],
        }
    )


TICKETS = [_ticket(i) for i in range(60)]


def test_states_json_in_one_line() -> None:
    contract = infer_contract([*TICKETS, "{'category': 'billing'}"])
    assert contract.kind is ContractKind.JSON
    assert contract.describe() == (
        "98% of 61 outputs are JSON objects with the keys category (one of 3), "
        "order_id (string or null), tags (list of strings); 1 breaks it"
    )


def test_labels_of_what_is_meant_as_json_are_labels() -> None:
    rows = [{"item": ("lamp", "tent", "drill", "kettle")[i % 4], "n": i} for i in range(80)]
    dicts = [str(row) for row in rows if row["item"] == "lamp"] + ["{'item': 'gossip', 'n': 1}"]
    outputs = [json.dumps(row) for row in rows if row["item"] != "lamp"] + [
        '{"item": "lamp", "n": 1}'
    ]
    contract = infer_contract([*dicts, *outputs, '{"item": "gossip", "n": 2}'])
    assert [v.kind for v in contract.check('{"item": "lamp", "n": 7}')] == []
    assert [v.kind for v in contract.check('{"item": "gossip", "n": 7}')] == ["unknown-value"]


@pytest.mark.parametrize(
    ("outputs", "kind"),
    [
        (["yes", "no", "no"] * 20, ContractKind.LABEL),
        ([str(i * 7) for i in range(60)], ContractKind.NUMBER),
        ([f"{i} and {i}.\n#### {2 * i}" for i in range(60)], ContractKind.FINAL_ANSWER),
        ([f"```python\nprint({i})\n```" for i in range(60)], ContractKind.CODE),
        ([f"- one {i}\n- two\n- three" for i in range(60)], ContractKind.LIST),
        ([f"This is sentence number {i}." for i in range(60)], ContractKind.SENTENCE),
        ([f"Well, {i}? Many things. " * (i % 5 + 1) for i in range(60)], ContractKind.TEXT),
        ([f"{{'n': {i}}}" for i in range(60)], ContractKind.TEXT),
        ([], ContractKind.TEXT),
        ([" ", "", "\n"] * 20, ContractKind.TEXT),
    ],
)
def test_names_the_kind(outputs: list[str], kind: ContractKind) -> None:
    assert infer_contract(outputs).kind is kind


def test_code_names_its_language() -> None:
    contract = infer_contract([f"```python\nprint({i})\n```" for i in range(60)])
    assert contract.describe() == "100% of 60 outputs are code in python"


@pytest.mark.parametrize(
    ("output", "kind", "path"),
    [
        ("{'category': 'billing', 'order_id': None, 'tags': []}", "unparseable", ""),
        ('{"category": "billing", "tags": []}', "missing-key", ""),
        ('{"category": "billing", "order_id": null, "tags": [], "x": 1}', "extra-key", "x"),
        ('{"category": "billing", "order_id": 5, "tags": []}', "wrong-type", "order_id"),
        ('{"category": "billing", "order_id": null, "tags": [1]}', "wrong-type", "tags[0]"),
        ('{"category": "Billing", "order_id": null, "tags": []}', "variant", "category"),
        ('{"category": "gossip", "order_id": null, "tags": []}', "unknown-value", "category"),
        ("[]", "wrong-type", ""),
        ('"billing"', "unparseable", ""),
    ],
)
def test_says_how_an_output_breaks_it(output: str, kind: str, path: str) -> None:
    contract = infer_contract(TICKETS)
    assert all(not contract.check(text) for text in TICKETS)
    found = contract.check(output)
    assert [(v.kind, v.path) for v in found] == [(kind, path)]


def test_what_is_mended_keeps_the_contract() -> None:
    contract = infer_contract(TICKETS)
    broken = [
        "{'category': 'billing', 'order_id': None, 'tags': ['a']}",
        '{"category":"BILLING","order_id":null,"tags":[]}',
        '{"category": "billing", "orderId": null, "tags": []}',
    ]
    for output in broken:
        mended = contract.check(output)[0].mended
        assert mended is not None
        assert contract.check(mended) == []
    # Only the label is spelled anew; spacing stays.
    assert contract.check(broken[1])[0].mended == '{"category":"billing","order_id":null,"tags":[]}'


def test_pinned_contract_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_text(
        "".join(
            json.dumps({"prompt": f"p{i}", "completion": t}) + "\n" for i, t in enumerate(TICKETS)
        )
    )
    assert main(["contract", "data.jsonl", "-o", "contract.json"]) == 0
    contract = load_contract("contract.json")
    assert contract.kind is ContractKind.JSON
    assert all(not contract.check(text) for text in TICKETS)
    assert contract.check("{}")
    (tmp_path / "bad.jsonl").write_text('{"prompt": "p", "completion": "{}"}\n')
    chosen = ["--isolated", "--select", "CON", "--fail-on", "warning"]
    assert main(["lint", "bad.jsonl", *chosen]) == 0
    assert main(["lint", "bad.jsonl", *chosen, "--contract", "contract.json"]) == 1


def test_a_pydantic_model_is_a_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_task_models.py").write_text(
        "from typing import Literal\nfrom pydantic import BaseModel, Field\n\n"
        "class Inner(BaseModel):\n    n: int = Field(ge=0)\n\n"
        "class Ticket(BaseModel):\n    category: Literal['a', 'b']\n    inner: Inner\n"
    )
    contract = load_contract("my_task_models:Ticket")
    assert contract.check('{"category": "a", "inner": {"n": 1}}') == []
    assert contract.check('{"category": "c", "inner": {"n": 1}}')
    assert contract.check('{"category": "a", "inner": {"n": -1}}')
    assert contract.check('{"category": "a"}')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        ("{", "not JSON"),
        ("[]", "expected an object"),
        ('{"a": 1}', "neither a contract"),
        ('{"version": 1, "kind": "poem"}', "kind"),
    ],
)
def test_a_wrong_contract_is_the_users_mistake(
    content: str | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "contract.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=said):
        load_contract(str(path))


def test_a_model_that_is_not_there_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="cannot import"):
        load_contract("no_such_module_here:Model")
    with pytest.raises(UserError, match="not a pydantic model"):
        load_contract("json:dumps")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), json_values, min_size=1, max_size=3))
def test_python_literals_are_read_as_what_they_mean(value: dict[str, Any]) -> None:
    text = repr(value)
    ok, parsed = strict_json(text)
    if not ok:
        loose = read_loosely(text)
        if "\\x" not in text and "\\U" not in text:
            assert loose.readable
            assert loose.value == value
    else:
        assert parsed == value


@given(st.text(alphabet="{}[]\"':,\\ntrue0.e-#/` ", max_size=40) | st.text(max_size=60))
def test_any_text_can_be_judged(text: str) -> None:
    if not strict_json(text)[0]:
        assert read_loosely(text).why
    Contract(kind=ContractKind.JSON, json_schema={"type": "object"}).check(text)


@given(st.lists(st.text(max_size=12), max_size=60))
def test_any_outputs_have_a_contract_that_can_be_stated(outputs: list[str]) -> None:
    contract = infer_contract(outputs)
    assert contract.describe()
    assert contract.keeping is not None


def test_deep_nesting_is_judged_without_a_crash() -> None:
    contract = infer_contract(TICKETS)
    assert contract.check("[" * 100_000)
    assert contract.check('{"a":' * 5_000 + "1" + "}" * 5_000)


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_edit_distance_is_a_metric_up_to_its_limit(a: str, b: str) -> None:
    distance = edit_distance(a, b, 99)
    assert distance == edit_distance(b, a, 99)
    assert (distance == 0) == (a == b)
    assert abs(len(a) - len(b)) <= distance <= max(len(a), len(b))
    assert (edit_distance(a, b, 2) > 2) == (distance > 2)


def test_labels_that_only_look_alike_are_not_variants() -> None:
    for a, b in [
        ("relevant", "irrelevant"), ("legal", "illegal"), ("increase", "decrease"), ("1 star", "2 star"),
        ("cat", "car"), ("active", "inactive"), ("spam", "ham"), ("entailment", "contradiction"),
    ]:  # fmt: skip
        assert canonical(a, (b,)) is None
        assert canonical(b, (a,)) is None
        assert core_labels({a: 50, b: 50}, least=3, coverage=0.9, most=9) == tuple(sorted((a, b)))
