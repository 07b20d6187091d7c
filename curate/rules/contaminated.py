"""DUP008: a row that contains a prompt of a benchmark."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.contamination import Contamination
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_SHORTEST = 12


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    said: set[int] = set()
    for met in dataset.collector(Contamination).met:
        if met.row in said:
            continue
        said.add(met.row)
        place = met.place if met.reference is None else _place(dataset, met.reference)
        related = () if met.reference is None else ((len(dataset) + met.reference, met.share),)
        message = f"contains the prompt of {place} ({met.share:.0%} of its words)"
        yield Hit(met.row, message, column="prompt", related=related)
    for row, reference in _same_prompts(dataset):
        if row not in said:
            message = f"has the prompt of {_place(dataset, reference)}"
            yield Hit(row, message, column="prompt", related=((len(dataset) + reference, 1.0),))


def _same_prompts(dataset: Dataset) -> Iterator[tuple[int, int]]:
    """Rows with the very prompt of a benchmark, for prompts too short to be looked for in texts."""
    if dataset.reference is None:
        return
    firsts: dict[int, int] = {}
    wanted = dataset.reference["prompt_key"].to_list()
    lengths = dataset.reference["prompt_length"].to_list()
    for i, (key, length) in enumerate(zip(wanted, lengths, strict=True)):
        if key is not None and (length or 0) >= _SHORTEST:
            firsts.setdefault(key, i)
    prompts = dataset.frame["prompt_key"]
    for row in prompts.is_in(list(firsts)).arg_true().to_list():
        yield row, firsts[prompts[row]]


def _place(dataset: Dataset, reference: int) -> str:
    assert dataset.reference is not None
    frame = dataset.reference
    return f"{dataset.references[frame['file'][reference]]}:{frame['line'][reference]}"


def _unavailable(options: LintOptions) -> str | None:
    return None if options.against else "no benchmark given (--against FILE)"


RULE = DatasetRule(
    about=About(
        code="DUP008",
        name="contaminated",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        summary="the row contains a prompt of the benchmark given with --against",
        reason="A model that has been trained on the questions of a benchmark has no score on it.",
        example="a row that quotes a GSM8K test question, with another name in it",
        remedy="Remove the row (`curate dedupe --against` does).",
        options=("against", "contained"),
        assumes="A prompt of fewer than eight words is only recognised as a whole prompt.",
    ),
    features=("prompt_key", "prompt_length"),
    check=_check,
    collectors=(Contamination,),
    unavailable=_unavailable,
)
