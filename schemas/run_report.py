"""What the page of a run is made from: the files of its folder, read and cut to what is shown."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from curate.schemas.comparison import ComparedRow, Comparison
from curate.schemas.findings import Finding
from curate.schemas.report import Summary
from curate.schemas.run_artifacts import LeftOutRow
from curate.schemas.training_artifacts import Event


class FoundByRule(BaseModel):
    """One rule's findings: how many, and the first of them."""

    model_config = ConfigDict(frozen=True)

    count: int
    first: Finding


class RunReport(BaseModel):
    """One run. A part is None, or empty, where the run has no such step.

    `removed` counts rows by step and reason; `shown_removed` (each row as its JSON text) and
    `shown_answers` are the first few.
    `curve` and `quality` are pictures (SVG) that curate drew itself.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    manifest: dict[str, Any] = {}
    lint: Summary | None = None
    rules: tuple[FoundByRule, ...] = ()
    removed: dict[tuple[str, str], int] = {}
    shown_removed: tuple[LeftOutRow, ...] = ()
    splits: dict[str, int] = {}
    history: tuple[Event, ...] = ()
    curve: str | None = None
    comparison: Comparison | None = None
    shown_answers: tuple[ComparedRow, ...] = ()
    quality: str | None = None
