"""What a lint run reports: to the program as `LintReport`, as JSON as `JsonReport`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from curate.schemas.findings import Confidence, Finding, NotAssessed, Severity


class Summary(BaseModel):
    """Counts over all files, always whole, and the time it took in seconds."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    files: int
    rows: int
    errors: int
    warnings: int
    infos: int
    fixable: int
    elapsed_s: float


class JsonReport(BaseModel):
    """One lint run. Findings are ordered by path, line and code."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    version: Literal[1] = 1
    summary: Summary
    findings: tuple[Finding, ...]
    not_assessed: tuple[NotAssessed, ...] = ()


class RuleResult(BaseModel):
    """One rule that ran: who it is, how often it fired, and how much of that can be repaired.

    `fixable` counts safe and unsafe repairs, `safely_fixable` the safe ones.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    summary: str
    reason: str
    remedy: str
    count: int = 0
    fixable: int = 0
    safely_fixable: int = 0


class LintReport(BaseModel):
    """One lint run, whole.

    `findings` may be limited to some of each rule (then `shown_in_full` is False); the counts in
    `rules` and in `summary` are always those of all findings, without the suppressed and the
    baselined ones, which are counted apart.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    files: tuple[str, ...]
    rows: int
    findings: tuple[Finding, ...]
    rules: tuple[RuleResult, ...]
    not_assessed: tuple[NotAssessed, ...] = ()
    suppressed: int = 0
    baselined: int = 0
    unused_suppressions: tuple[str, ...] = ()
    elapsed_s: float = 0.0

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return sum(r.count for r in self.rules if r.severity is severity)

    @property
    def total(self) -> int:
        """How many findings there are, shown or not."""
        return sum(r.count for r in self.rules)

    @property
    def shown_in_full(self) -> bool:
        """Whether `findings` holds every finding."""
        return self.total == len(self.findings)

    @property
    def summary(self) -> Summary:
        """The counts of the JSON report."""
        return Summary(
            files=len(self.files),
            rows=self.rows,
            errors=self.count(Severity.ERROR),
            warnings=self.count(Severity.WARNING),
            infos=self.count(Severity.INFO),
            fixable=sum(r.fixable for r in self.rules),
            elapsed_s=round(self.elapsed_s, 3),
        )

    def fails(self, fail_on: Severity) -> bool:
        """Whether a finding is at or above this severity."""
        return any(r.count and r.severity.rank >= fail_on.rank for r in self.rules)
