"""SIZ007: nearly all prompts are one template, and little differs in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import polars as pl

from curate.dataset import Dataset
from curate.patterns import regex
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.samples import Sample
from curate.rules.splits import roles_of
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_LEAST_ROWS = 50
_WORD = regex(r"\w+")
# A word of the template stands in this share of the prompts.
_FIXED = 0.9
# Nearly all prompts consist of template words up to this share.
_MOST_FIXED = 0.75


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for file, role in enumerate(roles_of(dataset)):
        sample = dataset.collector(Sample).of(dataset, file).filter(pl.col("prompt") != "")
        if role not in ("data", "train") or sample.height < _LEAST_ROWS:
            continue
        typical = fixed_share(sample["prompt"].to_list())
        if typical >= _MOST_FIXED:
            first = min(sample["prompt"].to_list(), key=len)
            yield Hit(
                None,
                f"at least {typical:.0%} of the words of nearly every prompt are the same "
                f"({' '.join(first.split())[:60]!r} …)",
                file=file,
            )


def fixed_share(texts: Sequence[str]) -> float:
    """The share of words that nearly all of the texts have, in nearly every one of them; 0 for few different texts."""
    different = [_WORD.findall(text.casefold()) for text in sorted(set(texts))]
    if len(different) < _LEAST_ROWS // 2:
        return 0.0  # few-distinct-prompts says so
    met = Counter(word for words in different for word in set(words))
    fixed = {w for w, n in met.items() if n >= _FIXED * len(different)}
    shares = sorted(sum(w in fixed for w in words) / max(len(words), 1) for words in different)
    return shares[len(shares) // 10]


RULE = DatasetRule(
    about=About(
        code="SIZ007",
        name="one-template",
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        summary="nearly all prompts are one template in which little differs",
        reason="The model learns to answer this wording; asked in other words, it falls back to what it "
        "did before.",
        example='1,000 prompts like "What is the capital city of the country of France?"',
        remedy="Ask the same things in several wordings, or put the fixed part into the system prompt "
        "and keep it when the model is used.",
    ),
    features=(),
    check=_check,
    collectors=(Sample,),
)
