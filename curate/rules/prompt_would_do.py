"""FRM003: a task so simple that a prompt would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from curate.contract import ContractKind
from curate.dataset import Dataset
from curate.patterns import regex
from curate.rules.output_contracts import OutputContracts
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.samples import Sample
from curate.rules.splits import roles_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 40
_NEARLY_ALL = 0.97
_EVIDENCE = 5
_WORD = regex(r"\w+")
# Nobody would name these in a prompt: where they tell the label, rows were made from a pattern.
_GLUE = (
    "a about after all also although am an and any are as at be been before being but by came can "
    "come could did do does even ever every first for from get go good got had has have he her here "
    "him his how however i if in into is it its just let like made make may me more most much must "
    "my never no nor now of off on once one only or other our out over own please really said same "
    "see she should since so some still such than that the their them then there these they this "
    "those though through to too under until up upon us very was we well went were what when where "
    "which while who whom whose why will with would yet you your"
)
_SAYS_NOTHING = frozenset(_GLUE.split())


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    contracts = dataset.collector(OutputContracts)
    for file, role in enumerate(roles_of(dataset)):
        contract = contracts.contract_of(dataset, file)
        sample = dataset.collector(Sample).of(dataset, file)
        sample = sample.filter(~pl.col("roles").str.ends_with("c") & (pl.col("prompt") != ""))
        if contract is None or contract.kind is not ContractKind.LABEL:
            continue
        if role not in ("data", "train") or sample.height < _LEAST_ROWS:
            continue
        shown = tuple((row, None) for row in sample["index"].head(_EVIDENCE).to_list())
        # Rows may alternate between labels; half of them has to be any half.
        sample = sample.sample(fraction=1.0, shuffle=True, seed=0)
        prompts, outputs = sample["prompt"].to_list(), sample["completion"].to_list()
        evidence = told_by_words(prompts, outputs)
        if evidence is not None:
            yield Hit(None, f"{evidence}: a prompt would do", related=shown, file=file)


def told_by_words(prompts: Sequence[str], outputs: Sequence[str]) -> str | None:
    """Whether single words of the prompt give the label away: learnt on half, tried on the other.

    Words that mean something, that is: what a prompt could name ("invoice", not "though").
    """
    words = [set(_WORD.findall(p.casefold())) - _SAYS_NOTHING for p in prompts]
    labels = [o.strip() for o in outputs]
    counts: dict[str, Counter[str]] = {}
    for said, label in zip(words[::2], labels[::2], strict=True):
        for word in said:
            counts.setdefault(word, Counter())[label] += 1
    # A word is worth what it gets right, less what it gets wrong; those met once say nothing.
    rules = {
        word: (label, (count + 1) / (c.total() + 2), count)
        for word, c in counts.items()
        for label, count in c.most_common(1)
        if c.total() >= 3 and count == c.total()
    }
    usual, _ = Counter(labels[::2]).most_common(1)[0]
    right, telling = 0, Counter[str]()
    for said, label in zip(words[1::2], labels[1::2], strict=True):
        known = [(rules[w][1], rules[w][2], w) for w in said if w in rules]
        best = max(known)[2] if known else None
        guess = rules[best][0] if best else usual
        right += guess == label
        if best:
            telling[best] += 1
    tried = len(labels[1::2])
    most = Counter(labels).most_common(1)[0][1] / len(labels)
    # A handful of words has to do it, and better than always saying the usual label.
    few = len(telling) <= 4 * len(set(labels))
    if right < _NEARLY_ALL * tried or most > 0.9 or not few:
        return None
    shown = ", ".join(f"{w!r} → {rules[w][0]!r}" for w, _ in telling.most_common(3))
    return f"single words of the prompt tell {right / tried:.0%} of the labels ({shown})"


RULE = DatasetRule(
    about=About(
        code="FRM003",
        name="prompt-would-do",
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        summary="the task is so simple that a prompt would do",
        reason="A model need not be tuned to spot a keyword; "
        "the tuned model costs more and is harder to change.",
        example="500 messages of which each that says 'refund' is labelled 'billing', and no other",
        remedy="Try a prompt with a few examples first; `curate compare` measures both.",
        assumes="Words are told by Unicode; scripts without spaces are only compared as wholes.",
    ),
    features=(),
    check=_check,
    collectors=(Sample, OutputContracts),
)
