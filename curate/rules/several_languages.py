"""TXT057: a set whose answers are in several languages, each as its prompt is."""

from __future__ import annotations

from collections.abc import Iterator

from curate.dataset import Dataset
from curate.rules.answer_languages import languages_of
from curate.rules.protocol import About, DatasetRule, Hit
from curate.rules.samples import Sample
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_SHOWN = 4


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    for file in range(len(dataset.files)):
        found = languages_of(dataset, file)
        if found is None or found.one_language or found.strays(dataset, file) is not None:
            continue
        counts = [(name, n) for name, n in found.counts if n >= found.least][:_SHOWN]
        said = ", ".join(f"{name} in {n:,} rows" for name, n in counts)
        firsts = tuple((found.first(name), None) for name, _ in counts)
        yield Hit(None, f"the answers are in several languages: {said}", related=firsts, file=file)


RULE = DatasetRule(
    about=About(
        code="TXT057",
        name="several-languages",
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        summary="the answers are in several languages",
        reason="A model for several languages needs such a set; in one that is meant for one language, another source "
        "has been mixed in.",
        example="150 English questions and answers, and 150 French ones",
        remedy="Nothing, if both languages are meant; else drop or translate one of them.",
        assumes="languages are told by common words and scripts",
    ),
    features=("completion_language", "names_language"),
    check=_check,
    collectors=(Sample,),
)
