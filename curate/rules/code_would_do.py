"""FRM004: outputs that follow from their prompts without a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.samples import Sample
from curate.rules.splits import roles_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 40
_SAME = 0.95
_EVIDENCE = 5
_CHANGES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("itself", lambda s: s),
    ("in capitals", str.upper),
    ("in lower case", str.lower),
    ("in title case", str.title),
    ("backwards", lambda s: s[::-1]),
    ("sorted by word", lambda s: " ".join(sorted(s.split()))),
    ("counted in characters", lambda s: str(len(s))),
    ("counted in words", lambda s: str(len(s.split()))),
)


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for file, role in enumerate(roles_of(dataset)):
        sample = dataset.collector(Sample).of(dataset, file)
        sample = sample.filter(~pl.col("roles").str.ends_with("c") & (pl.col("prompt") != ""))
        if role not in ("data", "train") or sample.height < _LEAST_ROWS:
            continue
        shown = tuple((row, None) for row in sample["index"].head(_EVIDENCE).to_list())
        evidence = simple_change(sample["prompt"].to_list(), sample["completion"].to_list())
        if evidence is not None:
            yield Hit(None, f"{evidence}: no model is needed", related=shown, file=file)


def simple_change(prompts: Sequence[str], outputs: Sequence[str]) -> str | None:
    """How the outputs follow from the prompts without any model; None where they do not."""
    return _one_output(outputs) or _change(prompts, outputs) or _framed(prompts, outputs)


def _one_output(outputs: Sequence[str]) -> str | None:
    output, count = Counter(o.strip() for o in outputs).most_common(1)[0]
    if count < _SAME * len(outputs) or not output:
        return None
    shown = output if len(output) <= 40 else output[:39] + "…"
    return f"{count / len(outputs):.0%} of the outputs are {shown!r}"


def _change(prompts: Sequence[str], outputs: Sequence[str]) -> str | None:
    """Whether the output is the prompt (or what follows its first line or colon) changed by rule."""
    for said, change in _CHANGES:
        met = sum(
            any(change(part) == output.strip() for part in _parts(prompt))
            for prompt, output in zip(prompts, outputs, strict=True)
        )
        if met >= _SAME * len(prompts):
            return f"{met / len(prompts):.0%} of the outputs are the input {said}"
    return None


def _framed(prompts: Sequence[str], outputs: Sequence[str]) -> str | None:
    """Whether the output is the input between the same words before it and behind it."""
    frames: Counter[tuple[str, str]] = Counter()
    for prompt, output in zip(prompts, outputs, strict=True):
        for part in _parts(prompt):
            before, found, behind = output.partition(part)
            if found:
                frames[before.strip(), behind.strip()] += 1
                break
    frame, met = frames.most_common(1)[0] if frames else (("", ""), 0)
    if met < _SAME * len(prompts) or frame == ("", ""):
        return None
    return f"{met / len(prompts):.0%} of the outputs are the input between the same words"


def _parts(prompt: str) -> Iterator[str]:
    stripped = prompt.strip()
    yield stripped
    for separator in ("\n", ": "):
        _, found, rest = stripped.partition(separator)
        if found and rest.strip():
            yield rest.strip()


RULE = DatasetRule(
    about=About(
        code="FRM004",
        name="code-would-do",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        summary="nearly all outputs are one text, or their inputs changed by a rule",
        reason="A model need not be tuned to say one thing or to copy its input; a line of code does it without "
        "mistakes, and the tuned model forgets what it could do besides.",
        example="500 rows whose output is their input in capitals",
        remedy="Write the line of code, or add the examples that are missing if the task is another one.",
    ),
    features=(),
    check=_check,
    collectors=(Sample,),
)
