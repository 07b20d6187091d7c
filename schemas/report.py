"""The JSON report of `curate lint --output-format json`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from curate.schemas.findings import Finding, NotAssessed


class Summary(BaseModel):
    """Counts over all files, always whole, and the time it took in seconds."""

    model_config = ConfigDict(frozen=True)

    files: int
    rows: int
    errors: int
    warnings: int
    infos: int
    fixable: int
    elapsed_s: float


class JsonReport(BaseModel):
    """One lint run. Findings are ordered by path, line and code."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    summary: Summary
    findings: tuple[Finding, ...]
    not_assessed: tuple[NotAssessed, ...] = ()
