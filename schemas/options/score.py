"""Options of `curate score`."""

from __future__ import annotations

from pathlib import Path

from curate.schemas.options.base import option
from curate.schemas.options.data import DataOptions


class ScoreOptions(DataOptions):
    """Which reward model scores, and where the scores go."""

    model: Path | None = option(
        None,
        "The reward model: a run of `curate train --method reward`, or a folder with an adapter or "
        "a sequence classification model of one label.",
        metavar="RUN",
    )
    output: Path | None = option(
        None,
        "Write the rows with their scores here, as JSON Lines; to standard output without it.",
        short="-o",
        metavar="FILE",
    )
    score_field: str = option(
        "score",
        "Name of the field that takes the score; of a preference, the rejected answer's goes into "
        "NAME_rejected.",
        metavar="NAME",
    )
    batch_tokens: int | None = option(
        None, "Tokens in one forward pass; chosen for the device without it.", ge=16
    )
