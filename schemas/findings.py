"""What a check reports: `Finding`, and the three separate ideas severity, confidence and fix safety."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Severity(StrEnum):
    """How bad it is if the finding is true."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for error."""
        return {"info": 0, "warning": 1, "error": 2}[self.value]


class Confidence(StrEnum):
    """How sure the rule is that the finding is true; measured in benchmarks/quality."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class FixSafety(StrEnum):
    """Safe fixes keep the meaning of the row; unsafe ones may drop or change what it teaches."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Fix(BaseModel):
    """A repair that `--fix` (safe) or `--unsafe-fixes` would make."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    safety: FixSafety
    summary: str


class Related(BaseModel):
    """Another row that the finding is about: a twin, a contradicting row, a leaked one."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    path: str
    line: int | None = None
    score: float | None = None


class Finding(BaseModel):
    """One fault in one place.

    `line` is 1-based: the physical line in JSONL and CSV, the record's number (from 1) in a JSON
    array or parquet; None when the finding is about the whole dataset. `field` is a path inside
    the record such as `messages[2].content`. `column` is the 1-based column in the line, where
    one is known (broken JSON). `excerpt` is the offending text, shortened and with secrets
    masked; `span` is the part of the excerpt that is at fault (start, end), for the caret.
    `fingerprint` is made of the rule and the content of the row, so that it stays the same when
    other rows change or move; identical rows share it.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    path: str
    line: int | None
    message: str
    field: str | None = None
    column: int | None = None
    excerpt: str | None = None
    span: tuple[int, int] | None = None
    fix: Fix | None = None
    related: tuple[Related, ...] = ()
    fingerprint: str | None = None

    @property
    def sort_key(self) -> tuple[str, int, str, str]:
        """Path, line (whole-dataset findings last), code, field."""
        return (
            self.path,
            self.line if self.line is not None else 1 << 60,
            self.code,
            self.field or "",
        )


class NotAssessed(BaseModel):
    """A rule that could not run, and why: never counted as passed."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: str
    name: str
    reason: str
    failed: bool = Field(
        default=False,
        description="The rule raised: a bug in curate, not something to mend in the data.",
    )
