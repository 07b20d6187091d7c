"""What `curate advise` says: prompt, retrieve or fine-tune, each reason with the rows behind it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Approach(StrEnum):
    """The three ways to a model that does the task."""

    PROMPT = "prompt"
    RETRIEVE = "retrieve"
    FINE_TUNE = "fine-tune"


class Row(BaseModel):
    """A row that a reason rests on, and the part of it that shows why."""

    model_config = ConfigDict(frozen=True)

    path: str
    line: int | None
    shown: str


class Reason(BaseModel):
    """One piece of evidence: what was measured, which approach it speaks for, and rows that show it.

    `weight` is decisive (settles it alone), strong or weak.
    """

    model_config = ConfigDict(frozen=True)

    speaks_for: Approach
    weight: Literal["decisive", "strong", "weak"]
    text: str
    rows: tuple[Row, ...] = ()


class Advice(BaseModel):
    """What to do first, why, and the command that would settle it.

    `method` is sft or dpo, where fine-tuning is advised. `left_out` counts rows that cannot be read.
    """

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    approach: Approach
    method: Literal["sft", "dpo"] | None
    sentence: str
    rows: int
    distinct: int
    left_out: int = 0
    reasons: tuple[Reason, ...]
    settle: str | None
