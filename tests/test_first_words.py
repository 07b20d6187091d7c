"""Rules in Python look for words first; what they find is what they find without that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate import word_marks
from curate.rules import RULES
from curate.rules.exchanges import OnExchange
from curate.rules.protocol import RecordRule
from curate.word_marks import ALL, Known

_SAYS = {
    rule.about.name: rule.check.says
    for rule in RULES
    if isinstance(rule, RecordRule) and isinstance(rule.check, OnExchange)
}


def _exchanges(name: str) -> list[tuple[str, str]]:
    """The prompts and completions of a rule's cases."""
    file = Path(__file__).parent / "rules" / f"{name.replace('-', '_')}.jsonl"
    rows = [row for line in file.read_text().splitlines() for row in json.loads(line)["rows"]]
    return [
        (row["prompt"], row["completion"])
        for row in rows
        if type(row.get("prompt")) is str and type(row.get("completion")) is str
    ]


class _MayHoldAll(Known):
    """A text of which nothing is known that would spare a search."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.marks = ALL


def _without_looking_first(name: str, exchanges: list[tuple[str, str]]) -> list[str | None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(word_marks, "Known", _MayHoldAll)
        for latest in (word_marks.latest, word_marks.latest_unmarked):
            latest[:] = _MayHoldAll(""), _MayHoldAll("")
        said = [_SAYS[name](*exchange) for exchange in exchanges]
    for latest in (word_marks.latest, word_marks.latest_unmarked):
        latest[:] = Known(""), Known("")
    return said


@pytest.fixture(params=["by the kernel", "word by word"], autouse=True)
def marking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_marks, "_WORTH_PREPARING", 0)
    if request.param == "word by word":
        monkeypatch.setattr(word_marks, "_marker", lambda: None)


@pytest.mark.parametrize("name", sorted(_SAYS))
def test_the_cases_are_found_alike(name: str) -> None:
    exchanges = _exchanges(name)
    assert exchanges
    assert [_SAYS[name](*exchange) for exchange in exchanges] == _without_looking_first(
        name, exchanges
    )


# What rules trip over: other cases, other letters for the same, other signs, words that go missing or come twice.
_CHANGES = st.sampled_from(
    [
        "",
        "",
        "",
        "K",
        "\u017f",
        "I\u0307",
        "\u2019s",
        "\u2026",
        "12",
        "3.5%",
        " = ",
        "\n",
        "UPPER",
        "swap",
        "twice",
    ]
)


def _changed(draw: Any, text: str) -> str:
    words = text.split(" ")
    for _ in range(draw(st.integers(0, 3))):
        at, change = draw(st.integers(0, len(words) - 1)), draw(_CHANGES)
        if change == "UPPER":
            words[at] = words[at].upper()
        elif change == "swap":
            words[at], words[0] = words[0], words[at]
        elif change == "twice":
            words[at] = f"{words[at]} {words[at]}"
        else:
            words[at] = change
    return " ".join(words)


@st.composite
def _mixed(draw: Any, exchanges: list[tuple[str, str]]) -> tuple[str, str]:
    prompt, completion = (draw(st.sampled_from(exchanges))[i] for i in (0, 1))
    return _changed(draw, prompt), _changed(draw, completion)


@pytest.mark.parametrize("name", sorted(_SAYS))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_changed_cases_are_found_alike(name: str, data: st.DataObject) -> None:
    exchange = data.draw(_mixed(_exchanges(name)))
    assert [_SAYS[name](*exchange)] == _without_looking_first(name, [exchange])
