"""What `curate run` leaves behind besides the files of its steps: why each row went."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Twin(BaseModel):
    """The kept row that a removed duplicate stands behind, at its place in the input."""

    model_config = ConfigDict(frozen=True)

    path: str
    line: int


class LeftOutRow(BaseModel):
    """One line of `removed.jsonl`: a row of the input that did not reach the splits.

    `path` and `line` are those of the input. `reason` is a rule's code and message (lint), or
    exact, normalised, near, … (dedupe), where `score` is the similarity to the `twin`. `row` is
    the row itself, or its text where it is not JSON.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    line: int
    step: Literal["lint", "dedupe"]
    reason: str
    score: float | None = None
    twin: Twin | None = None
    row: Any
