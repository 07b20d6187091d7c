"""CON010: one prompt, answered in two ways of which only one can be right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl

from curate.contract import CHECKED, Contract, ContractKind
from curate.contract_checking import marked
from curate.dataset import Dataset
from curate.label_variants import canonical, folded
from curate.loose_json import strict_json
from curate.rules import contradicting_facts
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.same_prompts import PROMPT, real_prompts
from curate.rules.texts_again import texts_again
from curate.rules.twins import NEEDED, comparable, pairs, place
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

# What an output claims, so that two outputs can be told to contradict each other; None: nothing.
Claim = Callable[[str], Any]
_LONGEST_OPPOSITE = 16  # characters, with all that stands around them
_MOST_READ = 5000
_OPPOSITES = {"yes": True, "true": True, "no": False, "false": False}


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    contracts = {
        file: contract
        for file in range(len(dataset.files))
        if (contract := collector.contract_of(dataset, file)) is not None
    }
    claims = {file: _claim_of(contract) for file, contract in contracts.items()}
    definite = [file for file, contract in contracts.items() if contract.kind in CHECKED]
    answered = _answered_again(comparable(dataset))
    short = dataset.frame["short_completion"]
    # Free text claims nothing but yes and no: most sets need not be read again.
    short_ones = short.filter(short.str.len_chars() <= _LONGEST_OPPOSITE).unique()
    opposites = [text for text in short_ones.to_list() if _opposite(text) is not None]
    answered = answered.with_columns(
        file=dataset.frame["file"].gather(answered["index"]),
        opposite=pl.any_horizontal(
            short.gather(answered[row]).is_in(opposites) for row in ("index", "first")
        ),
    )
    answered = answered.filter(pl.col("file").is_in(list(claims)))
    claiming = pl.col("file").is_in(definite) | pl.col("opposite")
    prose, answered = answered.filter(~claiming), answered.filter(claiming)
    files = dict(zip(answered["index"].to_list(), answered["file"].to_list(), strict=True))
    found = list(pairs(answered))
    again = texts_again(dataset, [row for pair in found for row in pair], ("completion",))
    texts = {row: text or "" for row, (text,) in again.items()}
    for row, first in found:
        claim = claims[files[row]]
        mine, other = claim(texts[row]), claim(texts[first])
        if mine is None or other is None or mine == other:
            continue
        said = f": {_difference(mine, other)}" if isinstance(mine, dict) else ""
        message = f"the prompt of {place(dataset, first, row)}, but the output contradicts it{said}"
        yield Hit(row, message, column="completion", related=((first, None),))
    yield from _in_prose(dataset, list(pairs(prose)))


def _in_prose(dataset: Dataset, answered: list[tuple[int, int]]) -> Iterator[Hit]:
    """Short answers in prose to one question of fact, of which only one can be right."""
    lengths = dataset.frame["completion_length"]
    short = [
        pair
        for pair in answered
        if all(0 < (lengths[row] or 0) <= contradicting_facts.LONGEST for row in pair)
    ][:_MOST_READ]
    texts = texts_again(dataset, [row for pair in short for row in pair], ("prompt", "completion"))
    for row, first in short:
        (prompt, mine), (_, other) = texts[row], texts[first]
        if contradicting_facts.contradict(prompt or "", mine or "", other or ""):
            message = f"the prompt of {place(dataset, first, row)}, but the answer is another"
            yield Hit(row, message, column="completion", related=((first, None),))


def _answered_again(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose prompt an earlier row has, with another output; validation and test come last."""
    hashed = real_prompts(rows).select(
        "index", "split", "completion_key", key=pl.struct(PROMPT).hash(0)
    )
    return (
        hashed.filter(hashed["key"].is_duplicated())
        .sort("split", "index")
        .with_columns(
            first=pl.col("index").first().over("key"),
            said=pl.col("completion_key").first().over("key"),
        )
        .filter((pl.col("index") != pl.col("first")) & (pl.col("completion_key") != pl.col("said")))
        .sort("index")
    )


def _claim_of(contract: Contract) -> Claim:
    if contract.kind is ContractKind.JSON:
        return lambda text: _claimed_values(text, contract)
    if contract.kind is ContractKind.LABEL:
        return lambda text: _label(text, contract.labels)
    if contract.kind is ContractKind.NUMBER:
        return _number
    if contract.kind is ContractKind.FINAL_ANSWER:
        return lambda text: _final_answer(text, contract.marker or "")
    return _opposite


def _opposite(text: str | None) -> bool | None:
    return (
        _OPPOSITES.get(folded(text))
        if text is not None and len(text) <= _LONGEST_OPPOSITE
        else None
    )


def _claimed_values(text: str, contract: Contract) -> dict[str, Any] | None:
    """The labels, numbers and truth values of a JSON output; wordings may differ."""
    value = strict_json(text)[1]
    properties = (contract.json_schema or {}).get("properties", {})
    if not isinstance(value, dict):
        return None
    return {
        key: value[key]
        for key, below in properties.items()
        if key in value and ("enum" in below or isinstance(value[key], (bool, int, float)))
    }


def _difference(mine: dict[str, Any], other: dict[str, Any]) -> str:
    keys = [k for k in mine if k in other and mine[k] != other[k]]
    keys = keys or sorted(mine.keys() ^ other.keys())
    key = keys[0]
    return f"{key} is {mine.get(key)!r} here and {other.get(key)!r} there"


def _label(text: str, labels: Sequence[str]) -> str | None:
    stripped = text.strip()
    if stripped in labels:
        return stripped
    usual = canonical(stripped, labels)
    return usual.label if usual else None


def _number(text: str) -> float | None:
    try:
        return float(text.strip().strip("$€£¥%° ").replace(",", ""))
    except ValueError:
        return None


def _final_answer(text: str, marker: str) -> str | None:
    match = marked(marker).search(text.strip())
    if match is None:
        return None
    answer = match[0].strip()[len(marker) :] if match[0].strip()[:1] != "." else match[0]
    return folded(answer).replace(",", "")


RULE = DatasetRule(
    about=About(
        code="CON010",
        name="contradictory-outputs",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="the same prompt has another label, number or answer elsewhere",
        reason="The model cannot satisfy both, learns to guess, and one of the two is probably wrong. "
        "Only outputs that claim something definite are compared: labels, numbers, final answers, "
        "yes and no.",
        example='"Great phone!" is "positive" in line 3 and "negative" in line 40',
        remedy="Decide which is right, and remove the other.",
        options=("contract", "contract_share", "contract_outputs"),
        assumes="Outside labels and JSON, yes and no are known in English only.",
    ),
    features=(*NEEDED, "short_completion"),
    check=_check,
    either=True,
    collectors=(OutputContracts,),
)
