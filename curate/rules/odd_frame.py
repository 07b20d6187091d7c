"""TXT058: a prompt in the frame of a template, in a set whose prompts have none."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from curate.dataset import Dataset
from curate.rules.protocol import About, DatasetRule, Hit
from curate.schemas.findings import Confidence, Severity
from curate.schemas.options.lint import LintOptions

_FEWEST_ROWS = 50
# Where more prompts have it, the frame is the form of the set.
_MOST = 0.1


def _check(dataset: Dataset, options: LintOptions) -> Iterator[Hit]:
    rows = dataset.frame.lazy().select("file", "framed_prompt").with_row_index("index").collect()
    for _, part in rows.group_by("file", maintain_order=True):
        framed = part.filter(pl.col("framed_prompt"))
        if part.height < _FEWEST_ROWS or framed.height > _MOST * part.height:
            continue
        said = f"the prompt has the frame of a template; {part.height - framed.height:,} others of {part.height:,} have none"
        for row in framed["index"].to_list():
            yield Hit(row, said, column="prompt")


RULE = DatasetRule(
    about=About(
        code="TXT058",
        name="odd-frame",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        summary='a prompt has a frame such as "Human: … Assistant:", where hardly any other has',
        reason="Prompt and completion are trained on as they stand. A frame around some prompts is left over from "
        "another source: in use the model gets prompts with it or without it, and was trained on both.",
        example="'Human: What is rain?\\n\\nAssistant:' in one of 200 prompts, the others of which are bare",
        remedy="Take the frame off, or put it around all prompts.",
        assumes="English headings",
    ),
    features=("framed_prompt",),
    check=_check,
)
