"""CON016: an output of another form, in a set whose outputs are all lists, all code or all one sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.output_tally import holds_code, is_list, is_sentence
from curate.patterns import regex
from curate.rules.output_contracts import OutputContracts, judged
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 100
# What at least this share of the outputs has is the set's form; what is left are exceptions.
_FORM = 0.95
_FENCE = regex(r"^```", re.MULTILINE)
_MARKED_UP = regex(r"\*\*|__\w|^#{1,4} |^[-*•] ", re.MULTILINE)
_FIRST_ITEM = regex(r"\s*([-*•]|\d+[.)])\s")
_ENDS = ".!?…。！？"
_LETTERS = 12  # of fewer, capitals may be a name
_WORDS: dict[ContractKind, tuple[Callable[[str], bool], str]] = {
    ContractKind.SENTENCE: (is_sentence, "one sentence"),
    ContractKind.LIST: (is_list, "a list"),
    ContractKind.CODE: (holds_code, "code"),
}


def traits_of(kind: ContractKind, text: str) -> tuple[str, ...]:
    """What an output is, in words that a message can use: its form first, then how the form is written."""
    has, form = _WORDS[kind]
    traits = [form if has(text) else f"not {form}"]
    if kind is ContractKind.SENTENCE:
        traits.append("with markup" if _MARKED_UP.search(text) else "without markup")
        traits.append(_casing(text))
        traits.append(f"ending with {text[-1]!r}" if text[-1] in _ENDS else "ending without a mark")
    elif kind is ContractKind.LIST:
        mark = _FIRST_ITEM.match(text)
        kind_of = "numbers" if mark and mark[1][0].isdigit() else mark[1] if mark else None
        traits.append(
            f"beginning with an item after {kind_of!r}" if kind_of else "beginning with a preface"
        )
    else:
        traits.append("in a fence" if _FENCE.search(text) else "without a fence")
        traits.append(
            "beginning with code"
            if holds_code(text.strip().split("\n", 1)[0])
            else "beginning with prose"
        )
    return tuple(traits)


def _casing(text: str) -> str:
    letters = [c for c in text if c.isalpha()]
    if len(letters) >= _LETTERS and "".join(letters).isupper():
        return "in capitals"
    return "beginning small" if letters and letters[0].islower() else "written as usual"


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    collector = dataset.collector(OutputContracts)
    for file in range(len(dataset.files)):
        contract = collector.contract_of(dataset, file)
        if contract is None or contract.kind not in _WORDS or contract.outputs < _LEAST_ROWS:
            continue
        if (contract.keeping or 0) >= _FORM * contract.outputs:
            yield from _odd(dataset, file, contract.kind)


def _odd(dataset: Dataset, file: int, kind: ContractKind) -> Iterator[Hit]:
    places = (dataset.frame["file"] == file).arg_true().to_list()
    found: list[tuple[int, tuple[str, ...]]] = []
    at = iter(places)
    for rows in dataset.read_again(places):
        for text in judged(rows).to_list():
            row = next(at)
            if text is not None and text.strip():
                found.append((row, traits_of(kind, text.strip())))
    usual = [
        Counter(traits).most_common(1)[0] for traits in zip(*(t for _, t in found), strict=False)
    ]
    for row, traits in found:
        for trait, (common, count) in zip(traits, usual, strict=True):
            if trait != common and count >= _FORM * len(found):
                yield Hit(
                    row,
                    f"the output is {trait}; {count:,} of {len(found):,} are {common}",
                    column="completion",
                )
                break


RULE = DatasetRule(
    about=About(
        code="CON016",
        name="unlike-form",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary="the output has another form than nearly all others: no list, no code, no single sentence",
        reason="What reads the answers, or shows them, counts on their form: a query that runs, a list with one "
        "item a line, one sentence. Exceptions are often leftovers of another source.",
        example='"Sure! Here is the query: …" in a set whose outputs are SQL and nothing else',
        remedy="Write the output in the form of the others, or drop the row.",
    ),
    features=(),
    check=_check,
    collectors=(OutputContracts,),
)
