"""Options of every command that reads data: which format, and which column is which field."""

from __future__ import annotations

from pydantic import field_validator

from curate.schemas.options.base import Options, option
from curate.schemas.turns import RecordFormat

MAPPABLE: tuple[str, ...] = (
    "messages",
    "conversations",
    "prompt",
    "completion",
    "question",
    "answer",
    "context",
    "instruction",
    "input",
    "output",
    "system",
    "text",
    "chosen",
    "rejected",
    "label",
    "tools",
)


class DataOptions(Options):
    """How to read the files."""

    format: RecordFormat | None = option(
        None, "Record format; without it, it is detected in each file.", metavar="NAME"
    )
    map: dict[str, str] = option(
        {},
        "Which column holds a field, as FIELD=COLUMN; may be given several times "
        "(--map prompt=question --map completion=answer).",
        metavar="FIELD=COLUMN",
    )

    @field_validator("map")
    @classmethod
    def _known_fields(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name not in MAPPABLE:
                raise ValueError(f"unknown field {name!r}; known: {', '.join(MAPPABLE)}")
        return value
