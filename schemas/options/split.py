"""Options of `curate split`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import model_validator

from curate.schemas.options.base import Options, option


class SplitOptions(Options):
    """How rows are divided."""

    output: Path = option(
        Path("splits"),
        "Folder for train.jsonl, val.jsonl, test.jsonl and split.json.",
        short="-o",
        metavar="DIR",
    )
    val: float = option(0.1, "Share of the rows for validation.", ge=0, lt=1)
    test: float = option(0.1, "Share of the rows for the test set.", ge=0, lt=1)
    seed: int = option(0, "Another seed gives another split.", ge=0)
    stratify: str | None = option(
        None,
        "Column whose values each split holds in the same shares; without it, the label where the "
        "completions are labels; none to switch it off.",
        metavar="COLUMN",
    )
    group_by: str | None = option(
        None, "Column whose equal values stay in one split (a user, a document).", metavar="COLUMN"
    )
    previous: Path | None = option(
        None,
        "An earlier split (its folder or split.json): its rows stay where they are; without it, "
        "the one in the output folder, if any.",
        metavar="DIR",
    )
    fresh: bool = option(False, "Ignore an earlier split in the output folder.")
    threshold: float = option(
        0.8, "Rows at least this similar (Jaccard) stay in one split.", gt=0, le=1
    )
    min_val: int = option(
        100, "Warn when the validation set has fewer rows than this.", ge=0, metavar="N"
    )
    threads: int | None = option(None, "Threads to use; without it, every core.", ge=1)
    output_format: Literal["text", "json"] = option("text", "How to report.")

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> SplitOptions:
        if self.val + self.test >= 1:
            raise ValueError("--val and --test together leave nothing to train on")
        return self
