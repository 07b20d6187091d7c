"""A record as rules in Python see it: what is asked last, what is answered, and where that stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from curate.schemas.records import RECORD_MODELS, RecordFormat


@dataclass(frozen=True, slots=True)
class Exchange:
    """The last answer of a record, the field it stands in, and the user's words before it."""

    prompt: str
    completion: str
    field: str


def last_exchange(record: dict[str, Any], format: RecordFormat) -> Exchange | None:
    """The last exchange of a valid record, or None when nobody answers."""
    segments = [
        s
        for s in RECORD_MODELS[format].model_validate(record).segments()
        if not s.field.startswith("rejected")
    ]
    last = max((i for i, s in enumerate(segments) if s.role == "assistant"), default=None)
    if last is None:
        return None
    asked: list[str] = []
    for segment in reversed(segments[:last]):
        if segment.role != "user":
            break
        if segment.text:
            asked.append(segment.text)
    return Exchange("\n\n".join(reversed(asked)), segments[last].text, segments[last].field)
